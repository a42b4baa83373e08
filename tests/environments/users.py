"""Users of this machine, made for the time of a test."""
import os
import subprocess
import threading


class User:
    """A user of this machine, for the time of the test."""

    lock = threading.Lock()  # of the files that name users

    def __init__(self, kind):
        with User.lock:
            self.make(kind)

    def make(self, kind):
        self.name = "cooper-env-%s-%d" % (kind, os.getpid())
        subprocess.run(["useradd", "--create-home", self.name], check=True)
        if kind == "user":
            subprocess.run(["usermod", "--add-subuids", "800000-865535", "--add-subgids",
                            "800000-865535", self.name], check=True)
        else:
            subprocess.run(["sed", "-i", "/^%s:/d" % self.name, "/etc/subuid", "/etc/subgid"],
                           check=False)

    def close(self):
        with User.lock:
            subprocess.run(["userdel", "--remove", self.name], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
