"""CoAP: all types, options in all widths, blocks, and observation (RFC 7252, 7641, 7959)."""

import struct

import frames


def extended(n):
    if n < 13:
        return n, b""
    if n < 269:
        return 13, bytes([n - 13])
    return 14, struct.pack(">H", n - 269)


def message(kind, code, mid, token=b"", options=(), payload=None):
    b = bytes([1 << 6 | kind << 4 | len(token), code >> 8 << 5 | code & 31]) + struct.pack(">H", mid) + token
    last = 0
    for number, value in options:
        (delta, more), (size, most) = extended(number - last), extended(len(value))
        b += bytes([delta << 4 | size]) + more + most + value
        last = number
    return b if payload is None else b + b"\xff" + payload


def code(c, d):
    return c << 8 | d


CON, NON, ACK, RST = range(4)
GET, POST, PUT, DELETE, FETCH, PATCH = (code(0, i) for i in range(1, 7))
made = [
    (0, message(CON, GET, 1, b"\x01", [(3, b"example.org"), (7, b"\x16\x33"), (11, b".well-known"), (11, b"core"), (15, b"rt=temperature")])),
    (1, message(ACK, code(2, 5), 1, b"\x01", [(4, b"\x0a\x0b"), (12, b"\x28"), (14, b"\x3c")], b'</sensors/temp>;rt="temperature"')),
    (0, message(CON, GET, 2, b"\x02\x03", [(6, b""), (11, b"temperature"), (17, b"\x32")])),
    (1, message(ACK, code(2, 5), 2, b"\x02\x03", [(6, b"\x0c"), (12, b"\x32"), (14, b"\x01\x51\x80")], b'{"t":22.5}')),
    (1, message(NON, code(2, 5), 900, b"\x02\x03", [(6, b"\x0d"), (12, b"\x00")], b"22.7")),
    (0, message(RST, 0, 900)),
    (0, message(CON, PUT, 3, b"12345678", [(1, b"\xaa\xbb"), (5, b""), (11, b"firmware"), (12, b"\x2a"), (27, b"\x0e"), (60, b"\x02\x00")], bytes(range(64)))),
    (1, message(ACK, code(2, 31), 3, b"12345678", [(27, b"\x0e")])),
    (0, message(CON, PUT, 4, b"12345678", [(11, b"firmware"), (12, b"\x2a"), (27, b"\x26")], bytes(range(32)))),
    (1, message(ACK, code(2, 4), 4, b"12345678", [(27, b"\x26")])),
    (0, message(CON, POST, 5, b"a", [(8, b"ignored"), (11, b"x" * 300), (12, b"\x3c")], b"\xa1\x61\x61\x01")),
    (1, message(ACK, code(2, 1), 5, b"a", [(8, b"things"), (8, b"7"), (20, b"v=1")])),
    (0, message(NON, DELETE, 6, b"", [(11, b"things"), (11, b"7")])),
    (1, message(NON, code(4, 4), 901, b"", [], b"gone")),
    (0, message(CON, GET, 7, b"p", [(35, b"http://example.net/"), (39, b"http")])),
    (1, message(ACK, 0, 7)),
    (1, message(CON, code(5, 5), 902, b"p")),
    (0, message(ACK, 0, 902)),
    (0, message(CON, GET, 8, b"b", [(11, b"big"), (23, b"\x06"), (28, b"")])),
    (1, message(ACK, code(2, 5), 8, b"b", [(12, b""), (23, b"\x0e"), (28, b"\x04\x00")], b"x" * 64)),
    (0, message(CON, GET, 9, b"b", [(11, b"big"), (23, b"\x01\x06")])),
    (1, message(ACK, code(2, 5), 9, b"b", [(23, b"\x01\x06")], b"y" * 64)),
    (0, message(CON, FETCH, 10, b"o", [(9, b"\x19\x01\x02\xaa\xbb\x03")], b"secret")),
    (0, message(CON, PATCH, 11, b"n", [(11, b"s"), (16, b"\x01"), (258, b"\x1a"), (2050, b"unknown")], b"z")),
    (0, message(CON, 0, 12)),
    (1, message(RST, 0, 12)),
]
frames.write("coap", [frames.udp(b, 5683, reply) for reply, b in made])
