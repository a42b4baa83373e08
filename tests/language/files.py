"""Lines that describe files, and the files they become.

    KIND PATH [MODE] [UID:GID] [mtime=N] [xattr=KEY:VALUE] [= "CONTENT" | -> TARGET]

KIND is file dir link hard fifo socket char tar git gone; PATH and CONTENT may be JSON
strings. A file without content holds its own path. Lines below a tar that begin
with blanks are its entries; the word behind its path says how it is compressed.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import re
import shutil
import socket
import subprocess
import tarfile

WHEN = 1400000000
LINE = re.compile(r'(\w+) +("(?:[^"\\]|\\.)*"|\S+)([^="]*?(?: \w+=\S+| [\d:]+| \w+)*)'
                  r'(?: = (.*)| -> (.*))?$')
TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE,
         "hard": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE, "char": tarfile.CHRTYPE}


class Entry:
    def __init__(self, line):
        m = LINE.match(line.strip())
        if m is None:
            raise ValueError("cannot read: " + line)
        self.kind, self.path = m.group(1), text(m.group(2))
        self.mode, self.owner, self.mtime, self.xattrs, self.words = None, None, WHEN, {}, []
        for word in m.group(3).split():
            key, _, value = word.partition("=")
            if key == "mtime":
                self.mtime = float(value)
            elif key == "xattr":
                self.xattrs.update([value.split(":", 1)])
            elif ":" in word:
                self.owner = tuple(int(n) for n in word.split(":"))
            elif word.isdigit():
                self.mode = int(word, 8)
            else:
                self.words.append(word)
        self.to = text(m.group(5)) if m.group(5) else None
        self.content = self.path if m.group(4) is None else text(m.group(4))
        self.entries = []


def text(word):
    return json.loads(word) if word.startswith('"') else word


def parse(lines):
    out = []
    for line in lines:
        if line[0].isspace() and out and out[-1].kind == "tar":
            out[-1].entries.append(Entry(line))
        else:
            out.append(Entry(line))
    return out


def add_member(tar, e):
    info = tarfile.TarInfo(e.path)
    info.type, info.mtime = TYPES[e.kind], e.mtime
    info.mode = e.mode if e.mode is not None else 0o755 if e.kind == "dir" else 0o644
    info.uid, info.gid = e.owner or (0, 0)
    info.linkname = e.to or ""
    info.pax_headers = {"SCHILY.xattr." + k: v for k, v in e.xattrs.items()}
    if e.kind == "char":
        info.devmajor, info.devminor = 1, 3
    if e.kind != "file":
        tar.addfile(info)
        return
    data = e.content.encode()
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def archive(entries, how):
    out = io.BytesIO()
    kind = tarfile.GNU_FORMAT if "gnu" in how else tarfile.PAX_FORMAT
    with tarfile.open(fileobj=out, mode="w", format=kind) as tar:
        for e in entries:
            add_member(tar, e)
    data = out.getvalue()
    if "gz" in how:
        return gzip.compress(data, mtime=0)
    if "bz2" in how:
        return bz2.compress(data)
    if "xz" in how:
        return lzma.compress(data)
    if "zst" in how:
        return subprocess.run(["zstd", "-cq"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    return data


def make(path, e, root):
    if e.kind in ("file", "tar"):
        data = e.content.encode() if e.kind == "file" else archive(e.entries, e.words)
        data = gzip.compress(data, mtime=0) if e.kind == "file" and "gz" in e.words else data
        with open(path, "wb") as f:
            f.write(data)
    elif e.kind == "dir":
        os.makedirs(path, exist_ok=True)
    elif e.kind == "link":
        os.symlink(e.to, path)
    elif e.kind == "hard":
        os.link(os.path.join(root, e.to), path)
    elif e.kind == "fifo":
        os.mkfifo(path)
    elif e.kind == "char":
        os.mknod(path, 0o020666, os.makedev(1, 3))
    elif e.kind == "socket":
        with socket.socket(socket.AF_UNIX) as s:
            here = os.open(os.path.dirname(path), os.O_PATH)
            s.bind("/proc/self/fd/%d/%s" % (here, os.path.basename(path)))
            os.close(here)
    else:
        raise ValueError("unknown kind of file " + e.kind)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def write(root, lines):
    """Makes what LINES say below ROOT; what is there already is replaced."""
    entries = parse(lines)
    for e in entries:
        path = os.path.join(root, e.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not (e.kind == "dir" and os.path.isdir(path)):
            remove(path)
        if e.kind == "gone":
            continue
        make(path, e, root)
        if e.owner:
            os.chown(path, *e.owner, follow_symlinks=False)
        if e.mode is not None and e.kind != "link":
            os.chmod(path, e.mode)
        for key, value in e.xattrs.items():
            os.setxattr(path, key, value.encode(), follow_symlinks=False)
    for at, dirs, names in os.walk(root, topdown=False):
        for name in names + dirs:
            os.utime(os.path.join(at, name), (WHEN, WHEN), follow_symlinks=False)
    for e in entries:
        if os.path.lexists(os.path.join(root, e.path)):
            os.utime(os.path.join(root, e.path), (e.mtime, e.mtime), follow_symlinks=False)
    os.utime(root, (WHEN, WHEN))
