#!/usr/bin/env python3
"""name_server.py [ADDRESS NAME=ADDRESS…]: a name server on 127.0.0.1:53, or on port 53 of
ADDRESS. It knows the names that are given, or else that every name is 127.0.0.1."""
import socket
import sys


def name_in(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii").lower())
        at += 1 + query[at]
    return ".".join(labels)


def answer(query, addresses):
    end = query.index(b"\0", 12) + 5  # behind the question: name, type, class
    address = addresses.get(name_in(query)) if addresses else "127.0.0.1"
    found = address is not None and query[end - 4:end - 2] == b"\0\1"
    head = query[:2] + (b"\x81\x83" if address is None else b"\x81\x80") + b"\0\1" + (b"\0\1" if found else b"\0\0") + bytes(4)
    record = b"\xc0\x0c\0\1\0\1" + (60).to_bytes(4, "big") + b"\0\4" + socket.inet_aton(address) if found else b""
    return head + query[12:end] + record


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", 53))
    addresses = dict(a.split("=", 1) for a in sys.argv[2:])
    while True:
        query, sender = s.recvfrom(4096)
        s.sendto(answer(query, addresses), sender)


main()
