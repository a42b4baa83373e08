"""The engines that are compared: where each of them runs, and how all rows are built there."""
import dataclasses
import os
import pwd
import shutil
import subprocess
import sys

import bases
import table

sys.path.insert(0, os.path.join(table.ROOT, "tests", "environments"))

import container  # noqa: E402
import scenery  # noqa: E402
import users  # noqa: E402

ROW_SECONDS = 600


@dataclasses.dataclass
class Column:
    name: str
    what: str
    options: str = ""
    env: str = ""       # of tests/environments/container.py, "" for this machine
    user: bool = False  # one with a single id


COLUMNS = [
    Column("ns", "engine ns, root"),
    Column("again", "engine ns, root, once more"),
    Column("chroot", "engine chroot, root in a container like Docker's", "--isolation=chroot", "e4"),
    Column("single", "engine ns, a user with a single id", user=True),
    Column("trap", "engine trap, a container like a restricted pod", "--isolation=trap", "e5"),
]
REFERENCE = "ns"


def is_known(cooper, column):
    """Has COOPER this engine?"""
    if not column.options:
        return True
    done = subprocess.run([cooper, "doctor", column.options], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return "must be" not in done.stdout


def environment(column):
    return next(e for e in container.ENVIRONMENTS if e.name == column.env)


def link_tree(source, target):
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except shutil.Error:
        shutil.rmtree(target)
        shutil.copytree(source, target)


class Suite:
    """What every column sees at the same place: cooper, bases and rows."""

    def __init__(self, directory, cooper, rows):
        self.dir, self.rows, self.root, self.bundles = directory, rows, None, {}
        self.path = os.path.join(directory, "suite")
        os.makedirs(self.path + "/rows")
        shutil.copy(cooper, self.path + "/cooper")
        for script in ("build-rows", "cost-rows", "cost-proot"):
            shutil.copy(os.path.join(table.ROOT, "tests", "run-lines", script), self.path)
        made = bases.Bases(cooper)
        for base in sorted({r.base for r in rows}):
            link_tree(made.get(base), os.path.join(self.path, "bases", base))
        for row in rows:
            self.add(row, made)
        subprocess.run(["chmod", "-R", "a+rX,u+w", self.path + "/rows"], check=True)

    def add(self, row, made):
        context = os.path.join(self.path, "rows", row.name)
        os.makedirs(context)
        bases.write(context + ".base", row.base + "\n")
        bases.write(context + "/Dockerfile", "FROM base\n" + row.text)
        if row.repo:
            made.packages().repository(row.repo, context + "/repo")

    def container_root(self):
        if self.root is None:
            self.root = os.path.join(self.dir, "root")
            scenery.make_root(self.root, os.path.join(self.path, "cooper"))
        return self.root

    # Each of these runs SCRIPT of the suite in the environment of COLUMN, with what the
    # scripts of this folder take: suite, store, results and more. Returns what was said.

    def run(self, column, script, arguments):
        """The directory of the results, and why the column cannot be tried or None."""
        directory = os.path.join(self.dir, column.name)
        os.makedirs(directory, exist_ok=True)
        run = self.run_in_container if column.env else self.run_here
        try:
            done = run(column, directory, script, arguments)
        except (OSError, subprocess.SubprocessError) as fault:
            return directory + "/vol/results", str(fault)
        return directory + "/vol/results", done.stdout[-3000:] if done.returncode != 0 else None

    def run_here(self, column, directory, script, arguments):
        volume, home, drop = directory + "/vol", "/root", []
        os.makedirs(volume, exist_ok=True)
        user = users.User("single") if column.user else None
        if user:
            shutil.chown(volume, user.name)
            home = pwd.getpwnam(user.name).pw_dir
            drop = ["setpriv", "--reuid", user.name, "--regid", user.name, "--init-groups"]
        try:
            return subprocess.run(
                [*drop, os.path.join(self.path, script), self.path, volume + "/store",
                 volume + "/results", *arguments], env={"PATH": bases.PATH, "HOME": home},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", check=False)
        finally:
            if user:
                user.close()

    def run_in_container(self, column, directory, script, arguments):
        env = environment(column)
        if column.name not in self.bundles:
            self.bundles[column.name] = container.Bundle(env, self.container_root(), self.path,
                                                         directory)
        return self.bundles[column.name].run(
            ["/suite/" + script, "/suite", "/vol/store", "/vol/results", *arguments],
            {"PATH": bases.PATH, "HOME": "/root" if env.uid == 0 else "/vol"}, None)

    def close(self):
        for bundle in self.bundles.values():
            bundle.close()

    def store(self, column):
        return os.path.join(self.dir, column.name, "vol", "store")
