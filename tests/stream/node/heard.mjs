// What a page hears by the web's two protocols, with a browser's classes or those of a library that has their form.
const bySocket = (WebSocket, port, token) =>
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

const byEvents = (EventSource, port, ticket) =>
  new Promise((resolve) => {
    const events = new EventSource(`http://127.0.0.1:${port}/stream/events?symbols=AAPL&ticket=${ticket}`)
    events.addEventListener('quote', ({ data, lastEventId }) => {
      events.close()
      resolve({ heard: JSON.parse(data).type, lastEventId })
    })
  })

export const heard = async ({ sockets, EventSource, port, token, ticket }) => ({
  sockets: await Promise.all(sockets.map((each) => bySocket(each, port, token))),
  events: await byEvents(EventSource, port, ticket),
})
