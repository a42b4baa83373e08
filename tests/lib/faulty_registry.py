#!/usr/bin/env python3
"""A small registry on a loopback port that misbehaves on request.

    faulty_registry.py --port 5001 [--tls CERT KEY] [SETTINGS]

SETTINGS is a JSON object; later ones are merged by POST /control. GET /control
returns what was counted, POST /count resets it. Everything is kept in memory.

    auth            "basic", "token" (user "user", password "secret", identity
                    token "identity"), default none
    anonymous_pull  true: tokens to pull are given to everybody
    root_auth       true: GET /v2/ needs them too, with any token
    scope_401       a token with too few rights is answered with 401 instead of 403
    token_life      seconds; token_methods: ["GET", "POST"]
    max_body        larger bodies are answered with 413
    cut_body        larger bodies are cut off after so many bytes, without a word
    ranges          false: Range of downloads is ignored
    resume          false: the state of an upload cannot be asked for
    forget          true: an upload whose connection broke is forgotten
    patch           false: 405
    chunk_min       sent as OCI-Chunk-Min-Length
    location        "absolute" (default), "relative", "query"
    mount           false: answered with 202, as if the source were not there
    redirect        blobs are redirected to this base URL (served as /storage/)
    digest_header   false: manifests come without Docker-Content-Digest
    etags           true: manifests have an ETag, and If-Match is compared with it
    files           {name: {"text", "etag", "modified"}} for GET /files/NAME
    rules           list of faults, the first that matches is used up:
        {"method", "path" (a part of it), "times", "skip" (first let pass so many),
         "status", "headers", "body"          an answer of its own
         "reset": N                           cut off after N bytes of either body
         "stall": seconds                     silence before the answer
         "drip": N                            silence after N bytes of the answer
         "rate": N                            the answer at N bytes a second
         "corrupt": true                      one byte of the answer is changed
         "short": N                           a complete answer of N bytes, chunked}
"""

import base64
import hashlib
import json
import re
import secrets
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 1 << 16


class State:
    def __init__(self, settings):
        self.lock = threading.Lock()
        self.settings = settings
        self.blobs = {}         # digest -> bytes
        self.links = set()      # (repo, digest)
        self.manifests = {}     # (repo, tag or digest) -> (type, bytes)
        self.uploads = {}       # id -> bytearray
        self.tokens = {}        # token -> (expires, set of "repo:action")
        self.reset_counts()

    def reset_counts(self):
        self.counts = {"requests": [], "bytes_in": 0, "bytes_out": 0, "tokens": 0,
                       "foreign_authorization": 0, "connections": 0}

    def rule_for(self, method, path):
        with self.lock:
            for rule in self.settings.get("rules", []):
                if rule.get("method", method) != method or rule.get("path", "") not in path:
                    continue
                if rule.get("times", 1) <= 0:
                    continue
                if rule.get("skip", 0) > 0:
                    rule["skip"] -= 1
                    continue
                rule["times"] = rule.get("times", 1) - 1
                return rule
        return {}


def etag_of(body):
    return '"' + hashlib.sha256(body).hexdigest() + '"'


