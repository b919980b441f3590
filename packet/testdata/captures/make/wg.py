"""WireGuard's four messages (whitepaper section 5.4), on its port and on another."""

import struct

import frames


def fill(start, size):
    return bytes((start + i) % 256 for i in range(size))


def initiation(sender, mac2=bytes(16)):
    return struct.pack("<II", 1, sender) + fill(1, 32) + fill(33, 48) + fill(81, 28) + fill(109, 16) + mac2


def response(sender, receiver, mac2=bytes(16)):
    return struct.pack("<III", 2, sender, receiver) + fill(7, 32) + fill(39, 16) + fill(55, 16) + mac2


def cookie(receiver):
    return struct.pack("<II", 3, receiver) + fill(3, 24) + fill(27, 32)


def data(receiver, counter, size):
    return struct.pack("<IIQ", 4, receiver, counter) + fill(9, size + 16)


made = []
for port, client in (51820, 51821), (4500 + 7000, 40001):
    made += [
        frames.udp(initiation(0x11223344), port, client=client),
        frames.udp(cookie(0x11223344), port, True, client),
        frames.udp(initiation(0x11223345, fill(200, 16)), port, client=client),
        frames.udp(response(0x55667788, 0x11223345), port, True, client),
        frames.udp(data(0x55667788, 0, 0), port, client=client),
        frames.udp(data(0x11223345, 0, 96), port, True, client),
        frames.udp(data(0x55667788, 1 << 33, 1280), port, client=client),
        frames.udp(response(0x55667789, 0x11223345, fill(60, 16)), port, True, client),
    ]
frames.write("wg", made)
