"""A WebSocket peer on the websockets package.

peer.py client URL   talks to an echo server and checks what comes back
peer.py server       serves an echo on a port that it prints
"""
import asyncio
import sys

import websockets

SIZES = [0, 1, 125, 126, 4096, 65535, 65536, 300_000]


async def client(url):
    for compression in (None, "deflate"):
        async with websockets.connect(url, compression=compression, max_size=None) as ws:
            for n in SIZES:
                for message in ("κόσμε "[: n % 6] + "na" * (n // 2), b"\x00\xff" * (n // 2)):
                    await ws.send(message)
                    assert await ws.recv() == message, n
            await ws.send(["frag", "ment", "s"])
            assert await ws.recv() == "fragments"
            await asyncio.wait_for(await ws.ping(b"are you there"), 5)
            await ws.close(4321, "bye")
            assert (ws.close_code, ws.close_reason) == (4321, ""), (ws.close_code, ws.close_reason)
    async with websockets.connect(url) as ws:
        await ws.send("x" * (5 << 20))
        try:
            await ws.recv()
        except websockets.ConnectionClosedError as e:
            assert e.rcvd.code == 1009, e
    print("OK")


async def server():
    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    async with websockets.serve(echo, "127.0.0.1", 0, max_size=None, subprotocols=["echo"]) as s:
        print(s.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(client(sys.argv[2]) if sys.argv[1] == "client" else server())
