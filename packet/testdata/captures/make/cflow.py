"""NetFlow 5 and 9, and IPFIX: every information element in a record, options with scopes, fields of any length and of an enterprise."""

import struct

import frames

SIZES = {
    1: "4-6 9 13 29-30 33 35 38-39 46 48-49 51-53 55 60-61 89 91 98 101 136 146 176-179 188-189 192-193 195-197 200 203 206-207 214-215 229-230 233 237 239-240 244 246 248 257 263 267 276-277 294 297 333 339 344 384 388-389 413",
    2: "7 11 32 36-37 58-59 88 139 145 180-183 186-187 190-191 205 216-217 227-228 238 241-243 245 250 254-256 259 286-287 303-304 312 345 361-364 370 390 400 408-410 457-458",
    4: "8 10 12 14-18 21-22 31 34 43-45 47 50 54 64 92-93 99 128-130 141-144 149-151 184-185 194 201-202 204 211 213 225-226 234-235 249 251-253 260-261 264-265 278 283 295-296 305-310 322 346 366 368-369 380-381 385-387 403 405-406 412 432 463 466-467 471-481 483",
    6: "56-57 65-69 80-81 87 90 97 100 102-127 173 208-209 262 266 274-275 285 291 293 313-317 347 349 365 367 411 414-415 464-465 482 484-491",
    8: "1-3 19-20 23-26 40-42 82-86 94 96 132-135 137-138 147-148 152-157 160 163-168 171-172 174-175 198-199 218-224 231-232 236 247 258 268-273 279-280 284 288-290 298-302 318-319 323-332 334-335 340-343 348 350-360 371-379 382-383 391-399 401-402 407 416-431 433 459-462 468-470",
    16: "27-28 62-63 131 140 169-170 212 281-282 404",
}
SECONDS = {150, 151, 322}
MILLISECONDS = {152, 153, 160, 258, 269, 272, 323, 359, 360}
TIMESTAMPS = {154, 155, 156, 157, 324, 325}


def ranges(text):
    for part in text.split():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


# First and last of a flow (22, 21) in this order, as tshark misplaces the last if it comes first.
ELEMENTS = sorted(((n, size) for size, list in SIZES.items() for n in ranges(list)), key=lambda e: {21: 22, 22: 21}.get(e[0], e[0]))


def value(n, size):
    if n in SECONDS:
        return struct.pack(">I", 1700000000 + n)
    if n in MILLISECONDS:
        return struct.pack(">Q", 1700000000123 + n)
    if n in TIMESTAMPS:
        return struct.pack(">II", 0xE8CC0000 + n, 0x40000000)
    if size == 1:
        return bytes([n % 250 + 1])
    if size == 4:
        return bytes([192, 0, 2, n % 256])
    return bytes((n + i) % 26 + 97 for i in range(size))


def flowset(number, body):
    return struct.pack(">HH", number, 4 + len(body)) + body


def netflow9(count, *sets):
    return struct.pack(">HHIIII", 9, count, 1000000, 1700000000, 78, 99) + b"".join(sets)


def ipfix(*sets):
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), 1700000000, 5, 42) + body


def template(number, elements):
    return struct.pack(">HH", number, len(elements)) + b"".join(struct.pack(">HH", n, size) for n, size in elements)


def pad(body):
    return body + bytes(-len(body) % 4)


made = []
flow = struct.pack(">4s4s4sHHIIIIHHBBBBHHBBH", bytes([10, 0, 0, 1]), bytes([10, 0, 1, 1]), bytes([10, 0, 0, 254]), 1, 2, 11, 1001, 900000, 950000, 1234, 80, 0, 0x1B, 6, 0x20, 65001, 65002, 24, 16, 0)
made.append(struct.pack(">HHIIIIBBH", 5, 2, 1000000, 1700000000, 5, 77, 1, 2, 0x4064) + flow * 2)
for i in range(0, len(ELEMENTS), 60):
    some = ELEMENTS[i:i + 60]
    made.append(ipfix(flowset(2, template(300 + i, some)), flowset(300 + i, b"".join(value(n, size) for n, size in some))))
classic = [e for e in ELEMENTS if e[0] < 128]
for i in range(0, len(classic), 60):
    some = classic[i:i + 60]
    made.append(netflow9(2, flowset(0, template(300 + i, some)), flowset(300 + i, pad(b"".join(value(n, size) for n, size in some)))))
reduced = [(1, 4), (2, 4), (10, 2), (14, 2), (16, 2), (17, 2), (22, 4), (21, 4), (4, 1)]
record = b"".join(value(n, size) for n, size in reduced)
made += [
    netflow9(3, flowset(0, template(256, reduced)), flowset(256, pad(record + record))),
    netflow9(2, flowset(1, pad(struct.pack(">HHH", 257, 20, 8) + b"".join(struct.pack(">HH", n, 4) for n in (1, 2, 3, 4, 5)) + struct.pack(">HHHH", 34, 4, 36, 2))),
             flowset(257, pad(struct.pack(">IIIIIIH", 1, 2, 3, 4, 5, 100, 60)))),
    netflow9(1, flowset(999, b"no template!")),
    ipfix(flowset(2, struct.pack(">HH", 258, 4) + struct.pack(">HH", 82, 65535) + struct.pack(">HHI", 0x8064, 2, 9) + struct.pack(">HHI", 0x8001, 4, 29305) + struct.pack(">HH", 61, 1)),
          flowset(258, b"\x04eth0" + b"\x00\x2a" + b"\x00\x00\x00\x07" + b"\x01")),
    ipfix(flowset(3, struct.pack(">HHH", 259, 3, 1) + struct.pack(">HHHHHH", 149, 4, 41, 8, 42, 8)), flowset(259, value(149, 4) + value(41, 8) + value(42, 8))),
    ipfix(flowset(2, template(260, [(8, 4), (12, 4)]) + template(261, [(27, 16)])), flowset(261, value(27, 16)), flowset(260, value(8, 4) + value(12, 4))),
]
frames.write("cflow", [frames.udp(b, 2055 if b[1] != 10 else 4739) for b in made])
