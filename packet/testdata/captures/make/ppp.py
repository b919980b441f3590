"""What PPP agrees upon: PAP, CHAP, and the options of LCP, IPCP, IPv6CP and CCP (RFC 1661, 1332, 1334, 1994, 5072, 1962)."""

import struct

import frames


def control(protocol, code, identifier, body=b""):
    return b"\xff\x03" + struct.pack(">HBBH", protocol, code, identifier, 4 + len(body)) + body


def option(kind, value=b""):
    return bytes([kind, 2 + len(value)]) + value


def text(*texts):
    return b"".join(bytes([len(t)]) + t for t in texts)


LCP, IPCP, IPV6CP, CCP, PAP, CHAP = 0xC021, 0x8021, 0x8057, 0x80FD, 0xC023, 0xC223
REQUEST, ACK, NAK, REJECT, TERMINATE, TERMINATED, UNKNOWN = range(1, 8)
made = [
    control(LCP, REQUEST, 1, option(1, b"\x05\xd4") + option(2, b"\x00\x0a\x00\x01") + option(3, b"\xc2\x23\x05") + option(5, b"\x12\x34\x56\x78") + option(7) + option(8)),
    control(LCP, NAK, 1, option(3, b"\xc0\x23")),
    control(LCP, REJECT, 1, option(17, b"\x06\x40") + option(18) + option(19, b"\x03\x02\x00\x00\x00\x00\x01") + option(13, b"\x06")),
    control(LCP, REJECT, 2, option(19, b"\x01local") + option(19, b"\x02\xc0\x00\x02\x01") + option(19, b"\x04magicnum") + option(19, b"\x05123")),
    control(LCP, ACK, 2, option(1, b"\x05\xd4") + option(4, b"\xc0\x25\x00\x00\x00\x64")),
    control(LCP, 8, 3, b"\x80\x57\x01\x01\x00\x04"),
    control(LCP, 9, 4, b"\x12\x34\x56\x78" + b"ping"),
    control(LCP, 10, 4, b"\x87\x65\x43\x21" + b"ping"),
    control(LCP, 11, 5, b"\x12\x34\x56\x78"),
    control(LCP, 12, 6, b"\x12\x34\x56\x78" + b"hello"),
    control(LCP, TERMINATE, 7, b"bye"),
    control(LCP, TERMINATED, 7),
    control(LCP, UNKNOWN, 8, control(LCP, 15, 9)[4:]),
    control(PAP, 1, 1, text(b"alice", b"secret")),
    control(PAP, 1, 2, text(b"", b"")),
    control(PAP, 2, 1, text(b"Welcome")),
    control(PAP, 3, 2, text(b"Who are you?")),
    control(PAP, 2, 3),
    control(CHAP, 1, 1, text(bytes(range(16))) + b"server"),
    control(CHAP, 2, 1, text(bytes(range(16, 65))) + b"alice"),
    control(CHAP, 3, 1, b"S=0123456789ABCDEF M=Welcome"),
    control(CHAP, 4, 1, b"E=691 R=1"),
    control(CHAP, 3, 2),
    control(IPCP, REQUEST, 1, option(1, bytes([192, 0, 2, 1, 192, 0, 2, 2])) + option(2, b"\x00\x2d\x0f\x01") + option(3, bytes(4))),
    control(IPCP, NAK, 1, option(3, bytes([192, 0, 2, 1])) + option(129, bytes([192, 0, 2, 53])) + option(131, bytes([192, 0, 2, 54]))),
    control(IPCP, REJECT, 1, option(130, bytes(4)) + option(132, bytes(4)) + option(4, bytes([192, 0, 2, 9]))),
    control(IPCP, TERMINATE, 2, b"done"),
    control(IPCP, UNKNOWN, 3, b"\x0f\x01\x00\x04"),
    control(IPV6CP, REQUEST, 1, option(1, bytes([2, 0, 0, 255, 254, 0, 0, 1]))),
    control(IPV6CP, NAK, 1, option(1, bytes([2, 0, 0, 255, 254, 0, 0, 2]))),
    control(IPV6CP, REJECT, 2, option(2, b"\x00\x61")),
    control(IPV6CP, ACK, 3, option(1, bytes([2, 0, 0, 255, 254, 0, 0, 2]))),
    control(IPV6CP, TERMINATE, 4, b"done"),
    control(IPV6CP, UNKNOWN, 5, b"\x0f\x01\x00\x04"),
    control(CCP, REQUEST, 1, option(18, b"\x01\x00\x00\x60") + option(17, b"\x00\x01\x04") + option(21, b"\x2c") + option(26, b"\x78\x00")),
    control(CCP, NAK, 1, option(18, b"\x00\x00\x00\x40")),
    control(CCP, REJECT, 1, option(1) + option(2) + option(0, b"\x00\x00\x0c\x01x")),
    control(CCP, ACK, 2, option(26, b"\x78\x00")),
    control(CCP, 14, 3),
    control(CCP, 15, 3),
    control(CCP, TERMINATE, 4, b"done"),
]
frames.write("ppp", made, link=9)
