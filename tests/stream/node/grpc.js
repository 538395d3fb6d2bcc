// A round of calls by the official client of Node: `node grpc.js ADDRESS PROTO TOKEN`. Prints what came.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, proto, token] = process.argv.slice(2);
const { MarketData } = grpc.loadPackageDefinition(
  loader.loadSync(proto, { keepCase: true, enums: String, oneofs: true }),
).hub.market.v1;

const connect = (options = {}) => new MarketData(address, grpc.credentials.createInsecure(), options);
const metadata = (value = token) => {
  const found = new grpc.Metadata();
  found.set('authorization', `Bearer ${value}`);
  return found;
};
const topics = (...symbols) => ({ symbols });

const once = (client, request, bearer) => new Promise((resolve) => {
  client.GetMarketData(request, metadata(bearer), (error, answer) => resolve(
    error
      ? { code: error.code, hub: error.metadata.get('hub-code')[0] }
      : { symbols: answer.quotes.map((quote) => quote.symbol) },
  ));
});

// The first events of a stream, which is cancelled then.
const first = (call, count) => new Promise((resolve, reject) => {
  const events = [];
  call.on('data', (message) => {
    events.push(...message.events);
    if (events.length >= count) call.cancel();
  });
  call.on('error', (error) => (error.code === grpc.status.CANCELLED ? resolve(events) : reject(error)));
});

const code = (call) => new Promise((resolve) => {
  call.on('data', () => {});
  call.on('error', (error) => resolve(error.code));
});

// Asks for one symbol, then for another, then to have the first no more; ends its half at once after.
const conversation = (client) => new Promise((resolve, reject) => {
  const call = client.Subscribe(metadata());
  const told = [];
  const asks = [{ subscribe: topics('MSFT') }, { unsubscribe: topics('AAPL') }];
  call.on('data', ({ events }) => {
    for (const { content, subscriptions } of events) {
      if (content !== 'subscriptions') continue;
      told.push(subscriptions.quotes);
      if (asks.length) call.write(asks.shift());
      else call.cancel();
    }
  });
  call.on('error', (error) => (error.code === grpc.status.CANCELLED ? resolve(told) : reject(error)));
  call.write({ subscribe: topics('AAPL') });
});

const main = async () => {
  const client = connect();
  const packing = connect({ 'grpc.default_compression_algorithm': 2 });
  const watch = (...symbols) => client.StreamMarketData({ topics: topics(...symbols) }, metadata());
  const result = {
    known: await once(client, topics('MSFT', 'AAPL')),
    packed: await once(packing, topics('AAPL')),
    unknown: await once(client, topics('NOPE')),
    stranger: await once(client, topics('AAPL'), 'wrong'),
    sequence: (await first(watch('AAPL'), 20)).map((event) => Number(event.sequence)),
    conversation: await conversation(client),
    late: await code(client.StreamMarketData(
      { topics: topics('AAPL') }, metadata(), { deadline: Date.now() + 200 },
    )),
    storm: (await Promise.all(Array.from({ length: 300 }, () => first(watch('AAPL'), 1)))).length,
  };
  client.close();
  packing.close();
  console.log(JSON.stringify(result));
};

main().catch((error) => { console.error(error); process.exit(1); });
