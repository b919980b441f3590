"""RTP and RTCP, agreed upon by SIP: all kinds of RTCP's packets, and RTP with sources, extensions and padding (RFC 3550, 3611, 4585, 8285)."""

import struct

import frames

SDP = b"""v=0
o=- 1 1 IN IP4 192.0.2.%d
s=-
c=IN IP4 192.0.2.%d
t=0 0
m=audio 5004 RTP/AVP 0 8 96
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:96 x-other/48000
"""


def sip(first, host):
    body = (SDP % (host, host)).replace(b"\n", b"\r\n")
    head = b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:alice@192.0.2.1>;tag=1\r\nTo: <sip:bob@192.0.2.2>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
    return first + b"\r\n" + head + b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def rtp(kind, sequence, payload, marker=0, sources=(), extension=None, padding=0):
    first = 0x80 | bool(padding) << 5 | (extension is not None) << 4 | len(sources)
    b = struct.pack(">BBHII", first, marker << 7 | kind, sequence, sequence * 160, 0xDECAFBAD) + b"".join(struct.pack(">I", s) for s in sources)
    if extension:
        profile, data = extension
        b += struct.pack(">HH", profile, len(data) // 4) + data
    return b + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


def rtcp(kind, count, body, padding=0):
    body += bytes(padding - 1) + bytes([padding]) if padding else b""
    return struct.pack(">BBH", 0x80 | bool(padding) << 5 | count, kind, len(body) // 4) + body


def report(lost=3):
    return struct.pack(">IB3sIIII", 0x0BADF00D, 12, lost.to_bytes(3, "big"), 0x00012345, 77, 0x8CC04000, 65536)


def item(kind, text):
    return bytes([kind, len(text)]) + text


def chunk(source, *items):
    b = struct.pack(">I", source) + b"".join(items) + b"\0"
    return b + bytes(-len(b) % 4)


SENDER = struct.pack(">IIIIII", 0xDECAFBAD, 0xE8CC0000, 0x40000000, 16000, 100, 16000)
SSRC = struct.pack(">II", 0xDECAFBAD, 0x0BADF00D)
NAME = rtcp(202, 1, chunk(0xDECAFBAD, item(1, b"alice@192.0.2.1")))
EMPTY = rtcp(201, 0, SSRC[:4])
ALL = [item(1, b"alice@192.0.2.1"), item(2, b"Alice"), item(3, b"alice@example.org"), item(4, b"+1 555"), item(5, b"here"), item(6, b"tool"), item(7, b"note"), item(8, b"\x03abcvalue")]
media = [
    (0, rtp(0, 1, bytes(range(160)), 1)),
    (1, rtp(8, 900, bytes(160))),
    (0, rtp(0, 2, b"x" * 40, sources=(1, 0x22222222))),
    (0, rtp(96, 3, b"y" * 40, extension=(0xBEDE, b"\x10\x05\x22\x01\x02\x03\x00\x00"))),
    (0, rtp(96, 4, b"y" * 40, extension=(0x1000, b"\x01\x01\x07\x02\x00\x00\x00\x00"))),
    (0, rtp(96, 5, b"y" * 40, extension=(0x1234, b"\x01\x02\x03\x04\x05\x06\x07\x08"))),
    (0, rtp(0, 6, b"z" * 20, padding=8)),
    (1, rtp(13, 901, b"\x28")),
    (1, rtp(101, 902, b"\x05\x8a\x03\x20", 1)),
    (0, rtp(0, 7, b"", sources=(9,), extension=(0xBEDE, b"\x90" + b"audio-lev0" + bytes(1)))),
]
control = [
    (0, rtcp(200, 1, SENDER + report()) + rtcp(202, 1, chunk(0xDECAFBAD, *ALL))),
    (1, rtcp(201, 2, SSRC[:4] + report() + report(0xFFFFFE)) + NAME),
    (0, rtcp(200, 0, SENDER) + rtcp(202, 2, chunk(1, item(1, b"a")) + chunk(2, item(1, b"bcd"), item(6, b"t")))),
    (0, EMPTY + NAME + rtcp(203, 2, SSRC)),
    (0, EMPTY + rtcp(203, 1, SSRC[:4] + b"\x07goodbye")),
    (0, EMPTY + rtcp(204, 5, SSRC[:4] + b"TEST" + bytes(range(8)))),
    (0, EMPTY + rtcp(205, 1, SSRC + struct.pack(">HHHH", 100, 0x8001, 120, 0))),
    (0, EMPTY + rtcp(205, 3, SSRC + struct.pack(">III", 0x0BADF00D, 17 << 26 | 1000 << 9 | 40, 0)[:8])),
    (0, EMPTY + rtcp(206, 1, SSRC)),
    (0, EMPTY + rtcp(206, 2, SSRC + struct.pack(">I", 5 << 19 | 1 << 6 | 3))),
    (0, EMPTY + rtcp(206, 3, SSRC + struct.pack(">HHI", 0x0800, 0x0102, 0))),
    (0, EMPTY + rtcp(206, 4, SSRC + struct.pack(">IB3x", 0x0BADF00D, 9))),
    (0, EMPTY + rtcp(206, 15, SSRC + b"REMB" + struct.pack(">BBHI", 1, 0x4C, 0x1234, 0x0BADF00D))),
    (0, EMPTY + rtcp(207, 0, SSRC[:4] + struct.pack(">BBHII", 4, 0, 2, 0xE8CC0000, 0x80000000) + struct.pack(">BBHIII", 5, 0, 3, 0x0BADF00D, 1, 2))),
    (0, EMPTY + rtcp(207, 0, SSRC[:4] + struct.pack(">BBHIHHHH", 1, 3, 3, 0x0BADF00D, 10, 20, 0x4003, 0) + struct.pack(">BBHIHHII", 3, 2, 4, 0x0BADF00D, 10, 12, 1000, 1160))),
    (0, EMPTY + rtcp(207, 0, SSRC[:4] + struct.pack(">BBHIHHIIIIIIBBBB", 6, 0xE8, 9, 0x0BADF00D, 10, 20, 1, 2, 3, 4, 5, 6, 60, 64, 62, 1))),
    (0, EMPTY + rtcp(207, 0, SSRC[:4] + struct.pack(">BBHIBBBBHHHHbb8BHHH", 7, 0, 8, 0x0BADF00D, 1, 2, 3, 4, 5, 6, 7, 8, -20, -60, 9, 16, 80, 70, 40, 41, 0xB5, 0, 10, 20, 30))),
    (0, NAME + rtcp(201, 0, SSRC[:4], padding=4)),
]
made = [frames.udp(sip(b"INVITE sip:bob@192.0.2.2 SIP/2.0", 1), 5060, client=5060), frames.udp(sip(b"SIP/2.0 200 OK", 2), 5060, True, 5060)]
made += [frames.udp(b, 5004, reply, 5004) for reply, b in media]
made += [frames.udp(b, 5005, reply, 5005) for reply, b in control]
frames.write("rtp", made)
