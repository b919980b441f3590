"""SMB 1: commands that other captures lack (MS-CIFS section 2.2.4)."""

import struct

import frames

s = frames.Stream(445)


def block(words=b"", data=b""):
    return bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data


def message(reply, command, body, flags2=0x4001, status=0):
    head = b"\xffSMB" + struct.pack("<BIBHH8sHHHHH", command, status, 0x80 if reply else 0, flags2, 0, bytes(8), 0, 1, 2, 3, 4)
    s.segment(reply, struct.pack(">I", len(head + body)) + head + body)


message(False, 0x72, block(data=b"\x02PC NETWORK PROGRAM 1.0\0\x02LANMAN1.0\0"), 0x0001)
message(True, 0x72, block(struct.pack("<H", 0xFFFF)), 0x0001)
message(False, 0x2B, block(struct.pack("<H", 2), b"ping"))
message(True, 0x2B, block(struct.pack("<H", 1), b"ping"))
message(True, 0x2B, block(struct.pack("<H", 2), b"ping"))
message(False, 0x2E, block(struct.pack("<BBHHIHHIH", 0xFF, 0, 0, 5, 4096, 512, 512, 0, 0)))
message(False, 0x2E, block(struct.pack("<BBHHIHHIHI", 0xFF, 0, 0, 5, 4096, 512, 512, 0, 0, 1)))
message(False, 0x04, block(struct.pack("<HI", 5, 1700000000)))
message(False, 0x04, block(struct.pack("<HI", 5, 0)))
message(True, 0x04, block())
message(False, 0x71, block())
message(True, 0x71, block(), status=0xC0000022)
message(True, 0x71, block(), 0x0001, status=0x00050001)
message(False, 0x74, block(struct.pack("<BBH", 0xFF, 0, 0)))
message(True, 0x74, block(struct.pack("<BBH", 0xFF, 0, 0)))
message(False, 0x75, block(struct.pack("<BBHHH", 0xFF, 0, 0, 1, 4), b"pass" + b"\\\\HOST\\SHARE\0A:\0"))
message(True, 0x75, block(struct.pack("<BBHH", 0xFF, 0, 0, 0x21), b"A:\0NTFS\0"))
message(True, 0x75, block(struct.pack("<BBH", 0xFF, 0, 0), b"A:\0"))
message(False, 0x25, block(struct.pack("<HHHHBBHIHHHHHBB", 4, 0, 8, 1024, 0, 0, 1, 5000, 0, 4, 76, 0, 80, 0, 0), b"\\PIPE\\LANMAN\0" + b"\0abcd"))
message(False, 0xA2, block(struct.pack("<BBHBHIIIQIIIIIB", 0xFF, 0, 0, 0, 4, 0x16, 0, 0x0012019F, 0, 0x27, 7, 5, 0x00A01064, 2, 3), b"\\a.b\0"))
frames.write("smb", s.frames)
