// A WebSocket peer on npm's ws.
//
// peer.js client URL   talks to an echo server and checks what comes back
// peer.js server       serves an echo on a port that it prints
const assert = require('assert');
const { once } = require('events');
const { WebSocket, WebSocketServer } = require('ws');

const sizes = [0, 1, 125, 126, 4096, 65535, 65536, 300000];

async function client(url) {
  for (const perMessageDeflate of [false, { threshold: 1 }]) {
    const ws = new WebSocket(url, { perMessageDeflate });
    await once(ws, 'open');
    const echo = async (message) => {
      ws.send(message);
      const [data, binary] = await once(ws, 'message');
      assert.strictEqual(binary, typeof message !== 'string');
      assert.ok(Buffer.from(message).equals(data), `${message.length} bytes came back as ${data.length}`);
    };
    for (const n of sizes) {
      await echo('κόσμε '.slice(0, n % 6) + 'na'.repeat(n / 2));
      await echo(Buffer.alloc(n, 'xyz'));
    }
    ws.send('frag', { fin: false });
    ws.send('ments', { fin: true });
    assert.strictEqual(String((await once(ws, 'message'))[0]), 'fragments');
    ws.ping('are you there');
    assert.strictEqual(String((await once(ws, 'pong'))[0]), 'are you there');
    ws.close(4321, 'bye');
    assert.strictEqual((await once(ws, 'close'))[0], 4321);
  }
  const ws = new WebSocket(url);
  await once(ws, 'open');
  ws.on('error', () => {}); // the server may close before all is sent
  ws.send('x'.repeat(5 << 20));
  const [code] = await once(ws, 'close');
  assert.ok(code === 1009 || code === 1006, `closed with ${code}`);
  console.log('OK');
}

function server() {
  const s = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 1 }, handleProtocols: () => 'echo' });
  s.on('connection', (ws) => ws.on('message', (data, binary) => ws.send(data, { binary })));
  s.on('listening', () => console.log(s.address().port));
  process.stdin.on('end', () => process.exit()).resume();
}

process.argv[2] === 'client' ? client(process.argv[3]) : server();
