#!/usr/bin/env python3
"""A name server on 127.0.0.1:53: every name has the address 127.0.0.1, and no other."""
import socket


def answer(query):
    end = query.index(b"\0", 12) + 5  # behind the question: name, type, class
    wants_address = query[end - 4:end - 2] == b"\0\1"
    head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_address else b"\0\0") + bytes(4)
    record = b"\xc0\x0c\0\1\0\1" + (60).to_bytes(4, "big") + b"\0\4" + socket.inet_aton("127.0.0.1")
    return head + query[12:end] + (record if wants_address else b"")


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 53))
    while True:
        query, sender = s.recvfrom(4096)
        s.sendto(answer(query), sender)


main()
