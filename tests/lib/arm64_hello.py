#!/usr/bin/env python3
"""arm64_hello.py FILE: a static arm64 program that says "hello from arm64"."""
import os
import struct
import sys

BASE, CODE_AT = 0x400000, 0x78
TEXT = b"hello from arm64\n"


def movz(register, value):
    return 0xD2800000 | (value & 0xFFFF) << 5 | register


def movk_16(register, value):
    return 0xF2A00000 | (value >> 16 & 0xFFFF) << 5 | register


def program():
    svc = 0xD4000001
    at = BASE + CODE_AT + 4 * 9
    code = [movz(0, 1), movz(1, at), movk_16(1, at), movz(2, len(TEXT)), movz(8, 64), svc,
            movz(0, 0), movz(8, 93), svc]                  # write(1, TEXT), exit(0)
    return b"".join(struct.pack("<I", word) for word in code) + TEXT


def main():
    body = program()
    size = CODE_AT + len(body)
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, 183, 1, BASE + CODE_AT, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size, 0x1000)
    with open(sys.argv[1], "wb") as f:
        f.write(head + segment + body)
    os.chmod(sys.argv[1], 0o755)


if __name__ == "__main__":
    main()
