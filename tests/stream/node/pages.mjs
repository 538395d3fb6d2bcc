// The browser's WebSocket and EventSource as node has them, which are undici's, and the WebSocket of `ws`.
// Words: the port, the token, a ticket. Says on one line what they heard.
import { createRequire } from 'node:module'
import { heard } from './heard.mjs'

// Packages are found by NODE_PATH, which modules do not look at.
const require = createRequire(import.meta.url)
const { EventSource, WebSocket } = require('undici')
const [port, token, ticket] = process.argv.slice(2)
const sockets = [WebSocket, require('ws')]
console.log(JSON.stringify(await heard({ sockets, EventSource, port, token, ticket })))
process.exit(0)
