"""Frames from and to 192.0.2.1, the client, and 192.0.2.2, the server, for the scripts beside it."""

import pathlib
import struct

from scapy.all import IP, TCP, UDP, Ether, Raw

CLIENT = ("02:00:00:00:00:01", "192.0.2.1")
SERVER = ("02:00:00:00:00:02", "192.0.2.2")


def ethernet(reply):
    """Ethernet and IP, of a reply or of what is asked."""
    (smac, sip), (dmac, dip) = (SERVER, CLIENT) if reply else (CLIENT, SERVER)
    return Ether(src=smac, dst=dmac) / IP(src=sip, dst=dip, id=1)


def udp(payload, port, reply=False, client=40000):
    """A datagram to the server's port, or from it."""
    ports = UDP(sport=port, dport=client) if reply else UDP(sport=client, dport=port)
    return ethernet(reply) / ports / Raw(payload)


class Stream:
    """A connection to the server's port: ask and reply make its segments, in order."""

    def __init__(self, port, client=40000):
        self.port, self.client, self.sent, self.frames = port, client, [1, 1], []
        self.segment(False, b"", "S", -1)
        self.segment(True, b"", "SA", -1)
        self.segment(False, b"", "A")

    def segment(self, reply, payload, flags="PA", shift=0):
        seq, ack = self.sent[reply] + shift, self.sent[not reply] if "A" in flags else 0
        ports = (self.port, self.client) if reply else (self.client, self.port)
        frame = ethernet(reply) / TCP(sport=ports[0], dport=ports[1], seq=seq, ack=ack, flags=flags)
        self.frames.append(frame / Raw(payload) if payload else frame)
        self.sent[reply] += len(payload)

    def ask(self, *payloads):
        self.segment(False, b"".join(payloads))

    def reply(self, *payloads):
        self.segment(True, b"".join(payloads))


def write(name, frames, link=1):
    """Writes frames to the capture of that name, a hundredth of a second apart."""
    frames = [bytes(f) for f in frames]
    with open(pathlib.Path(__file__).parent.parent / (name + ".pcap"), "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link))
        for i, frame in enumerate(frames):
            f.write(struct.pack("<IIII", 1700000000 + i // 100, i % 100 * 10000, len(frame), len(frame)) + frame)
