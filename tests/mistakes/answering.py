#!/usr/bin/env python3
"""A server on loopback that gives one answer to every request; prints its address.

    answering.py STATUS|tls|plain-as-remote PIDS-FILE

tls: speaks TLS with a certificate that nobody signed; plain-as-remote: plain HTTP. Both
answer under the name registry.test, which is not known to be loopback. The server's
process id goes into PIDS-FILE."""
import http.server
import os
import ssl
import subprocess
import sys
import tempfile

HOW, PIDS = sys.argv[1:]
STATUS = int(HOW) if HOW.isdigit() else 200
WORDS = {401: "UNAUTHORIZED", 403: "DENIED", 404: "", 429: "TOOMANYREQUESTS"}
TEXTS = {401: "authentication required", 403: "requested access to the resource is denied",
         429: "you have reached your pull rate limit"}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        word = WORDS.get(STATUS, "")
        body = f'{{"errors":[{{"code":"{word}","message":"{TEXTS[STATUS]}"}}]}}' if word else "<html>sorry</html>"
        self.send_response(STATUS)
        if STATUS == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        if STATUS == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Type", "application/json" if word else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = answer

    def log_message(self, *words):
        pass


def with_tls(server):
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=registry.test",
                        "-addext", "subjectAltName=DNS:registry.test", "-days", "2",
                        "-keyout", f"{d}/key", "-out", f"{d}/cert"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{d}/cert", f"{d}/key")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if HOW == "tls":
    with_tls(server)
print(f"{'127.0.0.1' if HOW.isdigit() else 'registry.test'}:{server.server_port}", flush=True)
child = os.fork()
if child > 0:
    with open(PIDS, "a", encoding="ascii") as f:
        f.write(f"{child}\n")
    sys.exit(0)
null = os.open(os.devnull, os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(null, fd)
server.serve_forever()
