#!/usr/bin/env python3
"""A web server on loopback: web_server.py FILES [REPOSITORIES]

Serves the files of one directory, and the bare repositories of another below /git/.
Prints its URL and stays.
"""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "conformance"))

import web         # noqa: E402


class Folder:
    """Files as web.start() wants them, read when they are asked for."""

    def __init__(self, path):
        self.path = path

    def get(self, name):
        try:
            with open(os.path.join(self.path, name.lstrip("/")), "rb") as f:
                return f.read(), {}
        except OSError:
            return None


print(web.start(Folder(sys.argv[1]), *sys.argv[2:]), flush=True)
threading.Event().wait()
