"""Debian packages for the rows: fetched with all that they need, kept, and offered as a
repository in a directory."""
import functools
import hashlib
import os
import re
import subprocess
import tarfile

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "cooper-tests", "run-lines")
FIELDS = "Package Version Architecture Essential Multi-Arch Pre-Depends Depends Conflicts " \
    "Breaks Replaces Provides Maintainer Description".split()


def run(*argv, **kwargs):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **kwargs)
    if done.returncode != 0:
        raise OSError("%s: %s" % (" ".join(argv[:3]), (done.stderr or done.stdout)[-1500:]))
    return done.stdout


class Packages:
    """What apt would install into the root file system BASE_TAR, by its own sources."""

    def __init__(self, base_tar):
        self.dir = os.path.join(CACHE, "apt")
        self.pool = os.path.join(self.dir, "cache", "archives")
        for name in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.dir, name), exist_ok=True)
        with tarfile.open(base_tar) as tar:
            for name in ("./var/lib/dpkg/status", "./etc/apt/sources.list"):
                with open(os.path.join(self.dir, os.path.basename(name)), "wb") as f:
                    f.write(tar.extractfile(name).read())

    def apt(self, *argv):
        settings = {"Dir::State::status": self.dir + "/status",
                    "Dir::State::lists": self.dir + "/lists",
                    "Dir::State::extended_states": self.dir + "/extended_states",
                    "Dir::Etc::sourcelist": self.dir + "/sources.list",
                    "Dir::Etc::sourceparts": "/dev/null",
                    "Dir::Etc::preferences": "/dev/null",
                    "Dir::Etc::preferencesparts": "/dev/null",
                    "Dir::Cache": self.dir + "/cache",
                    "APT::Install-Recommends": "false",
                    "APT::Sandbox::User": "root",
                    "Acquire::Retries": "3"}
        return run("apt-get", "-q", *["-o%s=%s" % s for s in settings.items()], *argv)

    @functools.cached_property
    def updated(self):
        """True. The lists are fetched once, so that every set is of the same day."""
        mark = self.dir + "/updated"
        if not os.path.exists(mark):
            self.apt("update")
            with open(mark, "w", encoding="utf-8"):
                pass
        return True

    def fetch(self, names):
        """Paths of the packages NAMES and of all that the base lacks for them."""
        assert self.updated
        paths = [os.path.join(self.pool, name) for name in self.closure(names)]
        if not all(os.path.exists(p) for p in paths):
            self.apt("install", "-y", "--download-only", *names)
        return paths

    def closure(self, names):
        """File names, kept: apt prints only those that it has not fetched."""
        key = hashlib.sha256(" ".join(sorted(names)).encode()).hexdigest()[:16]
        path = os.path.join(self.dir, "set-" + key)
        if not os.path.exists(path):
            listed = self.apt("install", "-y", "--print-uris", "-oDir::Cache=" + self.dir + "/empty",
                              *names)
            with open(path + ".tmp", "w", encoding="utf-8") as f:
                f.write("\n".join(re.findall(r"^'\S+' (\S+) \d+", listed, re.M)))
            os.rename(path + ".tmp", path)
        with open(path, encoding="utf-8") as f:
            return f.read().split()

    def description(self, path):
        """The stanza of a package for an index, kept beside it."""
        kept = path + ".index"
        if not os.path.exists(kept):
            text = run("dpkg-deb", "-f", path, *FIELDS)
            with open(path, "rb") as f:
                data = f.read()
            with open(kept + ".tmp", "w", encoding="utf-8") as f:
                f.write("%sFilename: ./%s\nSize: %d\nSHA256: %s\n\n" % (
                    text, os.path.basename(path), len(data), hashlib.sha256(data).hexdigest()))
            os.rename(kept + ".tmp", kept)
        with open(kept, encoding="utf-8") as f:
            return f.read()

    def repository(self, names, directory):
        """Makes DIRECTORY, from which apt can install NAMES."""
        os.makedirs(directory)
        index = []
        for path in self.fetch(names):
            target = os.path.join(directory, os.path.basename(path))
            try:
                os.link(path, target)
            except OSError:
                run("cp", path, target)
            os.chmod(target, 0o644)
            index.append(self.description(path))
        with open(os.path.join(directory, "Packages"), "w", encoding="utf-8") as f:
            f.write("".join(sorted(index)))
