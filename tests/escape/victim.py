#!/usr/bin/env python3
"""A process of the machine that steps must not reach: victim.py CANARY NAME

It has the token in its environment, an abstract socket NAME, one at CANARY.socket,
shared memory of a known key, and ends after some minutes. Prints a line when it is
ready. SIGUSR1 makes it leave CANARY.signal.
"""
import ctypes
import os
import signal
import socket
import sys
import time

KEY = 0x0c00be5  # as in hostile.h
IPC_CREAT, IPC_RMID = 0o1000, 0
SECONDS = 300

canary, name = sys.argv[1:]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.signal(signal.SIGUSR1, lambda *_: open(canary + ".signal", "w").close())
libc = ctypes.CDLL(None)
memory = libc.shmget(KEY, 4096, IPC_CREAT | 0o666)
sockets = []
for address in ("\0" + name, canary + ".socket"):
    s = socket.socket(socket.AF_UNIX)
    s.bind(address)
    s.listen(8)
    sockets.append(s)
os.chmod(canary + ".socket", 0o777)
print("ready", flush=True)
try:
    time.sleep(SECONDS)
finally:
    libc.shmctl(memory, IPC_RMID, None)
