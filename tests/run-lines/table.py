"""The rows: testdata/run-lines/*.txt.

A row begins with "=== NAME" and lines "key: value" up to an empty line; the rest is a
Dockerfile without its FROM. Keys:
base     busybox, debian (as mmdebstrap makes it), or a name of which all rows together
         say what it has beyond debian
needs    packages that the base has for this row
repo     packages that the context has in the directory "repo", with what they need
quick    "yes": the row needs nothing that is not on every machine of the tests
differs  engine and reason: it need not be the same there
note     for readers
"""
import dataclasses
import glob
import os

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
DATA = os.path.join(ROOT, "testdata", "run-lines")
KEYS = ("base", "needs", "repo", "quick", "differs", "note")


@dataclasses.dataclass
class Row:
    name: str
    text: str
    base: str = ""
    needs: tuple = ()
    repo: tuple = ()
    quick: bool = False
    differs: dict = dataclasses.field(default_factory=dict)


def parse(block, where):
    head, _, text = block.partition("\n\n")
    name, *lines = head.split("\n")
    row = Row(name.strip(), text.rstrip("\n") + "\n")
    for line in lines:
        key, _, value = line.partition(": ")
        if key not in KEYS or not value:
            raise ValueError("%s: %s: what is %r?" % (where, row.name, line))
        if key == "differs":
            engine, _, why = value.partition(" ")
            row.differs[engine] = why
        elif key in ("needs", "repo"):
            setattr(row, key, tuple(value.split()))
        elif key == "quick":
            row.quick = value == "yes"
        elif key == "base":
            row.base = value
    if not row.base or not row.text.strip():
        raise ValueError("%s: %s has no base or no text" % (where, row.name))
    return row


def rows():
    found = []
    for path in sorted(glob.glob(os.path.join(DATA, "*.txt"))):
        with open(path, encoding="utf-8") as f:
            blocks = ("\n" + f.read()).split("\n=== ")
        found += [parse(b, os.path.basename(path)) for b in blocks[1:]]
    names = [r.name for r in found]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError("more than one row of this name: " + ", ".join(twice))
    return found


def needs():
    """Base → packages, sorted."""
    found = {}
    for row in rows():
        found.setdefault(row.base, set()).update(row.needs)
    return {base: sorted(names) for base, names in found.items()}
