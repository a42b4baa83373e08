#!/usr/bin/env python3
"""fake_engine.py SOCKET FILE [HOW]: a Docker that takes images at SOCKET and writes the
archive to FILE. HOW: "ok", "error" (status 200, and an error in the answer), "status" (500),
"early" (an answer before the archive is read), "close" (no answer at all)."""
import http.server
import os
import socketserver
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def chunks(self):
        while True:
            n = int(self.rfile.readline().split(b";")[0], 16)
            yield self.rfile.read(n)
            self.rfile.readline()
            if n == 0:
                return

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def do_POST(self):
        how = self.server.how
        if how == "close":
            self.close_connection = True
            return
        if how == "early":
            self.answer(500, b'{"message":"no space \\u001b[2J left"}')
            return
        with open(self.server.file, "wb") as out:
            for piece in self.chunks():
                out.write(piece)
        with open(self.server.file + ".request", "w", encoding="utf-8") as out:
            out.write(f"{self.path} {self.headers['Content-Type']}\n")
        if how == "error":
            self.answer(200, b'{"stream":"Loading"}\n{"errorDetail":{"message":"x"},"error":"invalid tar header"}\n')
        elif how == "status":
            self.answer(500, b'{"message":"cannot do it"}')
        else:
            self.answer(200, b'{"stream":"Loaded image: x\\n"}\n')

    def address_string(self):
        return "client"

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    pass


def main():
    server = Server(sys.argv[1], Handler)
    server.file, server.how = sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "ok"
    os.chmod(sys.argv[1], 0o600)
    server.serve_forever()


if __name__ == "__main__":
    main()
