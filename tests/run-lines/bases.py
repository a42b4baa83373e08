"""The images that rows begin with, as OCI layouts that are kept in the cache."""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

import packages
import table

sys.path.insert(0, os.path.join(table.ROOT, "tests", "environments"))

import scenery  # noqa: E402

TIME = "1700000000"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

USE_REPO = """#!/bin/sh
# use-repo DIRECTORY: apt takes its packages from there, and from nowhere else.
rm -f /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:$1 ./" > /etc/apt/sources.list
echo 'APT::Install-Recommends "false";' > /etc/apt/apt.conf.d/90-run-lines
"""
# What has a time or a random number in it, or differs from one file system to the next.
TIDY = """#!/bin/sh
find /var/log -type f -delete
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb \\
    /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old \\
    /etc/ssl/certs/java/cacerts /usr/lib/jvm/*/lib/server/*.jsa /etc/.pwd.lock /etc/machine-id
exit 0
"""
DEBIAN = """FROM scratch
ADD rootfs.tar /
COPY --chmod=755 use-repo tidy /usr/local/sbin/
ENV PATH=%s SOURCE_DATE_EPOCH=%s DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
""" % (PATH, TIME)
MORE = """FROM debian
RUN --mount=type=bind,source=repo,target=/repo use-repo /repo && mkdir -p /usr/share/man/man1 \\
 && mkdir -p /etc/postgresql-common && apt-get -qq update \\
 && apt-get -qq -y install %s && tidy
"""
BUSYBOX = """FROM scratch
COPY root /
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/bin SOURCE_DATE_EPOCH=%s
""" % TIME


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


class Bases:
    """Made by COOPER as root, when they are wanted."""

    def __init__(self, cooper):
        self.cooper, self.needs = cooper, table.needs()
        scenery.make_base_tar()

    def packages(self):
        return packages.Packages(scenery.BASE_TAR)

    def key(self, name):
        """Names a base by all that it is made of, but for the day's packages."""
        stat = os.stat(scenery.BASE_TAR)
        texts = [DEBIAN, USE_REPO, TIDY, MORE, BUSYBOX, str(stat.st_size), str(int(stat.st_mtime)),
                 *self.needs.get(name, [])]
        return name + "-" + hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]

    def get(self, name):
        """The directory of a base's layout. Makes it if it is not there."""
        target = os.path.join(packages.CACHE, "bases", self.key(name))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target + ".lock", "w", encoding="utf-8") as lock, \
                tempfile.TemporaryDirectory(prefix="cooper-run-lines-base-") as directory:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(target):
                self.make(name, directory, target)
        return target

    def make(self, name, directory, target):
        print("# making the base %s" % name, flush=True)
        context, options = os.path.join(directory, "context"), []
        os.makedirs(context)
        if name == "debian":
            self.debian_context(context)
        elif name == "busybox":
            self.busybox_context(context)
        else:
            options = ["--build-context", "debian=oci-layout://" + self.get("debian")]
            self.packages().repository(self.needs[name], context + "/repo")
            write(context + "/Dockerfile", MORE % " ".join(self.needs[name]))
        part = target + ".tmp"
        shutil.rmtree(part, ignore_errors=True)
        done = subprocess.run(
            [self.cooper, "build", "--progress=plain", *options, "-o",
             "type=oci,tar=false,compression=uncompressed,dest=" + part, context],
            env=dict(os.environ, COOPER_ROOT=directory + "/store", SOURCE_DATE_EPOCH=TIME),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise OSError("the base %s cannot be made:\n%s" % (name, done.stdout[-4000:]))
        os.rename(part, target)

    @staticmethod
    def debian_context(context):
        shutil.copy(scenery.BASE_TAR, context + "/rootfs.tar")
        write(context + "/use-repo", USE_REPO, 0o755)
        write(context + "/tidy", TIDY, 0o755)
        write(context + "/Dockerfile", DEBIAN)

    @staticmethod
    def busybox_context(context):
        for name in ("bin", "etc", "root", "tmp"):
            os.makedirs(context + "/root/" + name)
        os.chmod(context + "/root/tmp", 0o1777)
        shutil.copy(shutil.which("busybox"), context + "/root/bin/busybox")
        write(context + "/root/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        write(context + "/root/etc/group", "root:x:0:\n")
        write(context + "/root/etc/shadow", "root:*:::::::\n", 0o640)
        write(context + "/Dockerfile", BUSYBOX)
