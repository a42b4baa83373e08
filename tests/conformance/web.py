"""A web server on loopback for ADD: fixed files, and git repositories on request."""
import http.server
import os
import subprocess
import threading


class Web(http.server.BaseHTTPRequestHandler):
    """FILES: path → (bytes, headers). REPOSITORIES: a directory of bare repositories,
    served below /git/."""
    protocol_version = "HTTP/1.1"
    files = {}
    repositories = None

    def answer(self, body):
        path, _, query = self.path.partition("?")
        if self.repositories and path.startswith("/git/"):
            self.answer_git(path[len("/git"):], query)
            return
        found = self.files.get(path)
        status = 404 if found is None else 200
        tag = found[1].get("ETag") if found else None
        if tag and self.headers.get("If-None-Match") == tag:
            status, body = 304, False
        self.send_response(status)
        for key, value in (found[1] if found else {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(found[0]) if found else 0))
        self.end_headers()
        if body and found:
            self.wfile.write(found[0])

    def answer_git(self, path, query):
        """One request through git's own CGI program."""
        size = int(self.headers.get("Content-Length") or 0)
        env = {**os.environ, "GIT_PROJECT_ROOT": self.repositories, "PATH_INFO": path,
               "GIT_HTTP_EXPORT_ALL": "1", "QUERY_STRING": query,
               "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(size),
               "CONTENT_TYPE": self.headers.get("Content-Type", ""),
               "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
               "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
               "REMOTE_ADDR": "127.0.0.1"}
        done = subprocess.run(["git", "http-backend"], input=self.rfile.read(size), env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def do_POST(self):
        self.answer(True)

    def log_message(self, *args):
        pass


def start(files, repositories=None):
    """→ the URL it answers at, without a final slash"""
    handler = type("Served", (Web,), {"files": files, "repositories": repositories})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]
