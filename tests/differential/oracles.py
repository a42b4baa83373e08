"""The other builders: each makes an image out of a Dockerfile and a context.

    unknown               what it has not got, or does not have in this form
    load(name, at)        makes AT.oci.tar or AT.docker.tar its image NAME
    build(case, at)       -> the image as image.read() gives it; an error is a text
"""
import json
import os
import re
import shutil
import subprocess
import time

import image

KEEP = 1 << 16


def run(argv, **more):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **more)


def last_line(done):
    return done.stdout.decode(errors="replace").strip().split("\n")[-1]


def must(argv, **more):
    done = run(argv, **more)
    if done.returncode != 0:
        raise SystemExit("%s: %s" % (" ".join(argv), done.stdout.decode(errors="replace")))
    return done.stdout.decode(errors="replace")


# What neither of them knows, and what needs the world of the language's own runner.
NEWER = (rb"<<|--link|--parents|--exclude|--keep-git-dir|--unpack|--start-interval|--checksum"
         rb"|--security|# *syntax|# *check|@HTTP@|@GIT@|@LAYOUTS@|@ODD@|EPOCH"
         rb"|\$\{[^}]*[#%/?]|BUILDKIT_|TARGETSTAGE")


class Buildah:
    name = "buildah"
    unknown = re.compile(NEWER + rb"|--mount|--network|--chmod|escape *="
                         rb"|TARGET(OS|ARCH|PLATFORM|VARIANT)|BUILD(OS|ARCH|PLATFORM)")

    def __init__(self, work):
        self.command = ["buildah", "--root", os.path.join(work, "buildah"), "--runroot",
                        os.path.join(work, "run"), "--storage-driver", "vfs"]

    @staticmethod
    def missing():
        return None if shutil.which("buildah") else "buildah"

    def load(self, name, at):
        out = must(self.command + ["pull", "oci-archive:%s.oci.tar" % at])
        must(self.command + ["tag", out.strip().split("\n")[-1],
                             "docker.io/library/%s:latest" % name])

    def build(self, case, at):
        done = run(self.command + ["bud", "--isolation=chroot", "--pull-never", "--no-cache",
                                   "--format=oci", "-t", "oci-archive:%s/theirs:x" % at,
                                   "-f", at + "/Dockerfile", *case.builds[0].options,
                                   at + "/context"])
        return last_line(done) if done.returncode != 0 else image.read(at + "/theirs", KEEP)

    def close(self):
        pass


class Docker:
    """The BuildKit inside of a docker daemon that is ours alone, and gone afterwards."""
    name = "docker"
    unknown = re.compile(NEWER)
    client = "/usr/bin/docker"          # beside the daemon, so of its version

    def __init__(self, work):
        at = os.path.join(work, "docker")
        os.makedirs(at)
        self.at, self.host = at, "unix://%s/sock" % at
        self.env = {**os.environ, "DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": at,
                    "DOCKER_HOST": self.host, "BUILDKIT_PROGRESS": "plain"}
        with open(at + "/log", "wb") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "--data-root", at + "/root", "--exec-root", at + "/exec",
                 "-H", self.host, "-p", at + "/pid", "--bridge", "none", "--iptables=false",
                 "--ip-masq=false"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        for _ in range(150):
            if run([self.client, "version"], env=self.env).returncode == 0:
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.2)
        self.close()
        raise RuntimeError("dockerd does not come up")

    @staticmethod
    def missing():
        for program in ("dockerd", Docker.client, "skopeo"):
            if shutil.which(program) is None:
                return program
        version = run(["dockerd", "--version"]).stdout.decode()
        return None if "version 20." in version else "dockerd 20.10, this is another one"

    def load(self, name, at):
        must([self.client, "load", "-i", at + ".docker.tar"], env=self.env)

    def build(self, case, at):
        done = run([self.client, "build", "--no-cache", "--network=none", "-t", "case", "-f",
                    at + "/Dockerfile", *case.builds[0].options, at + "/context"], env=self.env)
        if done.returncode != 0:
            return last_line(done)
        facts = json.loads(must([self.client, "image", "inspect", "case"], env=self.env))[0]
        out = {"tree": image.Tree().flat()}
        if facts["RootFS"].get("Layers"):
            must([self.client, "save", "-o", at + "/saved", "case"], env=self.env)
            must(["skopeo", "--insecure-policy", "copy", "-q", "docker-archive:%s/saved" % at,
                  "oci-archive:%s/theirs:x" % at])
            out = image.read(at + "/theirs", KEEP)
        run([self.client, "rmi", "case"], env=self.env)
        # OCI's form, which the copy is in, has no place for all of it.
        return {**out, "config": facts["Config"]}

    def close(self):
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as f:
            mounted = [line.split()[1] for line in f]
        for path in sorted(mounted, reverse=True):
            if path.startswith(self.at + "/"):
                run(["umount", "-l", path])
