"""Where it is measured: a disk of its own, a registry, and how time and memory are taken."""
import os
import shutil
import socket
import subprocess
import time
import urllib.request

from builders import ROOT

PRIMITIVE = os.path.join(ROOT, "out", "release", "bench", "bench_primitive")


def run(argv, env=None):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, env=env, check=False)
    if p.returncode != 0:
        said = (p.stdout + p.stderr).decode(errors="replace")[-3000:]
        raise SystemExit(f"{' '.join(argv)}\nfailed with {p.returncode}:\n{said}")
    return p.stdout.decode()


# ------------------------------------------------------------------ the disk

def new_disk(work):
    """A fresh ext4 with a journal below WORK, so that what was on the disk before has no
    say; its mount point, or WORK without root."""
    if os.geteuid() != 0:
        return work
    image, point = os.path.join(work, "disk"), os.path.join(work, "on-disk")
    os.mkdir(point)
    with open(image, "w") as f:
        f.truncate(40 << 30)
    run(["mkfs.ext4", "-q", "-F", "-N", "6000000", "-E", "lazy_itable_init=1,nodiscard", image])
    run(["mount", "-o", "loop,noatime", image, point])
    return point


def remove_disk(work):
    with open("/proc/self/mountinfo") as f:
        points = [line.split()[4] for line in f]
    for point in sorted((p for p in points if p.startswith(work)), reverse=True):
        subprocess.run(["umount", "-l", point], check=False)
    subprocess.run(["rm", "-rf", work], check=False)


# ------------------------------------------------------------------ time and memory

def peak_kb(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            return next((int(line.split()[1]) for line in f if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def reset_peak(pid):
    try:
        with open(f"/proc/{pid}/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass


def timed(commands, builder, log):
    """-> (seconds, peak kB: of the largest process of the commands, and all daemons')"""
    seconds, peak = 0.0, 0
    for pid in builder.daemons():
        reset_peak(pid)
    for argv in commands:
        with open(log, "w") as f:
            p = subprocess.run([PRIMITIVE, "time", *argv], env=builder.env, check=False,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=f)
        if p.returncode != 0:
            with open(log, errors="replace") as f:
                raise SystemExit(f"{' '.join(argv)}\nfailed:\n{f.read()[-3000:]}")
        took, kb = p.stdout.split()
        seconds += float(took)
        peak = max(peak, int(kb))
    return seconds, peak + sum(peak_kb(pid) for pid in builder.daemons())


# ------------------------------------------------------------------ the registry

class Registry:
    """Debian's docker-registry on loopback."""

    def __init__(self, work):
        self.dir = os.path.join(work, "registry")
        self.process = None
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{s.getsockname()[1]}"

    def start(self):
        os.makedirs(self.dir + "/data", exist_ok=True)
        with open(self.dir + "/config.yml", "w") as f:
            f.write("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                    f"storage: {{filesystem: {{rootdirectory: {self.dir}/data}}}}\n"
                    f"http: {{addr: '{self.host}'}}\n")
        with open(self.dir + "/log", "w") as log:
            self.process = subprocess.Popen(
                ["docker-registry", "serve", self.dir + "/config.yml"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://{self.host}/v2/"):
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"the registry did not come up; see {self.dir}/log")

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def empty(self):
        self.stop()
        shutil.rmtree(self.dir)
        self.start()
