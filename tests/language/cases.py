"""Cases of testdata/language/*.txt as objects; README.md there describes the form.

A case is a list of builds; each build inherits what the one before it had.
"""
import os
import re
import shlex

PARSER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "parser")
MARK = re.compile(r"@(CR|TAB|SP|BOM|NUL|CUT|\\x[0-9a-f]{2}|\d+\*.)@")
PLAIN = {"CR": b"\r", "TAB": b"\t", "SP": b" ", "BOM": b"\xef\xbb\xbf", "NUL": b"\0"}


class Malformed(Exception):
    pass


def load_rules():
    """name of a rule of the linter → what it says of a good file, in the list's order"""
    row = r'^\tRULE\(\w+,\s+(\w+),[\s\\]+"[\w-]*",\s+(ON|EXPERIMENTAL),((?:[\s\\]+"[^"]*")+)\)'
    with open(os.path.join(PARSER, "lint_list.h"), encoding="utf-8") as f:
        text = f.read()
    rules = {name: "".join(re.findall(r'"([^"]*)"', words))
             + (" (experimental)" if level == "EXPERIMENTAL" else "")
             for name, level, words in re.findall(row, text, re.M)}
    if len(rules) != len(re.findall(r"^\tRULE\(", text, re.M)):
        raise Malformed("lint_list.h: a row of another form")
    return rules


RULES = load_rules()


def load_mount_types():
    """The names of the types of RUN --mount"""
    with open(os.path.join(PARSER, "mount_types.h"), encoding="utf-8") as f:
        return re.findall(r"^\tTYPE\(\w+, (\w+),", f.read(), re.M)


class Build:
    def __init__(self, before=None):
        self.dockerfile = before.dockerfile if before else b""
        self.name = before.name if before else "Dockerfile"
        self.main = before.main if before else None          # another main context
        self.trees = dict(before.trees) if before else {}    # where → list of lines
        self.options = list(before.options) if before else []
        self.env = dict(before.env) if before else {}
        self.expect = []


class Case:
    def __init__(self, area, line, head):
        rows, _, name = head.partition(" ")
        self.rows = [r for r in rows.split(",") if r.isdigit() or r in RULES]
        self.name = name if self.rows or rows == "-" else head
        self.area, self.line, self.builds = area, line, []


def special(text):
    """Bytes of TEXT; what editors would spoil stands between at signs.

    @CUT@ at the end takes away the last line end, @3*x@ is xxx."""
    def replace(m):
        word = m.group(1)
        if word == "CUT":
            return "\ue000"
        if word in PLAIN:
            return PLAIN[word].decode()
        if word[0] == "\\":
            return chr(0xdc00 + int(word[2:], 16)) if word > "\\x7f" else chr(int(word[2:], 16))
        count, _, what = word.partition("*")
        return what * int(count)
    out = MARK.sub(replace, text)
    return re.sub("\ue000\n?", "", out).encode("utf-8", "surrogateescape")


def add_section(build, title, lines, where):
    kind, _, rest = title.partition(" ")
    full = [x for x in lines if x.strip() and not x.startswith("# ")]
    if kind == "context":
        at = rest or "context"
        build.trees[at] = build.trees.get(at, []) + full
    elif kind == "options":
        for line in full:
            name, _, value = line.partition("=")
            if name.startswith("env "):
                build.env[name[4:]] = value
            elif name.startswith("-- "):
                build.main = line[3:]
            elif name == "file":
                build.name = value
            else:
                build.options += shlex.split(line)
    elif kind == "expect":
        build.expect += full
    elif kind == "dockerfile":
        build.dockerfile = special("".join(x + "\n" for x in lines))
    else:
        raise Malformed("%s: unknown section %s" % (where, kind))


def parse_case(area, number, head, lines):
    case, where = Case(area, number, head), "%s.txt:%d" % (area, number)
    build, title, pending = Build(), "dockerfile", []
    case.builds.append(build)
    for line in lines + ["--- end"]:
        if not line.startswith("--- "):
            pending.append(line)
            continue
        while title in ("dockerfile", "expect") and pending and not pending[-1]:
            pending.pop()
        add_section(build, title, pending, where)
        title, pending = line[4:], []
        if title == "then":
            build = Build(build)
            case.builds.append(build)
            title = "options"
    if not all(b.expect for b in case.builds):
        raise Malformed("%s: a build without expectation" % where)
    return case


def load_file(path):
    area = os.path.basename(path)[:-len(".txt")]
    out, head, lines, start = [], None, [], 0
    with open(path, encoding="utf-8", newline="\n") as f:
        text = f.read().split("\n")
    for number, line in enumerate(text + ["=== "], 1):
        if not line.startswith("=== "):
            lines.append(line)
            continue
        if head is not None:
            out.append(parse_case(area, start, head, lines))
        head, lines, start = line[4:].strip(), [], number
    return out


def load_all(folder):
    out = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt") and name not in ("rows.txt", "bases.txt"):
            out += load_file(os.path.join(folder, name))
    return out


def load_sections(folder):
    """[(title, {row: what it is about})] of rows.txt; its line "@rules" stands for the
    rules of the linter"""
    out = []
    with open(os.path.join(folder, "rows.txt"), encoding="utf-8") as f:
        for line in f.read().split("\n"):
            row, _, text = line.partition(" ")
            if row == "##":
                out.append((text, {}))
            elif row == "@rules":
                out[-1][1].update({n: "%s: %s" % (n, what) for n, what in RULES.items()})
            elif row.isdigit():
                out[-1][1][row] = text
    return out


def load_rows(folder):
    """row → what it is about, but for rows held elsewhere"""
    return {row: text for _, rows in load_sections(folder) for row, text in rows.items()
            if "tests/e2e/" not in text}
