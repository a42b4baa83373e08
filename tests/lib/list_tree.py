#!/usr/bin/env python3
"""list_tree.py TAR: what testdata/changes/list.sh says of /t, said of an image's tar."""
import hashlib
import stat
import sys
import tarfile


def short(data):
    return hashlib.md5(data).hexdigest()[:8]


def content(tar, member):
    data = tar.extractfile(member)
    return data.read() if data else b""


def target(m):
    return m.linkname.encode("utf-8", "surrogateescape") + b"\n"


def capability(m):
    value = m.pax_headers.get("SCHILY.xattr.security.capability", "")
    return value.encode("utf-8", "surrogateescape").hex() or "-"


def facts(tar, m):
    owner = f"{m.uid} {m.gid}"
    if m.isdir():
        return f"DIR {stat.S_IFDIR | m.mode:x} {owner}"
    if m.issym():
        return f"LINK {owner} {short(target(m))}"
    if m.isfifo():
        return f"PIPE {stat.S_IFIFO | m.mode:x} {owner}"
    data = content(tar, m)
    return f"FILE {stat.S_IFREG | m.mode:x} {owner} {len(data)} {int(m.mtime)} {short(data)} {capability(m)}"


def main():
    with tarfile.open(sys.argv[1], errors="surrogateescape") as tar:
        members = {m.name.rstrip("/"): m for m in tar}
        for name, m in members.items():
            if name != "t" and not name.startswith("t/"):
                continue
            while m.islnk():
                m = members[m.linkname]
            path = ("." + name[1:] + "\n").encode("utf-8", "surrogateescape")
            print(f"@ {path.hex()} {facts(tar, m)}")


main()
