"""Where the commands run: a directory with things to name, in a mount namespace whose
/dev is its own and whose other file systems are read-only. So a command that takes a
device for a result file does no harm."""
import http.server
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading

import values

INSIDE = "COOPER_ARGUMENTS_INSIDE"
NODES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
SHIELD = r"""
set -e
mount -t tmpfs -o mode=755 none "$1"
mkdir "$1/dev"
mount --bind /dev "$1/dev"
mount -t tmpfs -o mode=755 none /dev
for n in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "/dev/${n%:*}" c 1 "${n#*:}"
done
mknod -m 666 /dev/tty c 5 0
ln -s /proc/self/fd /dev/fd
for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "/dev/${n#*:}"; done
mkdir /dev/pts /dev/shm
mount --bind "$1/dev/pts" /dev/pts
mount -t tmpfs -o mode=1777 none /dev/shm
ln -s pts/ptmx /dev/ptmx
umount "$1/dev"
rmdir "$1/dev"
mount -o remount,bind,ro /
for dir in /tmp /var /home /root /run; do
    [ "$(stat -c %m "$dir")" != "$dir" ] || mount -o remount,bind,ro "$dir" || true
done
shift
exec "$@"
"""


# Address of a registry that has nothing.
REGISTRY = b""


class Nothing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802
        self.send_error(404)

    do_HEAD = do_POST = do_PUT = do_CONNECT = do_GET

    def log_message(self, *args):
        """Nothing is told."""


def serve():
    global REGISTRY  # pylint: disable=global-statement
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    REGISTRY = b"127.0.0.1:%d" % server.server_address[1]


def shielded():
    return os.environ.get(INSIDE) == "1"


def shield(directory):
    """Runs this program again, where it can do no harm; its exit status, or None if this
    machine has no such place (then only root could do harm, and nothing runs)."""
    line = ["unshare", "-m", "--propagation", "private", "sh", "-c", SHIELD, "sh", directory]
    if os.getuid() != 0 or subprocess.run(line + ["true"], capture_output=True).returncode != 0:
        return None
    env = dict(os.environ, **{INSIDE: "1"}, ARGUMENTS_DIR=directory)
    return subprocess.call(line + [sys.executable, *sys.argv], env=env)


def base_image(cooper, directory):
    """busybox:1, of the machine's own static busybox."""
    root = os.path.join(directory, "base")
    os.makedirs(os.path.join(root, "bin"))
    shutil.copy(shutil.which("busybox"), os.path.join(root, "bin", "busybox"))
    os.symlink("busybox", os.path.join(root, "bin", "sh"))
    with open(os.path.join(root, "Dockerfile"), "w", encoding="utf-8") as f:
        f.write("FROM scratch\nCOPY bin /bin\nENV PATH=/bin\n")
    subprocess.run([cooper, "build", "-q", "-t", "busybox:1", root], check=True, stdout=subprocess.DEVNULL)


def make(directory):
    """Everything that values.py names."""
    put = lambda name: os.path.join(os.fsencode(directory), name)
    os.mkdir(put(b"directory"))
    os.mkdir(put(b"closed"))
    os.mkdir(put(b"ctx"))
    os.mkfifo(put(b"fifo"))
    for link, to in ((b"dangling", b"nothing"), (b"loop", b"loop")):
        os.symlink(to, put(link))
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(os.path.join(directory, "socket"))
    files = {b"file": b"value\n", b"unreadable": b"x", b"closed/file": b"x", b"ctx/a": b"a\n",
             b"ctx/Dockerfile": b"FROM scratch\nCOPY a /\n",
             b"ctx/Run": b"FROM busybox:1\nARG A\nRUN --mount=type=secret,id=x --mount=type=ssh true\n",
             **values.CONTENTS}
    for name, content in files.items():
        with open(put(name), "wb") as f:
            f.write(content)
    os.chmod(put(b"unreadable"), 0)
    os.chmod(put(b"closed"), stat.S_IRWXU)


def renew(directory):
    """Makes all but the store anew, whatever commands made of it."""
    subprocess.run(["find", directory, "-mindepth", "1", "-maxdepth", "1", "!", "-name", "store", "!", "-name", "base",
                    "-exec", "rm", "-rf", "{}", "+"], check=True)
    make(directory)
