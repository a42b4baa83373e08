#!/usr/bin/env python3
"""in_terminal.py WAIT TYPED COMMAND…: runs COMMAND in a terminal of its own, types
TYPED when WAIT has been shown, prints everything, ends with its status."""
import os
import pty
import select
import signal
import sys
import time


def main():
    wait, typed, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
    pid, fd = pty.fork()
    if pid == 0:
        # Whoever started us in the background had them ignored.
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(command[0], command)
    seen, sent, end = b"", False, time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        if wait in seen and not sent:
            time.sleep(0.3)
            os.write(fd, typed)
            sent = True
    if time.monotonic() >= end:
        os.killpg(pid, signal.SIGKILL)
    sys.stdout.write(seen.decode(errors="replace").replace("\r", ""))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
