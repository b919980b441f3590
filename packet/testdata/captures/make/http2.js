// HTTP/2 in the clear between a server and a client of Node: requests with bodies and
// trailers, a pushed answer, pings, priorities, errors, and everything that settings
// can say, and one request of curl's. Captured by tcpdump in a network namespace.
'use strict';
const { execFile } = require('node:child_process');
const http2 = require('node:http2');
const net = require('node:net');
const { constants } = http2;

const server = http2.createServer({
  settings: { maxConcurrentStreams: 100, initialWindowSize: 70000, maxFrameSize: 32768, maxHeaderListSize: 30000, headerTableSize: 4096, enableConnectProtocol: true },
});
server.on('session', (session) => {
  session.altsvc('h2=":8081"', 'http://localhost');
  session.ping(Buffer.from('12345678'), () => {});
});
server.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  switch (headers[':path']) {
    case '/push':
      stream.pushStream({ ':path': '/style.css' }, (err, pushed) => {
        pushed.on('error', () => {});
        pushed.respond({ ':status': 200, 'content-type': 'text/css' });
        pushed.end('body { color: red }');
      });
      stream.respond({ ':status': 200, 'content-type': 'text/html', 'content-length': 4, server: 'node' });
      stream.end('page');
      break;
    case '/moved':
      stream.respond({ ':status': 302, location: '/' }, { endStream: true });
      break;
    case '/long':
      stream.respond({ ':status': 200, 'x-long': 'long '.repeat(20) }, { endStream: true });
      break;
    case '/reset':
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      break;
    default:
      stream.additionalHeaders({ ':status': 103, link: '</style.css>' });
      stream.respond({ ':status': 201 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ checksum: 'abc' }));
      stream.resume();
      stream.end('made');
  }
});

// The client speaks first, as that is what tshark knows the protocol by.
const listener = net.createServer((socket) => socket.once('readable', () => server.emit('connection', socket)));
listener.listen(8080, '127.0.0.1', async () => {
  const client = http2.connect('http://127.0.0.1:8080', {
    paddingStrategy: constants.PADDING_STRATEGY_MAX,
    settings: { enablePush: true, initialWindowSize: 100000, headerTableSize: 8192, maxFrameSize: 20000 },
  });
  client.on('stream', (stream) => stream.resume());
  const ask = (headers, body, options) => new Promise((resolve) => {
    const stream = client.request(headers, options);
    stream.on('error', resolve);
    stream.on('close', resolve);
    stream.resume();
    stream.end(body);
  });
  await new Promise((resolve) => client.ping(Buffer.from('abcdefgh'), resolve));
  await ask({ ':path': '/push', 'user-agent': 'node', 'content-type': 'text/plain' }, undefined, { weight: 200, exclusive: true });
  await ask({ ':path': '/', ':method': 'POST', 'content-length': 5 }, 'hello');
  await ask({ ':path': '/moved' });
  await ask({ ':path': '/long', 'x-long': 'long '.repeat(20) });
  await ask({ ':path': '/reset' });
  await new Promise((resolve) => client.settings({ maxConcurrentStreams: 7 }, resolve));
  client.goaway(constants.NGHTTP2_NO_ERROR, 0, Buffer.from('done'));
  await new Promise((resolve) => client.close(resolve));
  execFile('curl', ['-s', '--http2-prior-knowledge', 'http://127.0.0.1:8080/curl'], () => {
    listener.close();
    process.exit();
  });
});
