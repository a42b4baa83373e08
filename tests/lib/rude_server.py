#!/usr/bin/env python3
"""A registry, web and git server whose every answer holds what a terminal would obey:
reason phrases, headers, bodies, names.

    rude_server.py FILE     writes its port to FILE, serves until it is killed
"""
import http.server
import json
import os
import sys

RUDE = "\x1b]0;title\x07\x1b[2J\u009b31m\u202eevil\r\n\x1b[1mERROR: not so"
LINE = RUDE.replace("\r\n", "")


class Rude(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def answer(self, status, body, kind="application/json", **headers):
        """The reason phrase is sent as bytes that no library would send."""
        head = f"HTTP/1.0 {status} {LINE}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nX-Rude: {LINE}\r\n"
        head += "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
        self.wfile.write(head.encode() + b"\r\n" + (b"" if self.command == "HEAD" else body))

    def do_GET(self):  # noqa: N802
        error = json.dumps({"errors": [{"code": RUDE, "message": RUDE, "detail": RUDE}]}, ensure_ascii=False).encode()
        if "/html/" in self.path:
            self.answer(500 if "busy" in self.path else 404, RUDE.encode() * 50, "text/html")
        elif "/auth/" in self.path:
            self.answer(401, error, WWW_Authenticate=f'Bearer realm="http://{LINE}/",service="{LINE}",scope="{LINE}"')
        elif "/moved/" in self.path:
            self.answer(302, b"", Location=f"ftp://{LINE}/")
        elif "/media/" in self.path:
            self.answer(200, json.dumps({"schemaVersion": 2, "mediaType": RUDE}).encode(), LINE)
        elif "/json/" in self.path:
            self.answer(200, b'{"schemaVersion": 2, "' + RUDE.encode(), "application/vnd.oci.image.manifest.v1+json")
        elif "/info/refs" in self.path:
            text = f"ERR {RUDE}\n".encode()
            self.answer(200, b"%04x" % (len(text) + 4) + text, "application/x-git-upload-pack-advertisement")
        else:
            self.answer(404, error)

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *args):
        """Nothing is told."""


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rude)
    with open(sys.argv[1] + ".new", "w", encoding="ascii") as f:
        f.write(str(server.server_address[1]))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    server.serve_forever()


if __name__ == "__main__":
    main()
