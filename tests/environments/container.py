"""The user environments, and containers that imitate them, run by runc."""
import dataclasses
import json
import os
import subprocess
import uuid

import profile

# What Docker gives to a container.
DEFAULT_CAPS = """CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP
SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE""".split()
SHIFT = 200000  # where the ids of a container with a user namespace begin
MASKED = ["/proc/" + n for n in "acpi asound kcore keys latency_stats timer_list timer_stats "
          "sched_debug scsi".split()] + ["/sys/firmware"]
READ_ONLY = ["/proc/" + n for n in "bus fs irq sys sysrq-trigger".split()]


@dataclasses.dataclass
class Environment:
    name: str
    what: str
    engine: str                # that runs RUN, "" if none can
    kind: str = "container"    # or "root", "user", "single" on this machine
    caps: tuple = tuple(DEFAULT_CAPS)
    uid: int = 0
    no_new_privs: bool = False
    seccomp: str = ""
    userns: bool = False
    masked: bool = True
    store: str = "/vol/store"  # /vol is a volume, all else the container's own overlay


ENVIRONMENTS = [
    Environment("e1", "root on a machine", "ns", kind="root"),
    Environment("e2", "a user with subordinate ids", "ns", kind="user"),
    Environment("e3", "a user with one id", "ns", kind="single"),
    Environment("e4", "Docker's defaults", "chroot", seccomp="docker"),
    Environment("e4o", "Docker's defaults, without a volume", "chroot", seccomp="docker",
                store="/store"),
    Environment("e4l", "an older Docker: no Landlock, no openat2", "chroot", seccomp="old"),
    Environment("e4m", "a pod that may not mount", "chroot", seccomp="mounts"),
    Environment("e4k", "a pod", "ns"),
    Environment("e4kl", "a pod on an older kernel", "ns", seccomp="kernel"),
    Environment("e4ko", "a pod without a volume", "ns", store="/store"),
    Environment("e4p", "podman's defaults", "ns", seccomp="podman"),
    Environment("e5", "a restricted pod", "trap", caps=(), uid=1000, no_new_privs=True,
                seccomp="docker"),
    Environment("e5o", "a restricted pod without a volume", "trap", caps=(), uid=1000,
                no_new_privs=True, seccomp="docker", store="/tmp/store"),
    Environment("e5l", "a restricted pod, an older runtime: no Landlock, no openat2", "trap",
                caps=(), uid=1000, no_new_privs=True, seccomp="old"),
    Environment("e5p", "a user under podman's filter", "trap", caps=(), uid=1000,
                no_new_privs=True, seccomp="podman"),
    Environment("e5u", "a restricted pod without a filter", "ns", caps=(), uid=1000,
                no_new_privs=True),
    Environment("e6", "a pod with a user namespace and Docker's filter", "chroot",
                seccomp="docker", userns=True),
    Environment("e6k", "a pod with a user namespace", "ns", userns=True),
    Environment("e6u", "… and a whole /proc", "ns", userns=True, masked=False),
    Environment("e6a", "… and CAP_SYS_ADMIN, with Docker's filter", "ns",
                caps=tuple(DEFAULT_CAPS + ["SYS_ADMIN"]), seccomp="docker", userns=True,
                masked=False),
]


def mount(where, kind, source, *options):
    return {"destination": where, "type": kind, "source": source, "options": list(options)}


def mounts(suite, volume):
    return [mount("/proc", "proc", "proc"),
            mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance",
                  "ptmxmode=0666", "mode=0620"),
            mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777",
                  "size=65536k"),
            mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            mount("/suite", "bind", suite, "bind", "ro"),
            mount("/vol", "bind", volume, "bind", "rw")]


def linux(env, caps):
    names = ["pid", "ipc", "uts", "mount", "network"] + (["user"] if env.userns else [])
    section = {"namespaces": [{"type": n} for n in names]}
    if env.userns:
        ids = [{"containerID": 0, "hostID": SHIFT, "size": 65536}]
        section.update(uidMappings=ids, gidMappings=ids)
    if env.masked:
        section.update(maskedPaths=MASKED, readonlyPaths=READ_ONLY)
    if env.seccomp:
        section["seccomp"] = profile.section(env.seccomp, caps)
    return section


def config(env, root, suite, volume, argv, variables):
    caps = ["CAP_" + c for c in env.caps]
    return {"ociVersion": "1.0.2", "hostname": env.name,
            "root": {"path": root, "readonly": False},
            "process": {"terminal": False, "user": {"uid": env.uid, "gid": env.uid},
                        "args": argv, "env": ["%s=%s" % v for v in variables.items()],
                        "cwd": "/", "noNewPrivileges": env.no_new_privs,
                        "capabilities": {k: caps for k in ("bounding", "effective",
                                                           "permitted")}},
            "mounts": mounts(suite, volume), "linux": linux(env, caps)}


class Bundle:
    """A container's files in DIR: its root is an overlay over ROOT, as it would be."""

    def __init__(self, env, root, suite, directory):
        self.env, self.dir, self.suite = env, directory, suite
        self.root, self.volume = os.path.join(directory, "root"), os.path.join(directory, "vol")
        for name in ("root", "vol", "upper", "work"):
            os.makedirs(os.path.join(directory, name))
        owner = SHIFT if env.userns else 0
        for path in (self.volume, os.path.join(directory, "upper")):
            os.chown(path, owner, owner)
        os.chmod(self.volume, 0o1777)
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        "lowerdir=%s,upperdir=%s/upper,workdir=%s/work"
                        % (root, directory, directory), self.root], check=True)

    def settings(self, argv, variables):
        return config(self.env, self.root, self.suite, self.volume, argv, variables)

    def run(self, argv, variables, timeout):
        with open(os.path.join(self.dir, "config.json"), "w", encoding="utf-8") as f:
            json.dump(self.settings(argv, variables), f)
        name = "cooper-test-" + uuid.uuid4().hex[:12]
        try:
            return subprocess.run(["runc", "run", "-b", self.dir, name], timeout=timeout,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace",
                                  check=False)
        finally:
            subprocess.run(["runc", "delete", "--force", name], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        subprocess.run(["umount", "-l", self.root], check=False)
