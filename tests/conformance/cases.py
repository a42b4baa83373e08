"""The cases as data (cases.json.gz), and how a case becomes files.

A case: name, tags, Dockerfile, context files, build arguments, target, secrets,
named contexts, platform, and whether it is expected to build ("ok", "fail").
@BB@, @AL@ stand for the base images, @HTTP@ for the web server of the runner.
"""
import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
NEWEST = 1485449953                    # mtime of contexts; files are older, each its own
SPREAD = 90000000
# What stood for the words between at signs when BuildKit's images were recorded.
RECORDED = {"@BB@": "127.0.0.1:5000/library/busybox", "@AL@": "127.0.0.1:5000/library/alpine",
            "@REG@": "127.0.0.1:5000/library/", "@HTTP@": "http://127.0.0.1:18099"}


def load():
    with gzip.open(os.path.join(HERE, "cases.json.gz")) as f:
        return json.load(f)


def recorded(case):
    path = os.path.join(HERE, "reference", "own_" + case["name"] + ".json.gz")
    with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as f:
        return json.load(f)


def write_entry(root, e):
    name = base64.b64decode(e["nb"]) if "nb" in e else os.fsencode(e["n"])
    path = os.path.join(root, name.rstrip(b"/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    kind = e["t"]
    if kind == "d":
        os.makedirs(path, exist_ok=True)
        os.chown(path, e["uid"], e["gid"])
        os.chmod(path, e["mode"])
    elif kind == "l":
        os.symlink(e["to"], path)
    elif kind == "h":
        os.link(os.path.join(root, os.fsencode(e["to"])), path)
    elif kind == "p":
        os.mkfifo(path)
    elif kind == "s":
        tail = base64.b64decode(e["d"])
        with open(path, "wb") as f:
            f.truncate(e["size"])
            f.seek(e["size"] // 2)
            f.write(b"middle")
            f.seek(e["size"] - len(tail))
            f.write(tail)
    else:
        with open(path, "wb") as f:
            f.write(base64.b64decode(e["d"]))
        os.chown(path, e["uid"], e["gid"])
        os.chmod(path, e["mode"])
        for key, value in e.get("xattr", {}).items():
            os.setxattr(path, key, base64.b64decode(value), follow_symlinks=False)
    return path, e.get("mtime")


def write_files(root, entries, salt):
    """Fixed mtimes, different for every path of every case; deepest first."""
    root = os.fsencode(root)
    own = {}
    for e in sorted(entries, key=lambda e: (e["t"] == "h", os.fsencode(e.get("n", "")))):
        path, mtime = write_entry(root, e)
        if mtime is not None:
            own[path] = mtime
    for at, dirs, names in os.walk(root, topdown=False):
        for name in names + dirs:
            path = os.path.join(at, name)
            mtime = own.get(path)
            if mtime is None:
                mtime = NEWEST - zlib.crc32(os.fsencode(salt) + path[len(root):]) % SPREAD
            os.utime(path, (mtime, mtime), follow_symlinks=False)
    os.utime(root, (NEWEST, NEWEST))


class Inputs:
    """A case's files below ROOT; NAMES replaces the words between at signs.

    hashes: what the Dockerfile has become here → what it was when recorded."""

    def __init__(self, case, root, names):
        def expand(text, names=names):
            for word, value in names.items():
                text = text.replace(word, value)
            return text
        self.context = os.path.join(root, "ctx")
        os.makedirs(self.context)
        template = base64.b64decode(case["df"]).decode()
        dockerfile = expand(template)
        self.hashes = {sha256(dockerfile): sha256(expand(template, RECORDED))}
        entry = {"t": "f", "n": case["dockerfile"], "uid": 0, "gid": 0, "mode": 0o644,
                 "mtime": None, "d": base64.b64encode(dockerfile.encode()).decode()}
        if case["df_outside"]:
            write_files(self.context, case["files"], case["name"])
            at = os.path.join(root, "df")
            os.makedirs(at)
            write_files(at, [entry], "df " + case["name"])
        else:
            at = self.context
            write_files(at, case["files"] + [entry], case["name"])
        self.dockerfile = os.path.join(at, case["dockerfile"])
        self.secrets, self.contexts = {}, {}
        for name, value in case["secrets"].items():
            self.secrets[name] = os.path.join(root, "secret-" + name)
            with open(self.secrets[name], "w", encoding="utf-8") as f:
                f.write(value)
        for i, (name, value) in enumerate(case["contexts"].items()):
            if isinstance(value, str):
                self.contexts[name] = expand(value)
                continue
            self.contexts[name] = os.path.join(root, "named-%d" % i)
            os.makedirs(self.contexts[name])
            write_files(self.contexts[name], value, case["name"] + " " + name)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def web_files():
    """path → (bytes, headers) of the loopback web server."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, text, mode in (("in/", None, 0o755), ("in/one", "1\n", 0o644),
                                 ("in/two", "2\n", 0o600)):
            info = tarfile.TarInfo(name)
            info.mtime, info.mode = NEWEST, mode
            if text is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
    dated = {"Last-Modified": "Thu, 26 Jan 2017 16:59:13 GMT"}
    return {"/hello.txt": (b"hello from the web\n", dated), "/nolm.txt": (b"no date\n", {}),
            "/a.tar.gz": (gzip.compress(out.getvalue(), mtime=0), dated),
            "/dir/": (b"index\n", dated),
            "/cd": (b"named by header\n",
                    {**dated, "Content-Disposition": 'attachment; filename="given.bin"'}),
            "/sub/name%20x": (b"spaced\n", dated), "/q": (b"query\n", dated)}
