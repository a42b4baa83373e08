"""Two images: which layers differ, and in what."""
import hashlib
import json
import os
import tarfile

LINES_MAX = 12


def layers(image):
    try:
        facts = json.loads(image)
    except ValueError:
        return [], []
    return ([layer["digest"] for layer in facts["manifest"]["layers"]],
            facts["config"]["rootfs"]["diff_ids"])


def entries(store, digest):
    """Name → one line with all that a layer says of it."""
    found = {}
    with tarfile.open(os.path.join(store, "blobs", *digest.split(":"))) as tar:
        for m in tar:
            body = tar.extractfile(m) if m.isreg() else None
            found[m.name] = "%s %o %d:%d %s %d%s%s%s" % (
                m.type.decode("latin-1"), m.mode, m.uid, m.gid, m.mtime, m.size,
                " -> " + m.linkname if m.linkname else "",
                " " + hashlib.sha256(body.read()).hexdigest()[:16] if body else "",
                "".join(" %s=%r" % p for p in sorted(m.pax_headers.items())
                        if p[0] not in ("path", "linkpath", "size")))
    return found


def of_layer(number, ours, theirs):
    lines = ["layer %d:" % number]
    for name in sorted(set(ours) | set(theirs)):
        a, b = ours.get(name, "not there"), theirs.get(name, "not there")
        if a != b:
            lines += ["  %s" % name, "    expected %s" % a, "    found    %s" % b]
    return lines[:3 * LINES_MAX]


def differences(expected, found, expected_store, found_store):
    """Texts of `cooper inspect`, and the stores. "" if the images are the same."""
    (blobs_a, ids_a), (blobs_b, ids_b) = layers(expected), layers(found)
    if ids_a == ids_b and ids_a:
        same = json.loads(expected)["digest"] == json.loads(found)["digest"]
        return "" if same else "the layers are the same, the configs are not"
    lines = ["%d layers, expected %d" % (len(ids_b), len(ids_a))] * (len(ids_a) != len(ids_b))
    for i, (a, b) in enumerate(zip(ids_a, ids_b)):
        if a != b:
            try:
                lines += of_layer(i, entries(expected_store, blobs_a[i]),
                                  entries(found_store, blobs_b[i]))
            except (OSError, tarfile.TarError) as fault:
                lines.append("layer %d differs (%s)" % (i, fault))
    return "\n".join(lines)
