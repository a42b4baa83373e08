"""Differences between two images: a list of (class, where, recorded, ours)."""
import re

CONFIG = ["Env", "Cmd", "Entrypoint", "WorkingDir", "User", "ExposedPorts", "Volumes",
          "Labels", "StopSignal", "Healthcheck", "OnBuild", "Shell"]
# Classes that are told but do not fail a case: docs/compatibility.md says why.
SOFT = {"mtime", "history entries", "env order"}


def normal(key, value):
    if key == "WorkingDir" and value in ("/", ""):
        value = None
    if key in ("ExposedPorts", "Volumes") and value:
        value = sorted(value)
    if key == "Healthcheck" and value:
        value = {k: v for k, v in value.items() if v not in (0, None)}
    return value or None


def config(a, b):
    for key in CONFIG:
        x, y = (normal(key, i["config"].get(key)) for i in (a, b))
        if x != y:
            order = key == "Env" and sorted(x or []) == sorted(y or [])
            yield ("env order" if order else "config", key, x, y)
    for key in ("arch", "os", "variant", "author"):
        if (a.get(key) or None) != (b.get(key) or None):
            yield ("config", key, a.get(key), b.get(key))


def time_of(e, start):
    """What was made during the build has no time of its own."""
    return "now" if e.get("mt") is None or e["mt"] >= start - 3 else int(e["mt"])


def entry(path, x, y, start_x, start_y):
    if path == "/" and (x.get("imp") or y.get("imp")):
        return
    if x["t"] != y["t"]:
        yield ("type", path, x["t"], y["t"])
        return
    keys = [("u", "owner"), ("g", "owner"), ("l", "link"), ("dev", "device")]
    if x["t"] != "l":
        keys.append(("m", "mode"))
    if x["t"] == "f":
        keys.append(("h", "content"))
    for key, what in keys:
        if x.get(key) != y.get(key):
            yield (what, path, x.get(key), y.get(key))
    if (x.get("x") or {}) != (y.get("x") or {}):
        yield ("xattr", path, x.get("x"), y.get("x"))
    # More names for one inode than recorded are harmless.
    if not set(x.get("hl") or [path]) <= set(y.get("hl") or [path]):
        yield ("hard link", path, x.get("hl"), y.get("hl"))
    if time_of(x, start_x) != time_of(y, start_y):
        yield ("mtime", path, x.get("mt"), y.get("mt"))


def trees(a, b, start_a, start_b):
    for path in sorted(set(a) | set(b)):
        if path not in b:
            yield ("missing", path, a[path]["t"], None)
        elif path not in a:
            yield ("surplus", path, None, b[path]["t"])
        else:
            yield from entry(path, a[path], b[path], start_a, start_b)


def portless(text):
    """The web server of a run has a port of its own."""
    return re.sub(r"http://127\.0\.0\.1:\d+/", "http://web/", text or "")


def surplus_problems(a, b):
    """The recording names layers and says "whiteout of absent PATH"."""
    known = {p.split()[-1] for p in a["problems"]}
    for problem in b["problems"]:
        if problem.split()[-1] not in known:
            yield ("problem", problem, None, None)


def images(a, b, start_a, start_b):
    yield from config(a, b)
    yield from trees(a["tree"], b["tree"], start_a, start_b)
    if a["layers"] != b["layers"]:
        yield ("layers", "", a["layers"], b["layers"])
    if [h["e"] for h in a["history"]] != [h["e"] for h in b["history"]]:
        yield ("history entries", "", len(a["history"]), len(b["history"]))
    texts = [[portless(h["c"]) for h in i["history"]] for i in (a, b)]
    if texts[0] != texts[1]:
        yield next((("history text", "", *p) for p in zip(*texts) if p[0] != p[1]),
                   ("history text", "", len(texts[0]), len(texts[1])))
    yield from surplus_problems(a, b)
    if b["bad_blobs"]:
        yield ("bad blob", "", None, b["bad_blobs"])
    full = sum(not h["e"] for h in b["history"])
    if b["history"] and not full == b["layers"] == len(b["diff_ids"]):
        yield ("inconsistent", "history, layers, diff_ids", full, b["layers"])
