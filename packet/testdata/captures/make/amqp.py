"""AMQP 0-9-1: all classes and methods, content with all properties, tables of all types."""

import struct

import frames

s = frames.Stream(5672)


def short(t):
    return bytes([len(t)]) + t


def long(t):
    return struct.pack(">I", len(t)) + t


def table(*pairs):
    return long(b"".join(short(k) + v for k, v in pairs))


def frame(kind, channel, body):
    return struct.pack(">BHI", kind, channel, len(body)) + body + b"\xce"


def method(channel, cls, number, *args):
    return frame(1, channel, struct.pack(">HH", cls, number) + b"".join(args))


def header(channel, size, flags, *args):
    return frame(2, channel, struct.pack(">HHQH", 60, 0, size, flags) + b"".join(args))


def u8(n):
    return struct.pack(">B", n)


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


NONE = table()
FULL = table((b"t", b"t\x01"), (b"b", b"b\xff"), (b"s", b"s\xff\xfe"), (b"I", b"I" + u32(7)), (b"l", b"l" + u64(9)), (b"f", b"f\x3f\x80\0\0"),
             (b"d", b"d\x3f\xf0\0\0\0\0\0\0"), (b"D", b"D\x02" + u32(314)), (b"S", b"S" + long(b"text")), (b"T", b"T" + u64(1700000000)),
             (b"F", b"F" + table((b"in", b"t\0"))), (b"A", b"A" + long(b"t\x01" + b"I" + u32(1))), (b"V", b"V"), (b"x", b"x" + long(b"\x01\x02")))
s.ask(b"AMQP\x00\x00\x09\x01")
s.reply(method(0, 10, 10, b"\x00\x09", table((b"product", b"S" + long(b"broker")), (b"capabilities", b"F" + table((b"basic.nack", b"t\x01")))), long(b"PLAIN AMQPLAIN"), long(b"en_US")))
s.ask(method(0, 10, 11, FULL, short(b"PLAIN"), long(b"\0alice\0secret"), short(b"en_US")))
s.reply(method(0, 10, 20, long(b"challenge")))
s.ask(method(0, 10, 21, long(b"answer")))
s.reply(method(0, 10, 30, u16(2047), u32(131072), u16(60)))
s.ask(method(0, 10, 31, u16(2047), u32(131072), u16(60)), method(0, 10, 40, short(b"/"), short(b""), u8(1)))
s.reply(method(0, 10, 41, short(b"hosts")))
s.ask(method(1, 20, 10, short(b"")))
s.reply(method(1, 20, 11, long(b"")))
s.ask(method(1, 20, 20, u8(1)))
s.reply(method(1, 20, 21, u8(0)))
s.ask(method(1, 40, 10, u16(1), short(b"logs"), short(b"topic"), u8(0x1F), NONE))
s.reply(method(1, 40, 11))
s.ask(method(1, 40, 20, u16(1), short(b"logs"), u8(3)))
s.reply(method(1, 40, 21))
s.ask(method(1, 40, 30, u16(0), short(b"a"), short(b"b"), short(b"key"), u8(1), NONE))
s.reply(method(1, 40, 31))
s.ask(method(1, 50, 10, u16(0), short(b"queue"), u8(0x1F), table((b"x-max-length", b"I" + u32(10)))))
s.reply(method(1, 50, 11, short(b"queue"), u32(3), u32(1)))
s.ask(method(1, 50, 20, u16(0), short(b"queue"), short(b"logs"), short(b"#"), u8(1), NONE))
s.reply(method(1, 50, 21))
s.ask(method(1, 50, 30, u16(0), short(b"queue"), u8(1)))
s.reply(method(1, 50, 31, u32(4)))
s.ask(method(1, 50, 40, u16(0), short(b"queue"), u8(7)))
s.reply(method(1, 50, 41, u32(5)))
s.ask(method(1, 50, 50, u16(0), short(b"queue"), short(b"logs"), short(b"#"), NONE))
s.reply(method(1, 50, 51))
s.ask(method(1, 60, 10, u32(0), u16(10), u8(1)))
s.reply(method(1, 60, 11))
s.ask(method(1, 60, 20, u16(0), short(b"queue"), short(b"tag"), u8(0x0F), NONE))
s.reply(method(1, 60, 21, short(b"tag")))
s.ask(method(1, 60, 30, short(b"tag"), u8(1)))
s.reply(method(1, 60, 31, short(b"tag")))
s.ask(method(1, 60, 40, u16(0), short(b"logs"), short(b"a.b"), u8(3)), header(1, 5, 0xFFFC, short(b"text/plain"), short(b"gzip"), FULL, u8(2), u8(5), short(b"id-1"), short(b"reply.to"), short(b"60000"), short(b"m-1"), u64(1700000000), short(b"type"), short(b"guest"), short(b"app"), short(b"cluster")), frame(3, 1, b"hello"))
s.ask(method(1, 60, 40, u16(0), short(b""), short(b"queue"), u8(0)), header(1, 2, 0x1000, u8(1)), frame(3, 1, b"ok"))
s.reply(method(1, 60, 50, u16(312), short(b"NO_ROUTE"), short(b"logs"), short(b"a.b")), header(1, 0, 0x8000, short(b"text/plain")))
s.reply(method(1, 60, 60, short(b"tag"), u64(1), u8(0), short(b"logs"), short(b"a.b")), header(1, 5, 0x0200, short(b"back")), frame(3, 1, b"hello"))
s.ask(method(1, 60, 70, u16(0), short(b"queue"), u8(1)))
s.reply(method(1, 60, 71, u64(2), u8(1), short(b"logs"), short(b"a.b"), u32(7)), header(1, 0, 0))
s.reply(method(1, 60, 72, short(b"")))
s.ask(method(1, 60, 80, u64(1), u8(1)), method(1, 60, 90, u64(2), u8(1)))
s.ask(method(1, 60, 100, u8(1)), method(1, 60, 110, u8(1)))
s.reply(method(1, 60, 111))
s.ask(method(1, 60, 120, u64(3), u8(3)))
s.ask(method(1, 85, 10, u8(0)))
s.reply(method(1, 85, 11))
s.reply(method(1, 60, 80, u64(4), u8(0)))
for number in 10, 20, 30:
    s.ask(method(1, 90, number))
    s.reply(method(1, 90, number + 1))
s.ask(frame(8, 0, b""))
s.reply(method(1, 20, 40, u16(404), short(b"NOT_FOUND"), u16(50), u16(10)))
s.ask(method(1, 20, 41))
s.reply(method(0, 10, 60, short(b"low memory")))
s.ask(method(0, 10, 50, u16(200), short(b"bye"), u16(0), u16(0)))
s.reply(method(0, 10, 51))
refused = frames.Stream(5672, 40001)
refused.ask(b"AMQP\x00\x00\x09\x01")
refused.reply(b"AMQP\x00\x00\x09\x01")
frames.write("amqp", s.frames + refused.frames)
