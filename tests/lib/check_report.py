#!/usr/bin/python3
"""check_report FILE.html STEP…: whether the page needs nothing else, is well nested, has no
script, is below 1 MB and has each STEP in its text."""
import sys
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "input", "img"}
LOOSE = {"tr", "td", "th", "p"}  # their ends may be left out


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.faults = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "iframe", "object", "embed", "img", "base", "form"):
            self.faults.append("element %s" % tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "srcset", "background"):
                self.faults.append("attribute %s" % name)
            if name == "href" and tag != "a" and value != "data:,":
                self.faults.append("%s loads %s" % (tag, value))
            if name == "href" and tag == "a" and not value.startswith(("https://", "#")):
                self.faults.append("link to %s" % value)
        if tag not in VOID and tag not in LOOSE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in LOOSE:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append("</%s> at the wrong place" % tag)

    def handle_data(self, data):
        self.text.append(data)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        source = f.read()
    page = Page()
    page.feed(source)
    page.close()
    text = "".join(page.text)
    faults = page.faults + ["no %s" % s for s in sys.argv[2:] if s not in text]
    faults += ["open: %s" % page.open] if page.open else []
    faults += ["%d bytes" % len(source.encode())] if len(source.encode()) >= 1000000 else []
    faults += [w for w in ("url(", "@import", "\x1b") if w in source]
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main())
