"""LLMNR: queries for several types, answers, a conflict, tentative and cut ones, by UDP and TCP (RFC 4795)."""

import struct

import frames


def name(text):
    return b"".join(bytes([len(label)]) + label for label in text.split(b".")) + b"\0"


def query(text, kind=1, flags=0, extra=b"", additional=0):
    return struct.pack(">HHHHHH", 0x1234 + kind, flags, 1, 0, 0, additional) + name(text) + struct.pack(">HH", kind, 1) + extra


def answer(text, kind, *records, flags=0x8000, authority=b""):
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", k, 1, 30, len(data)) + data for k, data in records)
    head = struct.pack(">HHHHHH", 0x1234 + kind, flags, 1, len(records), 1 if authority else 0, 0)
    return head + name(text) + struct.pack(">HH", kind, 1) + body + authority


V6 = bytes.fromhex("20010db8000000000000000000000001")
PTR = b"2.2.0.192.in-addr.arpa"
made = [
    frames.udp(query(b"printer"), 5355),
    frames.udp(answer(b"printer", 1, (1, bytes([192, 0, 2, 2]))), 5355, True),
    frames.udp(query(b"printer", 28), 5355),
    frames.udp(answer(b"printer", 28, (28, V6), (28, V6[:-1] + b"\x02")), 5355, True),
    frames.udp(query(b"printer", 255), 5355),
    frames.udp(answer(b"printer", 255, (1, bytes([192, 0, 2, 2])), (28, V6), flags=0x8200), 5355, True),
    frames.udp(query(PTR, 12), 5355),
    frames.udp(answer(PTR, 12, (12, name(b"printer"))), 5355, True),
    frames.udp(query(b"printer", 15, 0x0400), 5355),
    frames.udp(answer(b"printer", 15, (15, b"\x00\x0a" + name(b"mail.example"))), 5355, True),
    frames.udp(answer(b"printer", 16, (16, b"\x05hello\x03two"), flags=0x8100), 5355, True),
    frames.udp(answer(b"printer", 33, (33, struct.pack(">HHH", 1, 2, 631) + name(b"printer.local"))), 5355, True),
    frames.udp(answer(b"_ipp._tcp.local", 33, (33, struct.pack(">HHH", 1, 2, 631) + name(b"printer.local")), (33, struct.pack(">HHH", 1, 3, 631) + name(b"other.local"))), 5355, True),
    frames.udp(answer(b"nobody", 1, flags=0x8003), 5355, True),
    frames.udp(answer(b"broken", 1, flags=0x8002), 5355, True),
    frames.udp(answer(b"printer", 5, (5, name(b"other")), flags=0x8500), 5355, True),
    frames.udp(query(b"printer", 1, 0, b"\x00" + struct.pack(">HHIH", 41, 1280, 0, 0), 1), 5355),
    frames.udp(answer(b"printer", 6, (6, name(b"a") + name(b"b") + struct.pack(">IIIII", 1, 2, 3, 4, 5)), flags=0x8000), 5355, True),
]
tcp = frames.Stream(5355)
for reply, message in (False, query(b"printer", 28)), (True, answer(b"printer", 28, (28, V6))):
    tcp.segment(reply, struct.pack(">H", len(message)) + message)
frames.write("llmnr", made + tcp.frames)
