"""The builders that are measured. A command is a list of arguments; a builder's
methods return lists of commands, what they take is what `build` and `push` take."""
import os
import shutil
import signal
import subprocess
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SMALL_STACK = ["--layers", "--runtime=runc", "--network=host"]


class Builder:
    name = ""
    has_base = False

    def __init__(self, work):
        self.work = work
        self.store = os.path.join(work, self.name)
        self.env = dict(os.environ)

    def start(self):
        pass

    def stop(self):
        pass

    def build_and_push(self, context, tag, ref):
        """A rebuild, to be found in a registry."""
        return self.build(context, tag, False) + self.push(tag, ref)

    def daemons(self):
        """The processes besides the command that do its work."""
        return []

    def forget(self):
        """An empty store, without what was there before."""
        subprocess.run(["rm", "-rf", self.store + "-fresh"], check=True)
        self.store += "-fresh" if not self.store.endswith("-fresh") else ""

    def remember(self):
        self.store = self.store.removesuffix("-fresh")


class Cooper(Builder):
    name = "cooper"
    program = os.path.join(ROOT, "cooper")

    def available(self):
        return os.path.exists(self.program)

    def build(self, context, tag, cold, *options):
        return [[self.program, "build", "--progress=plain", "--root", self.store, "-t", tag, *options]
                + (["--no-cache"] if cold else []) + [context]]

    def archive(self, context, tag, dest, compression):
        """Built from nothing into an OCI archive of compressed layers."""
        return self.build(context, tag, True, "-o",
                          f"type=oci,dest={dest},compression={compression}")

    def build_and_push(self, context, tag, ref):
        return self.build(context, ref, False, "--push")

    def push(self, tag, ref):
        return [[self.program, "tag", "--root", self.store, tag, ref],
                [self.program, "push", "--root", self.store, ref]]


class Buildah(Builder):
    """Stages one after the other; it keeps no blobs, only directories."""
    name = "buildah"

    def available(self):
        return shutil.which("buildah") is not None

    def command(self, *args):
        return ["buildah", "--root", self.store, "--runroot", self.store + "-run", *args]

    def build(self, context, tag, cold):
        return [self.command("bud", *SMALL_STACK, "--tls-verify=false", "-t", tag,
                             *(["--no-cache"] if cold else []), context)]

    def archive(self, context, tag, dest, compression):
        return self.build(context, tag, True) + [self.command(
            "push", "--compression-format", compression, tag, f"oci-archive:{dest}")]

    def push(self, tag, ref):
        return [self.command("push", "--tls-verify=false", tag, "docker://" + ref)]


class Docker(Builder):
    """Debian's docker.io: BuildKit inside its daemon. Layers are compressed when they are
    pushed, by gzip only."""
    name = "docker"
    client = "/usr/bin/docker"

    def available(self):
        return shutil.which("dockerd") is not None and os.path.exists(self.client)

    def start(self):
        self.env["DOCKER_BUILDKIT"] = "1"
        os.makedirs(self.store)
        self.sock = f"unix://{self.store}/sock"
        with open(self.store + "/log", "w") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "--data-root", self.store + "/data", "--exec-root",
                 self.store + "/exec", "-H", self.sock, "--pidfile", self.store + "/pid",
                 "--iptables=false", "--bridge=none"], stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True)
        for _ in range(100):
            if subprocess.run([self.client, "-H", self.sock, "version"], check=False,
                              capture_output=True).returncode == 0:
                return
            time.sleep(0.2)
        raise SystemExit(f"dockerd did not come up; see {self.store}/log")

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait()

    def daemons(self):
        found, pids = [self.daemon.pid], [self.daemon.pid]
        while pids:
            with open(f"/proc/{pids[0]}/task/{pids[0]}/children") as f:
                pids = pids[1:] + [int(p) for p in f.read().split()]
            found += pids
        return sorted(set(found))

    def build(self, context, tag, cold):
        return [[self.client, "-H", self.sock, "build", "--network=host", "-t", tag]
                + (["--no-cache"] if cold else []) + [context]]

    def archive(self, context, tag, dest, compression):
        return None

    def push(self, tag, ref):
        return [[self.client, "-H", self.sock, "tag", tag, ref],
                [self.client, "-H", self.sock, "push", "-q", ref]]

    def forget(self):
        """One store there is: all is lost."""
        self.has_base = False
        images = subprocess.run([self.client, "-H", self.sock, "images", "-q"], check=True,
                                capture_output=True, text=True).stdout.split()
        for argv in ["image", "rm", "-f", *images], ["builder", "prune", "-af"]:
            subprocess.run([self.client, "-H", self.sock, *argv], check=False,
                           capture_output=True)