class Broken(Exception):
    """The connection is to be cut."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    counting = False        # requests to control the server are not counted
    known = False           # whether this connection was counted

    def log_message(self, *args):
        pass

    # -------------------------------------------------------------- plumbing

    def setting(self, name, default=None):
        return self.server.state.settings.get(name, default)

    def count(self, name, n=1):
        if not self.counting:
            return
        with self.server.state.lock:
            self.server.state.counts[name] += n

    def cut(self):
        linger = struct.pack("ii", 1, 0)    # close with RST
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Broken()

    def read_body(self, into=None):
        """The body; what arrives before a break is in INTO all the same."""
        body = bytearray() if into is None else into
        left = int(self.headers.get("Content-Length", 0))
        limit = self.rule.get("reset") if self.command != "GET" else None
        if self.setting("cut_body") and self.counting and left > self.setting("cut_body"):
            limit = self.setting("cut_body")
        taken = 0
        while left > 0:
            want = min(left, PIECE if limit is None else min(PIECE, limit - taken))
            if want <= 0:
                self.cut()
            piece = self.rfile.read(want)
            if not piece:
                raise Broken()
            self.count("bytes_in", len(piece))
            body += piece
            left -= len(piece)
            taken += len(piece)
        if limit is not None:
            self.cut()
        return body

    def answer(self, status, body=b"", headers=(), length=None):
        if isinstance(body, str):
            body = body.encode()
        rule = self.rule
        short = rule.get("short")
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if short is not None:
            self.send_header("Transfer-Encoding", "chunked")
            body = body[:short]
        elif status not in (204, 304):
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command == "HEAD" or status in (204, 304):
            return
        if rule.get("corrupt") and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        if short is not None:
            self.wfile.write(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
            return
        stop = rule.get("reset", rule.get("drip")) if self.command == "GET" else None
        self.rate = rule.get("rate")
        self.send(body if stop is None else body[:stop])
        if stop is not None:
            self.wfile.flush()
            if "drip" in rule:
                time.sleep(rule.get("seconds", 30))
            time.sleep(0.05)                # let what was sent arrive before the RST
            self.cut()

    def send(self, body):
        for at in range(0, len(body), PIECE):
            self.wfile.write(body[at:at + PIECE])
            if getattr(self, "rate", None):
                time.sleep(min(PIECE, len(body) - at) / self.rate)
            self.count("bytes_out", min(PIECE, len(body) - at))

    def fail(self, status, code, message="", headers=()):
        self.answer(status, json.dumps({"errors": [{"code": code, "message": message}]}),
                    {"Content-Type": "application/json", **dict(headers)})

    def base(self):
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        return f"{scheme}://{self.headers['Host']}"

    # -------------------------------------------------------------- dispatch

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (Broken, ConnectionError, ssl.SSLError):
            self.close_connection = True

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        self.queries = urllib.parse.parse_qs(url.query)
        self.rule = {}
        self.counting = url.path not in ("/control", "/count")
        if not self.counting:
            return self.serve_control(url.path)
        if not self.known:
            self.known = True
            self.count("connections")
        with self.server.state.lock:
            self.server.state.counts["requests"].append(f"{self.command} {self.path}")
        self.rule = self.server.state.rule_for(self.command, self.path)
        if "stall" in self.rule:
            time.sleep(self.rule["stall"])
        if "status" in self.rule:
            if self.rule.get("read", True):
                self.read_body()
            else:
                self.close_connection = True
            return self.answer(self.rule["status"], self.rule.get("body", ""),
                               self.rule.get("headers", {}))
        limit = self.setting("max_body")
        if limit is not None and int(self.headers.get("Content-Length", 0)) > limit:
            self.close_connection = True
            return self.answer(413, "<html>Request Entity Too Large</html>")
        if url.path == "/token":
            return self.serve_token()
        if url.path.startswith("/files/"):
            return self.serve_file(url.path[len("/files/"):])
        if url.path.startswith("/storage/"):
            if "Authorization" in self.headers:
                self.count("foreign_authorization")
            return self.serve_blob(None, url.path[len("/storage/"):])
        return self.serve_registry(url.path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def serve_control(self, path):
        state = self.server.state
        body = self.read_body()
        if self.command == "POST" and path == "/count":
            state.reset_counts()
        elif self.command == "POST":
            state.settings.update(json.loads(bytes(body)))
        self.answer(200, json.dumps(state.counts))

    # -------------------------------------------------------------- credentials

    def basic_ok(self):
        want = "Basic " + base64.b64encode(b"user:secret").decode()
        return self.headers.get("Authorization") == want

    def serve_token(self):
        state = self.server.state
        body = bytes(self.read_body()).decode()
        if self.command not in self.setting("token_methods", ["GET", "POST"]):
            return self.answer(405)
        if self.command == "POST":
            form = dict(urllib.parse.parse_qsl(body))
            known = form.get("refresh_token") == "identity" or (
                form.get("username") == "user" and form.get("password") == "secret")
            scopes = form.get("scope", "").split(" ")
            name = "access_token"
        else:
            known = self.basic_ok()
            scopes = self.queries.get("scope", [])
            name = "token"
            if not known and "Authorization" in self.headers:
                return self.answer(401, json.dumps({"details": "incorrect username or password"}))
        if self.command == "POST" and not known:
            return self.answer(401, json.dumps({"details": "incorrect username or password"}))
        rights = set()
        for scope in scopes:
            _, repo, actions = (scope.split(":") + ["", ""])[:3]
            for action in actions.split(","):
                if known or (action == "pull" and self.setting("anonymous_pull")):
                    rights.add(f"{repo}:{action}")
        life = self.setting("token_life", 300)
        token = secrets.token_hex(16)
        state.tokens[token] = (time.monotonic() + life, rights)
        self.count("tokens")
        self.answer(200, json.dumps({name: token, "expires_in": life}))

    def allowed(self, repo):
        kind = self.setting("auth")
        if kind is None:
            return True
        if kind == "basic":
            if self.basic_ok():
                return True
            self.drop_body()
            self.fail(401, "UNAUTHORIZED", "authentication required",
                      {"WWW-Authenticate": 'Basic realm="test"'})
            return False
        action = "pull" if self.command in ("GET", "HEAD") else "push"
        needed = {f"{repo}:{action}"} if repo is not None else set()
        if "mount" in self.query and "from" in self.query and self.setting("mount", True):
            needed.add(self.query["from"] + ":pull")
        expires, rights = self.server.state.tokens.get(
            self.headers.get("Authorization", "")[len("Bearer "):], (0, set()))
        if expires > time.monotonic() and needed <= rights:
            return True
        fresh = expires > time.monotonic()
        self.drop_body()
        if fresh and self.setting("scope_401"):
            self.fail(401, "UNAUTHORIZED", "authentication required", {
                "WWW-Authenticate": f'Bearer realm="{self.base()}/token",service="faulty",'
                                    f'error="insufficient_scope"'})
        elif fresh:
            self.fail(403, "DENIED", "requested access to the resource is denied")
        else:
            self.fail(401, "UNAUTHORIZED", "authentication required", {
                "WWW-Authenticate": f'Bearer realm="{self.base()}/token",service="faulty",'
                                    f'scope="repository:{repo}:{action}"'})
        return False

    def drop_body(self):
        """Answers before the body was read: the connection cannot be kept."""
        if int(self.headers.get("Content-Length", 0)) > 0:
            self.close_connection = True

    # -------------------------------------------------------------- registry

    def serve_registry(self, path):
        if path == "/v2/":
            if self.setting("root_auth") and not self.allowed(None):
                return None
            return self.answer(200, "{}")
        m = re.match(r"/v2/(.+)/(blobs|manifests)/(.*)$", path)
        m = re.match(r"/v2/(.+)/blobs/uploads/(.*)$", path) or m
        if not m:
            return self.answer(404)
        repo = m.group(1)
        if not self.allowed(repo):
            return None
        if "/blobs/uploads/" in path:
            return self.serve_upload(repo, m.group(2))
        if m.group(2) == "blobs":
            if (repo, m.group(3)) not in self.server.state.links:
                return self.fail(404, "BLOB_UNKNOWN", "blob unknown to registry")
            if self.setting("redirect") and self.command == "GET":
                return self.answer(307, "", {"Location": self.setting("redirect") + m.group(3)})
            return self.serve_blob(repo, m.group(3))
        return self.serve_manifest(repo, m.group(3))

    def serve_blob(self, repo, digest):
        blob = self.server.state.blobs.get(digest)
        if blob is None:
            return self.fail(404, "BLOB_UNKNOWN", "blob unknown to registry")
        self.serve_bytes(blob, {"Docker-Content-Digest": digest})

    def serve_bytes(self, blob, headers):
        m = re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("Range", ""))
        if not m or not self.setting("ranges", True):
            return self.answer(200, blob, headers)
        first = int(m.group(1))
        last = min(int(m.group(2) or len(blob) - 1), len(blob) - 1)
        if first > last:
            return self.answer(416)
        headers = {**headers, "Content-Range": f"bytes {first}-{last}/{len(blob)}"}
        self.answer(206, blob[first:last + 1], headers)

    def serve_manifest(self, repo, name):
        state = self.server.state
        if self.command == "PUT":
            body = bytes(self.read_body())
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            entry = (self.headers.get("Content-Type", ""), body)
            with state.lock:
                old = state.manifests.get((repo, name), ("", b""))[1]
                if self.setting("etags") and self.headers.get("If-Match", etag_of(old)) != etag_of(old):
                    return self.fail(412, "DENIED", "the tag has changed")
                state.manifests[(repo, name)] = entry
            state.manifests[(repo, name)] = state.manifests[(repo, digest)] = entry
            return self.answer(201, "", {"Docker-Content-Digest": digest})
        if (repo, name) not in state.manifests:
            return self.fail(404, "MANIFEST_UNKNOWN", "manifest unknown")
        kind, body = state.manifests[(repo, name)]
        headers = {"Content-Type": kind}
        if self.setting("digest_header", True):
            headers["Docker-Content-Digest"] = "sha256:" + hashlib.sha256(body).hexdigest()
        if self.setting("etags"):
            headers["ETag"] = etag_of(body)
        self.answer(200, body, headers)

    def session_headers(self, repo, uid):
        path = f"/v2/{repo}/blobs/uploads/{uid}"
        how = self.setting("location", "absolute")
        location = path if how == "relative" else self.base() + path
        if how == "query":
            location += "?state=a%2Fb&x=1"
        size = len(self.server.state.uploads[uid])
        headers = {"Location": location, "Range": f"0-{max(size - 1, 0)}"}
        if self.setting("chunk_min"):
            headers["OCI-Chunk-Min-Length"] = str(self.setting("chunk_min"))
        return headers

    def serve_upload(self, repo, uid):
        state = self.server.state
        if self.command == "POST":
            self.read_body()
            digest, source = self.query.get("mount"), self.query.get("from")
            if source and self.setting("mount", True) and (source, digest) in state.links:
                state.links.add((repo, digest))
                return self.answer(201, "", {"Docker-Content-Digest": digest})
            uid = secrets.token_hex(8)
            state.uploads[uid] = bytearray()
            return self.answer(202, "", self.session_headers(repo, uid))
        if uid not in state.uploads:
            self.drop_body()
            return self.fail(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        if self.setting("location") == "query" and self.query.get("state") != "a/b":
            self.drop_body()
            return self.fail(400, "BLOB_UPLOAD_INVALID", "the query was lost")
        if self.command == "GET":
            if not self.setting("resume", True):
                return self.answer(404)
            return self.answer(204, "", self.session_headers(repo, uid))
        return self.receive(repo, uid)

    def receive(self, repo, uid):
        state = self.server.state
        data = state.uploads[uid]
        if self.command == "PATCH":
            if not self.setting("patch", True):
                self.drop_body()
                return self.answer(405)
            first = int(self.headers.get("Content-Range", "0-").split("-")[0])
            if first != len(data):
                self.drop_body()
                return self.answer(416, "", self.session_headers(repo, uid))
        try:
            self.read_body(data)
        except (Broken, ConnectionError):
            if self.setting("forget"):
                state.uploads.pop(uid, None)
            raise
        if self.command == "PATCH":
            return self.answer(202, "", self.session_headers(repo, uid))
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if digest != self.query.get("digest"):
            return self.fail(400, "DIGEST_INVALID",
                             "provided digest did not match uploaded content")
        state.blobs[digest] = bytes(data)
        state.links.add((repo, digest))
        del state.uploads[uid]
        return self.answer(201, "", {"Docker-Content-Digest": digest})

    # -------------------------------------------------------------- plain files

    def serve_file(self, name):
        f = self.setting("files", {}).get(name)
        if f is None:
            return self.answer(404, "no such file")
        headers = {}
        if "etag" in f:
            headers["ETag"] = f["etag"]
        if "modified" in f:
            headers["Last-Modified"] = f["modified"]
        if "etag" in f and self.headers.get("If-None-Match") == f["etag"]:
            return self.answer(304, "", headers)
        if self.headers.get("If-Range", f.get("etag", f.get("modified"))) != \
                f.get("etag", f.get("modified")):
            del self.headers["Range"]
        self.serve_bytes(f["text"].encode() * f.get("repeat", 1), headers)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


def main():
    args = sys.argv[1:]
    port, tls, settings = 0, None, {}
    while args:
        arg = args.pop(0)
        if arg == "--port":
            port = int(args.pop(0))
        elif arg == "--tls":
            tls = (args.pop(0), args.pop(0))
        else:
            settings.update(json.loads(arg))
    server = Server(("127.0.0.1", port), Handler)
    server.state = State(settings)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
