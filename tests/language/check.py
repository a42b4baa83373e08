"""Compares what a build did with the lines below "--- expect"."""
import json
import re
import tarfile

import image

KEEP = 1 << 16
FIELD = re.compile(r' +("(?:[^"\\]|\\.)*"|->.*|\S+)')


class Outcome:
    """A finished build: exit STATUS, its LOG and perhaps the archive at PATH."""

    def __init__(self, status, log, path):
        self.status, self.log, self.path = status, log, path
        self.read = None

    def image(self):
        if self.read is None:
            self.read = image.read(self.path, KEEP)
            env = [x.partition("=") for x in self.read["config"].get("Env") or []]
            self.read["env"] = {k: v for k, _, v in env}
            top = json.load(image.Layout(self.path).open("index.json"))["manifests"][0]
            layout = image.Layout(self.path)
            with layout.blob(layout.manifest()["config"]["digest"]) as f:
                self.read["whole"] = json.load(f)
            self.read["index"] = top["mediaType"].endswith(".index.v1+json")
        return self.read


def value_of(word):
    try:
        return json.loads(word)
    except ValueError:
        return word


def look_up(doc, path):
    """PATH like Labels.a or Env[1]; None if it is not there"""
    for part in re.findall(r'"[^"]+"|[^.\[\]"]+|\[-?\d+\]', path):
        if doc is None:
            return None
        if part[0] == "[":
            index = int(part[1:-1])
            doc = doc[index] if -len(doc) <= index < len(doc) else None
        else:
            doc = doc.get(part.strip('"'))
    return doc


def same(what, have, want):
    return None if have == want else "%s is %r, not %r" % (what, have, want)


def check_file(tree, path, fields):
    e = tree.get(path)
    if "absent" in fields:
        return None if e is None else "%s is there" % path
    if e is None:
        return "%s is not there" % path
    for field in fields:
        if len(field) == 1:
            fault = same(path + " type", e["t"], field)
        elif field.startswith('"'):
            fault = same(path, e.get("d", b"").decode("utf-8", "backslashreplace"),
                         json.loads(field))
        elif field.startswith("->"):
            fault = same(path + " link", e.get("l"), field[2:].strip())
        elif re.fullmatch(r"\d+:\d+", field):
            fault = same(path + " owner", "%d:%d" % (e["u"], e["g"]), field)
        elif re.fullmatch(r"0\d{1,4}", field):
            fault = same(path + " mode", e["m"], int(field, 8))
        elif field == "mtime=now":
            fault = None if (e["mt"] or 0) > 1500000000 else "%s: mtime %r" % (path, e["mt"])
        elif field.startswith("mtime="):
            fault = same(path + " mtime", e["mt"], float(field[6:]))
        elif field.startswith("size="):
            fault = same(path + " size", e.get("s"), int(field[5:]))
        elif field.startswith("dev="):
            fault = same(path + " device", e.get("dev"), field[4:])
        elif field.startswith("links="):
            fault = same(path + " links", ",".join(e.get("hl") or []), field[6:])
        elif field.startswith("xattr="):
            key, _, value = field[6:].partition(":")
            have = (e.get("x") or {}).get(key)
            fault = same("%s xattr %s" % (path, key),
                         have and bytes.fromhex(have).decode(), value or None)
        else:
            fault = "cannot read the field %s" % field
        if fault:
            return fault
    return None


def check_layer(path, number, names):
    """The names in a layer, in order, directories with a slash."""
    layout = image.Layout(path)
    layers = layout.manifest()["layers"]
    with layout.blob(layers[number]["digest"]) as f:
        with tarfile.open(fileobj=image.plain_stream(f), mode="r|") as tar:
            have = [m.name + ("/" if m.isdir() else "") for m in tar]
    return same("layer %d" % number, have, names)


