#!/usr/bin/env python3
"""Repositories and files on loopback, some of them for those with a name only.

    git_server.py DIRECTORY LOG

    /smart/R.git     by git http-backend          /dumb/R.git     as plain files
    /auth/R.git      as smart, for whoever the file DIRECTORY/users names
    /hop/R.git       redirected to /smart of another server, which is of another name
    /files/F         files of DIRECTORY/files     /private/F      … for the same users
    /away/F          redirected to /files of the other server

A line of "users" is a whole value of "Authorization". LOG gets a line for each request:
server, method, path, and what came as Authorization. Prints both URLs and stays.
"""
import http.server
import os
import subprocess
import sys
import threading

BASE, LOG = sys.argv[1], sys.argv[2]
LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self):
        with LOCK, open(LOG, "a", encoding="utf-8") as f:
            f.write(f"{self.server.label} {self.command} {self.path} "
                    f"{self.headers.get('Authorization', '-')}\n")

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def is_known(self):
        with open(os.path.join(BASE, "users"), encoding="utf-8") as f:
            return self.headers.get("Authorization") in f.read().splitlines()

    def plain(self, folder, path):
        try:
            with open(os.path.join(BASE, folder, path), "rb") as f:
                self.reply(200, f.read(), [("ETag", '"1"')])
        except OSError:
            self.reply(404)

    def smart(self, path, query, body):
        env = dict(os.environ, GIT_PROJECT_ROOT=os.path.join(BASE, "repos"),
                   GIT_HTTP_EXPORT_ALL="1", PATH_INFO="/" + path, QUERY_STRING=query,
                   REQUEST_METHOD=self.command, REMOTE_ADDR="127.0.0.1",
                   CONTENT_TYPE=self.headers.get("Content-Type", ""),
                   GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
                   GIT_CONFIG_GLOBAL=os.path.join(BASE, "server.config"))
        if self.headers.get("Content-Encoding"):
            env["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
        out = subprocess.run(["git", "http-backend"], input=body, env=env, check=False,
                             stdout=subprocess.PIPE).stdout
        head, _, content = out.partition(b"\r\n\r\n")
        headers = [tuple(h.split(": ", 1)) for h in head.decode().split("\r\n") if h]
        status = [v for k, v in headers if k == "Status"] or ["200"]
        self.reply(int(status[0].split()[0]), content, [h for h in headers if h[0] != "Status"])

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        out = b""
        while size := int(self.rfile.readline(), 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return out

    def do_GET(self):
        self.note()
        body = self.body()
        path, _, query = self.path.partition("?")
        _, kind, rest = path.split("/", 2)
        other = self.server.other
        if kind in ("auth", "private") and not self.is_known():
            self.reply(401, b"who are you?", [("WWW-Authenticate", 'Basic realm="x"')])
        elif kind in ("smart", "auth"):
            self.smart(rest, query, body)
        elif kind == "hop":
            self.reply(301, b"", [("Location", f"{other}/smart/{rest}" + (query and "?" + query))])
        elif kind == "away":
            self.reply(302, b"", [("Location", f"{other}/files/{rest}")])
        elif kind == "dumb":
            self.plain("repos", rest)
        else:
            self.plain("files", rest)

    do_POST = do_HEAD = do_GET


def start(label, host):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.label, server.daemon_threads = label, True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://{host}:{server.server_address[1]}"


first, first_url = start("first", "127.0.0.1")
second, second_url = start("second", "localhost")
first.other, second.other = second_url, first_url
print(first_url, second_url, flush=True)
threading.Event().wait()
