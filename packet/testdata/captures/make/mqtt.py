"""MQTT: all messages of 3.1, 3.1.1 and 5.0, with all properties of the latter."""

import struct

import frames


def number(n):
    b = b""
    while True:
        n, low = n >> 7, n & 127
        b += bytes([low | (n > 0) << 7])
        if not n:
            return b


def text(t):
    return struct.pack(">H", len(t)) + t


def message(kind, flags=0, *parts):
    body = b"".join(parts)
    return bytes([kind << 4 | flags]) + number(len(body)) + body


def props(*list):
    b = b"".join(list)
    return number(len(b)) + b


def one(i, n):
    return bytes([i, n])


def two(i, n):
    return struct.pack(">BH", i, n)


def four(i, n):
    return struct.pack(">BI", i, n)


def string(i, t):
    return bytes([i]) + text(t)


def user(k, v):
    return b"\x26" + text(k) + text(v)


CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH = range(1, 16)
ID = b"\x00\x07"


def four_one_one(client, name, version):
    s = frames.Stream(1883, client)
    s.ask(message(CONNECT, 0, text(name), bytes([version, 0xEE]), b"\x00\x3c", text(b"client"), text(b"last/will"), text(b"gone"), text(b"alice"), text(b"secret")))
    s.reply(message(CONNACK, 0, b"\x01\x00"))
    s.ask(message(SUBSCRIBE, 2, ID, text(b"a/#"), b"\x01", text(b"b/+/c"), b"\x02"))
    s.reply(message(SUBACK, 0, ID, b"\x01\x80"))
    s.ask(message(PUBLISH, 0, text(b"a/b"), b"hello"))
    s.ask(message(PUBLISH, 0xB, text(b"a/b"), ID, b"again and kept"))
    s.reply(message(PUBACK, 0, ID))
    s.ask(message(PUBLISH, 4, text(b"a/c"), ID, b"x" * 150))
    s.reply(message(PUBREC, 0, ID))
    s.ask(message(PUBREL, 2, ID))
    s.reply(message(PUBCOMP, 0, ID), message(PUBLISH, 1, text(b"a/empty")))
    s.ask(message(UNSUBSCRIBE, 2, ID, text(b"a/#"), text(b"b/+/c")))
    s.reply(message(UNSUBACK, 0, ID))
    s.ask(message(PINGREQ))
    s.reply(message(PINGRESP))
    s.ask(message(DISCONNECT))
    refused = frames.Stream(1883, client + 1)
    refused.ask(message(CONNECT, 0, text(name), bytes([version, 2]), b"\x00\x00", text(b"")))
    refused.reply(message(CONNACK, 0, b"\x00\x05"))
    return s.frames + refused.frames


def five(client):
    s = frames.Stream(1883, client)
    asks = props(four(0x11, 3600), two(0x21, 20), four(0x27, 65536), two(0x22, 10), one(0x19, 1), one(0x17, 0), user(b"k", b"v"), string(0x15, b"SCRAM"), string(0x16, b"first"))
    will = props(four(0x18, 5), one(0x01, 1), four(0x02, 60), string(0x03, b"text/plain"), string(0x08, b"answer/to"), string(0x09, b"cafe"), user(b"w", b"x"))
    s.ask(message(CONNECT, 0, text(b"MQTT"), b"\x05\xee", b"\x00\x3c", asks, text(b"client"), will, text(b"last/will"), text(b"gone"), text(b"alice"), text(b"secret")))
    s.reply(message(AUTH, 0, b"\x18", props(string(0x15, b"SCRAM"), string(0x16, b"server first"))))
    s.ask(message(AUTH, 0, b"\x18", props(string(0x15, b"SCRAM"), string(0x1F, b"why"), user(b"k", b"v"))))
    s.reply(message(CONNACK, 0, b"\x00\x00", props(four(0x11, 60), two(0x21, 30), one(0x24, 1), one(0x25, 1), four(0x27, 1000), string(0x12, b"assigned"), two(0x22, 5), string(0x1F, b"ok"), user(b"s", b"t"), one(0x28, 1), one(0x29, 0), one(0x2A, 1), two(0x13, 30), string(0x1A, b"info"), string(0x1C, b"other.example"))))
    s.ask(message(SUBSCRIBE, 2, ID, props(b"\x0b\xc8\x01", user(b"k", b"v")), text(b"a/#"), b"\x2d", text(b"$share/g/b"), b"\x02"))
    s.reply(message(SUBACK, 0, ID, props(string(0x1F, b"fine")), b"\x01\x8f"))
    s.ask(message(SUBSCRIBE, 2, ID, props(), text(b"c"), b"\x00"))
    s.reply(message(SUBACK, 0, ID, props(), b"\x00"))
    s.ask(message(PUBLISH, 0, text(b"a/b"), props(one(0x01, 1), four(0x02, 10), two(0x23, 4), string(0x08, b"r"), string(0x09, b"1"), user(b"a", b"b"), string(0x03, b"text/plain")), b"hello"))
    s.ask(message(PUBLISH, 2, text(b"a/b"), ID, props(two(0x23, 4)), b"again"))
    s.reply(message(PUBACK, 0, ID, b"\x10", props(string(0x1F, b"nobody"), user(b"k", b"v"))))
    s.reply(message(PUBLISH, 0, text(b"a/b"), props(b"\x0b\xc8\x01"), b"to a subscriber"))
    s.ask(message(PUBLISH, 4, text(b"a/b"), ID, props(), b"plain"))
    s.reply(message(PUBREC, 0, ID, b"\x10"))
    s.ask(message(PUBREL, 2, ID, b"\x92", props(string(0x1F, b"lost"))))
    s.reply(message(PUBCOMP, 0, ID, b"\x92", props()))
    s.reply(message(PUBREC, 0, ID))
    s.reply(message(PUBREC, 0, ID, b"\x97", props(user(b"q", b"full"))))
    s.ask(message(UNSUBSCRIBE, 2, ID, props(user(b"k", b"v")), text(b"a/#"), text(b"c")))
    s.reply(message(UNSUBACK, 0, ID, props(), b"\x00\x11"))
    s.ask(message(UNSUBSCRIBE, 2, ID, props(), text(b"c")))
    s.reply(message(UNSUBACK, 0, ID, props(string(0x1F, b"gone")), b"\x00"))
    s.ask(message(PINGREQ))
    s.reply(message(PINGRESP))
    s.ask(message(DISCONNECT, 0, b"\x04", props(four(0x11, 0), string(0x1F, b"bye"))))
    s.reply(message(DISCONNECT, 0, b"\x8b"))
    s.reply(message(DISCONNECT))
    return s.frames


old = frames.Stream(1883)
old.ask(message(CONNECT, 0, text(b"MQIsdp"), b"\x03\x02", b"\x00\x3c", text(b"client")))
frames.write("mqtt", old.frames + four_one_one(41000, b"MQTT", 4) + five(42000))
