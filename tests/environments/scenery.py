"""What the environments find in /suite: cooper, a base image's tar, the cases, a
repository of packages; and the root file system of containers."""
import glob
import hashlib
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
CASES = os.path.join(ROOT, "testdata", "environments")
BASE_TAR = os.path.join(ROOT, "out", "demo", "debian-bookworm.tar")
LAZY = ("libcurl.so.4", "libarchive.so.13")  # libraries that are loaded when they are needed
TIME = "1600000000"


def sh(*argv, **kwargs):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **kwargs).stdout


def cases():
    return sorted(os.path.basename(os.path.dirname(p))
                  for p in glob.glob(os.path.join(CASES, "*", "Dockerfile")))


# ------------------------------------------------------------ the suite

CONTROL = """Package: cooper-sample
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@example.com>
Description: a package with a user of its own
"""
POSTINST = """#!/bin/sh
set -e
useradd --system --no-create-home --shell /usr/sbin/nologin sample
chage -d 2020-01-01 sample
chown -R sample:sample /var/lib/sample
chmod 2750 /var/lib/sample
ln -s /usr/share/sample/data /etc/sample
"""


def make_package(directory):
    tree = os.path.join(directory, "tree")
    for path, mode, text in (("DEBIAN/control", 0o644, CONTROL),
                             ("DEBIAN/postinst", 0o755, POSTINST),
                             ("usr/share/sample/data", 0o644, "data\n"),
                             ("usr/bin/sample", 0o4755, "#!/bin/sh\necho sample\n"),
                             ("var/lib/sample/state", 0o640, "state\n")):
        path = os.path.join(tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
    sh("dpkg-deb", "--root-owner-group", "--build", tree, os.path.join(directory, "sample.deb"),
       env=dict(os.environ, SOURCE_DATE_EPOCH=TIME))
    shutil.rmtree(tree)


def make_repository(directory):
    """With the one package, and the index that apt wants."""
    os.makedirs(directory)
    make_package(directory)
    with open(os.path.join(directory, "sample.deb"), "rb") as f:
        data = f.read()
    with open(os.path.join(directory, "Packages"), "w", encoding="utf-8") as f:
        f.write(CONTROL + "Filename: ./sample.deb\nSize: %d\nSHA256: %s\n\n"
                % (len(data), hashlib.sha256(data).hexdigest()))


def make_suite(directory, cooper):
    os.makedirs(directory)
    shutil.copy(cooper, os.path.join(directory, "cooper"))
    shutil.copy(os.path.join(HERE, "build-all"), directory)
    shutil.copytree(CASES, os.path.join(directory, "cases"), symlinks=True)
    make_repository(os.path.join(directory, "cases", "packages", "repository"))
    for tool in ("setcap", "setfattr"):
        found = shutil.which(tool, path="/usr/sbin:/sbin:/usr/bin:/bin")
        if found:
            shutil.copy(found, os.path.join(directory, "cases", "attributes"))
    with open(os.path.join(directory, "secret"), "w", encoding="utf-8") as f:
        f.write("open sesame\n")
    base = os.path.join(directory, "base")
    os.makedirs(base)
    try:
        os.link(BASE_TAR, os.path.join(base, "rootfs.tar"))
    except OSError:
        shutil.copy(BASE_TAR, base + "/rootfs.tar")
    with open(os.path.join(base, "Dockerfile"), "w", encoding="utf-8") as f:
        f.write("FROM scratch\nADD rootfs.tar /\n"
                "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n")
    # The same to everybody, whatever the umask here; other users must reach it.
    for at, dirs, files in os.walk(directory):
        for name in dirs + files:
            path = os.path.join(at, name)
            if not os.path.islink(path) and name != "rootfs.tar":
                os.chmod(path, 0o755 if os.stat(path).st_mode & 0o100 else 0o644)
    os.chmod(directory, 0o755)


def make_base_tar():
    sh("bash", "-c", ". %s/tests/lib/base_image.sh; base_tar %s" % (ROOT, BASE_TAR))


# ------------------------------------------------------------ containers' root

def libraries(cooper):
    """Path → where it is here, of all that COOPER loads."""
    cache = sh("/sbin/ldconfig", "-p")
    lazy = [p for name in LAZY for p in re.findall(re.escape(name) + r" .*=> (\S+)", cache)[:1]]
    found = {}
    for program in [cooper] + lazy:
        for path in re.findall(r"=> (/\S+)", sh("ldd", program)):
            found[os.path.join("/usr/lib", os.path.basename(path))] = os.path.realpath(path)
    for path in lazy:
        found[os.path.join("/usr/lib", os.path.basename(path))] = os.path.realpath(path)
    return found


def make_root(directory, cooper):
    os.makedirs(directory)
    sh("tar", "-xf", BASE_TAR, "-C", directory, "--numeric-owner", "--exclude=./dev/*")
    there = {os.path.basename(p) for p in glob.glob(directory + "/usr/lib/*-linux-gnu/*")}
    for path, source in libraries(cooper).items():
        if os.path.basename(path) not in there:
            shutil.copy(source, directory + path)
    for name in ("suite", "vol"):
        os.makedirs(os.path.join(directory, name))


def shift_root(directory, target, by):
    """A copy of it in which all ids are higher."""
    sh("cp", "-a", directory, target)
    for at, dirs, files in os.walk(target):
        for path in [at] + [os.path.join(at, n) for n in dirs + files]:
            st = os.lstat(path)
            if st.st_uid < by:
                os.lchown(path, st.st_uid + by, st.st_gid + by)
                if st.st_mode & 0o7000 and not os.path.islink(path):
                    os.chmod(path, st.st_mode & 0o7777)