def vertex(log, text):
    """How the step whose title ends in TEXT ended: CACHED or DONE. A download has the
    title of the step that uses it."""
    for number, title in reversed(re.findall(r"^#(\d+) (.*)$", log, re.M)):
        if title.endswith("] " + text):
            ends = re.findall(r"^#%s (CACHED|DONE)" % number, log, re.M)
            return ends[-1] if ends else "without end"
    return "not there"


def plain(word):
    return json.loads(word) if re.fullmatch(r'".*"', word) else word


def check_words(outcome, word, rest):
    """Lines about the log and the exit status; None where it is no such line."""
    log = outcome.log
    if word == "error":
        status, _, text = rest.partition(" ")
        at = re.search(r"^ERROR: .*", log, re.M | re.S)
        said = at.group(0) if at else log
        return (same("status", outcome.status, int(status))
                or ("" if plain(text) in said else "error is %r" % said[-400:]))
    if word == "exit":
        return same("status", outcome.status, int(rest)) or ""
    if word == "says":
        return "" if plain(rest) in log else "the log has no %r" % plain(rest)
    if word == "silent":
        return "the log has %r" % plain(rest) if plain(rest) in log else ""
    if word == "warning":
        lines = re.findall(r"^ - (.*)$", log, re.M)
        return "" if plain(rest) in lines else "warnings are %r" % lines
    if word == "clean":
        return "there are warnings" if re.search(r"warnings? found:", log) else ""
    if word in ("ran", "cached"):
        want = "DONE" if word == "ran" else "CACHED"
        return same("step " + rest, vertex(log, rest), want) or ""
    return None


def check_line(outcome, line):
    word, _, rest = line.partition(" ")
    told = check_words(outcome, word, rest)
    if told is not None:
        return told or None
    if outcome.status != 0:
        return "the build failed"
    read = outcome.image()
    if word.startswith("/") or word.startswith('"/'):
        fields = FIELD.findall(" " + line)
        return check_file(read["tree"], plain(fields[0]), fields[1:])
    if word == "tree":
        return same("tree", [p for p in read["tree"] if p != "/"], rest.split())
    if word == "layer":
        number, *names = rest.split()
        return check_layer(outcome.path, int(number), names)
    if word == "history":
        number, _, text = rest.partition(" ")
        entry = look_up(read["history"], "[%s]" % number)
        return same("history %s" % number, entry and entry["c"], plain(text))
    key, _, want = line.partition(" = ")
    doc = {**read["config"], "env": read["env"], "image": read,
           "empty": [h["e"] for h in read["history"]], "layers": read["layers"],
           "index": read["index"], "whole": read["whole"]}
    if key.endswith(" absent"):
        return same(key, look_up(doc, key[:-len(" absent")]), None)
    if want == "now":
        have = look_up(doc, key)
        return None if have and have > "2020" else "%s is %r, not now" % (key, have)
    return same(key, look_up(doc, key), value_of(want))


def faults(outcome, lines):
    """What differs, as sentences. A build is to succeed unless a line speaks of
    its status."""
    out = []
    if not any(x.split()[0] in ("error", "exit") for x in lines) and outcome.status != 0:
        return ["status is %d" % outcome.status]
    if outcome.status < 0 or "Sanitizer" in outcome.log:
        return ["died: %d" % outcome.status]
    for line in lines:
        try:
            fault = check_line(outcome, line)
        except (image.Broken, ValueError, KeyError, IndexError, AttributeError,
                FileNotFoundError) as e:
            fault = "%s: %r" % (line, e)
        if fault:
            out.append(fault)
    if outcome.status == 0 and outcome.path and outcome.read:
        if outcome.read["bad_blobs"] or outcome.read["problems"]:
            out.append("broken: %r" % (outcome.read["bad_blobs"] + outcome.read["problems"]))
        if len(outcome.read["diff_ids"]) != sum(not h["e"] for h in outcome.read["history"]):
            out.append("history and layers are not aligned")
    return out
