"""How the texts in two images differ: rows write there what they have seen."""
import difflib
import os
import sys
import tarfile

import table

sys.path.insert(0, os.path.join(table.ROOT, "tests", "environments"))

import compare  # noqa: E402

SIZE_MAX, LINES_MAX = 100000, 40


def texts(store, digest):
    """Name → lines of each small file of a layer."""
    found = {}
    with tarfile.open(os.path.join(store, "blobs", *digest.split(":"))) as tar:
        for m in tar:
            if m.isreg() and m.size <= SIZE_MAX:
                found[m.name] = tar.extractfile(m).read().decode("utf-8", "replace").split("\n")
    return found


def of_layer(ours, theirs):
    lines = []
    for name in sorted(set(ours) & set(theirs)):
        a, b = ours[name], theirs[name]
        if a != b and not any("\0" in line for line in a + b):
            lines += list(difflib.unified_diff(a, b, name, name, lineterm="", n=0))[2:]
    return lines[:LINES_MAX]


def differences(expected, found, expected_store, found_store):
    """Texts of `cooper inspect`, and the stores. "" if the images are the same."""
    notes = compare.differences(expected, found, expected_store, found_store)
    if not notes:
        return ""
    (blobs_a, ids_a), (blobs_b, ids_b) = compare.layers(expected), compare.layers(found)
    lines = []
    for i, (a, b) in enumerate(zip(ids_a, ids_b)):
        if a != b:
            try:
                lines += of_layer(texts(expected_store, blobs_a[i]), texts(found_store, blobs_b[i]))
            except (OSError, tarfile.TarError):
                pass
    return "\n".join([notes, *lines])
