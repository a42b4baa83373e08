"""What an OCI layout in a tar holds, as one plain description: the merged file
tree, the config and facts about its integrity. Nothing is unpacked.

A tree maps "/path" to a dictionary: t type (f d l c b p), m mode, u uid, g gid,
s size, h sha256, l link text, x xattrs (hex), mt mtime, dev, hl names that share
an inode (only if there are several), imp 1 for a directory nobody described.
"""
import gzip
import hashlib
import json
import subprocess
import tarfile
import tempfile

PIECE = 1 << 20


class Broken(Exception):
    pass


class Layout:
    def __init__(self, path):
        self.tar = tarfile.open(path)
        self.members = {m.name: m for m in self.tar.getmembers() if m.isfile()}

    def open(self, name):
        if name not in self.members:
            raise Broken("no %s in the archive" % name)
        return self.tar.extractfile(self.members[name])

    def blob(self, digest):
        return self.open("blobs/" + digest.replace(":", "/"))

    def check(self, descriptor):
        """The blob's bytes are what the descriptor says."""
        h, n = hashlib.sha256(), 0
        with self.blob(descriptor["digest"]) as f:
            for piece in iter(lambda: f.read(PIECE), b""):
                h.update(piece)
                n += len(piece)
        return "sha256:" + h.hexdigest() == descriptor["digest"] and n == descriptor["size"]

    def manifest(self):
        doc = json.load(self.open("index.json"))
        for _ in range(4):
            if "manifests" not in doc:
                return doc
            doc = json.load(self.blob(doc["manifests"][0]["digest"]))
        raise Broken("indexes nested too deeply")


def plain_stream(f):
    """The uncompressed bytes of a layer."""
    head = f.read(4)
    f.seek(0)
    if head[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=f)
    if head == b"\x28\xb5\x2f\xfd":
        out = tempfile.TemporaryFile()
        subprocess.run(["zstd", "-dcq"], input=f.read(), stdout=out, check=True)
        out.seek(0)
        return out
    return f


def clean(name):
    return "/".join(p for p in name.split("/") if p not in ("", "."))


def entry_of(tar, m, keep):
    e = {"m": m.mode & 0o7777, "u": m.uid, "g": m.gid,
         "mt": float(m.pax_headers.get("mtime", m.mtime))}
    xattrs = {k[len("SCHILY.xattr."):]: v.encode("utf-8", "surrogateescape").hex()
              for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr.")}
    if xattrs:
        e["x"] = xattrs
    if m.isreg():
        h = hashlib.sha256()
        with tar.extractfile(m) as f:
            for piece in iter(lambda: f.read(PIECE), b""):
                h.update(piece)
                if m.size <= keep:
                    e["d"] = piece
        e.update(t="f", s=m.size, h=h.hexdigest())
    elif m.isdir():
        e["t"] = "d"
    elif m.issym():
        e.update(t="l", l=m.linkname)
    elif m.islnk():
        e.update(t="h", l=clean(m.linkname))
    elif m.ischr() or m.isblk():
        e.update(t="c" if m.ischr() else "b", dev="%d:%d" % (m.devmajor, m.devminor))
    elif m.isfifo():
        e["t"] = "p"
    else:
        raise Broken("%s: entry of type %r" % (m.name, m.type))
    return e


class Node:
    """A name: what it is (shared by hard links) and, of a directory, what is in it."""

    def __init__(self, info):
        self.info = info
        self.names = {} if info["t"] == "d" else None


def implied():
    return Node({"t": "d", "m": 0o755, "u": 0, "g": 0, "mt": None, "imp": 1})


class Tree:
    def __init__(self, keep=0):
        self.keep = keep
        self.root = implied()
        self.problems = []

    def find(self, path, make=False):
        node = self.root
        for part in path.split("/") if path else []:
            if node.names is None:
                return None
            child = node.names.get(part)
            if make and (child is None or child.names is None):
                child = node.names[part] = implied()
            if child is None:
                return None
            node = child
        return node

    def delete(self, parent, base, fresh, path):
        """Whiteouts hide what lower layers have, never what this one wrote."""
        if parent is None or parent.names is None:
            self.problems.append("whiteout below a directory that is not there: " + path)
        elif base == ".wh..wh..opq":
            for name in list(parent.names):
                if parent.names[name] not in fresh:
                    del parent.names[name]
        elif base[4:] not in parent.names:
            self.problems.append("whiteout of what is not there: " + path)
        elif parent.names[base[4:]] not in fresh:
            del parent.names[base[4:]]

    def put(self, path, e, fresh):
        if path == "":
            if e["t"] == "d":
                self.root.info = e
            return
        at, _, base = path.rpartition("/")
        if base.startswith(".wh."):
            self.delete(self.find(at), base, fresh, path)
            return
        parent = self.find(at, make=True)
        old = parent.names.get(base)
        if e["t"] == "h":
            target = self.find(e["l"])
            if target is None:
                self.problems.append("hard link to what is not there: " + path)
                return
            node = Node(target.info)
        elif e["t"] == "d" and old is not None and old.names is not None:
            old.info = e
            fresh.add(old)
            return
        else:
            node = Node(e)
        parent.names[base] = node
        fresh.add(node)

    def apply(self, stream):
        fresh = set()
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as tar:
            for m in tar:
                self.put(clean(m.name), entry_of(tar, m, self.keep), fresh)

    def flat(self):
        out, groups = {}, {}

        def visit(node, path):
            out[path or "/"] = dict(node.info)
            if node.names is None:
                groups.setdefault(id(node.info), []).append(path)
            for name in sorted(node.names or ()):
                visit(node.names[name], path + "/" + name)
        visit(self.root, "")
        for names in groups.values():
            for path in names if len(names) > 1 else ():
                out[path]["hl"] = sorted(names)
        return out


def read(path, keep=0):
    """The image in the archive at PATH, in the shape of the recorded results.

    Files of at most KEEP bytes have their content as d (bytes)."""
    layout = Layout(path)
    manifest = layout.manifest()
    config = json.load(layout.blob(manifest["config"]["digest"]))
    bad = [d["digest"] for d in [manifest["config"]] + manifest["layers"] if not layout.check(d)]
    tree = Tree(keep)
    for layer in manifest["layers"]:
        with layout.blob(layer["digest"]) as f:
            tree.apply(plain_stream(f))
    history = config.get("history") or []
    return {"config": config.get("config") or {}, "arch": config.get("architecture"),
            "os": config.get("os"), "variant": config.get("variant"),
            "author": config.get("author"), "created": config.get("created"),
            "layers": len(manifest["layers"]),
            "diff_ids": config.get("rootfs", {}).get("diff_ids") or [],
            "history": [{"e": bool(h.get("empty_layer")), "c": h.get("created_by", "")[:200]}
                        for h in history],
            "tree": tree.flat(), "problems": tree.problems, "bad_blobs": bad}
