// What a page does with the browser's own WebSocket and EventSource, which node has in the same form.
// Words: the port, the token, a ticket. Says on one line what it heard.
const [port, token, ticket] = process.argv.slice(2)

const bySocket = () =>
  new Promise((resolve) => {
    const heard = []
    const socket = new WebSocket(`ws://127.0.0.1:${port}/stream`, ['hub.v1', `hub.bearer.${token}`])
    socket.onopen = () => socket.send(JSON.stringify({ action: 'subscribe', symbols: ['AAPL'] }))
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data)
      heard.push(message.type)
      if (message.type === 'quote') socket.close(1000, 'enough')
    }
    socket.onclose = ({ code, wasClean }) => resolve({ heard, code, wasClean, protocol: socket.protocol })
  })

const byEvents = () =>
  new Promise((resolve) => {
    const events = new EventSource(`http://127.0.0.1:${port}/stream/events?symbols=AAPL&ticket=${ticket}`)
    events.addEventListener('quote', ({ data, lastEventId }) => {
      events.close()
      resolve({ heard: JSON.parse(data).type, lastEventId })
    })
  })

console.log(JSON.stringify({ socket: await bySocket(), events: await byEvents() }))
process.exit(0)
