"""cooper's own image, built by cooper and unpacked, and containers of it."""
import json
import os
import subprocess
import sys
import tempfile

import container
import scenery

COOPER = os.path.join(scenery.ROOT, "cooper")
STATIC = os.path.join(scenery.ROOT, "out", "release", "static", "cooper")
TIMEOUT = 300


class Tap:
    def __init__(self):
        self.n, self.failed = 0, 0

    def say(self, ok, name, notes="", skip=None):
        self.n += 1
        self.failed += not ok
        print("%s %d %s%s" % ("ok" if ok else "not ok", self.n, name, " # SKIP " + skip if skip else ""))
        for line in [] if ok else notes.rstrip("\n").split("\n")[-40:]:
            print("#     " + line)
        sys.stdout.flush()


def cooper(*argv, **variables):
    return subprocess.run([COOPER, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, errors="replace", check=False, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, **variables))


class ImageBundle(container.Bundle):
    """A container of the image: the context is the working directory, the volume is where
    the image says."""

    def __init__(self, env, root, suite, directory, image, read_only):
        super().__init__(env, root, suite, directory)
        self.image, self.read_only = image, read_only

    def settings(self, argv, variables):
        found = super().settings(argv, dict(variables))
        for mount in found["mounts"]:
            if mount["destination"] == "/suite":
                mount["destination"] = self.image["WorkingDir"]
            elif mount["destination"] == "/vol":
                mount["destination"] = list(self.image["Volumes"])[0]
        found["process"]["cwd"] = self.image["WorkingDir"]
        found["root"]["readonly"] = self.read_only
        return found


class Images:
    """The images cooper:latest and cooper:debug in a store of their own, and their files."""

    def __init__(self, directory):
        self.dir = directory
        self.store = os.path.join(directory, "store")
        self.roots = {}

    def make(self):
        """What the build said if it failed, or None."""
        subprocess.run(["make", "-s", "-C", scenery.ROOT, "static"], check=True, stdout=sys.stderr)
        scenery.make_base_tar()
        done = subprocess.run([os.path.join(scenery.ROOT, "packaging", "image", "make"), "1", STATIC],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=dict(os.environ, COOPER_ROOT=self.store), check=False)
        return done.stdout if done.returncode != 0 else None

    def unpack(self, name):
        root = os.path.join(self.dir, "root-" + name)
        empty = os.path.join(self.dir, "from-" + name)
        os.makedirs(empty)
        with open(os.path.join(empty, "Dockerfile"), "w", encoding="utf-8") as f:
            f.write("FROM cooper:%s\n" % name)
        done = cooper("build", "-q", "-o", root, empty, COOPER_ROOT=self.store)
        assert done.returncode == 0, done.stderr
        self.roots[name, False] = root
        scenery.shift_root(root, root + "-shifted", container.SHIFT)
        self.roots[name, True] = root + "-shifted"

    def config(self, name):
        done = cooper("inspect", "cooper:" + name, COOPER_ROOT=self.store)
        return json.loads(done.stdout)["config"]["config"]

    def variables(self, name):
        return dict(v.split("=", 1) for v in self.config(name)["Env"])

    def run_in(self, name, env, context, argv, read_only=False, without=()):
        """The output and status of ARGV in the container of the image NAME."""
        variables = {k: v for k, v in self.variables(name).items() if k not in without}
        variables["SOURCE_DATE_EPOCH"] = scenery.TIME
        directory = tempfile.mkdtemp(dir=self.dir)
        os.chmod(directory, 0o755)
        bundle = ImageBundle(env, self.roots[name, env.userns], context, directory,
                             self.config(name), read_only)
        try:
            return bundle.run(argv, variables, TIMEOUT)
        finally:
            bundle.close()

    def cannot_run(self, context):
        """Why runc cannot run containers here, or None."""
        done = self.run_in("latest", container.Environment("probe", "", ""), context, ["/usr/bin/cooper", "version"])
        return None if done.returncode == 0 else done.stdout.strip().split("\n")[-1]
