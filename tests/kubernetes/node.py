"""A node of Kubernetes in the namespaces of this process: etcd, the control plane,
containerd and the kubelet."""
import json
import os
import secrets
import shutil
import subprocess
import time

ADDRESS = "10.251.0.1"          # the node's, of the registry with a password, and of its names
HUB = "10.251.0.2"              # of the other registry
PODS = "10.244.0.0/24"
NAME = "node"
TOKEN = secrets.token_hex(16)
SECONDS_MAX = 180
# What the kubelet wants. It sees these files instead of the machine's.
SYSCTLS = {"vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1,
           "kernel/keys/root_maxkeys": 1000000, "kernel/keys/root_maxbytes": 25000000}

CONTAINERD = """version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
    "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.example.com/tools/pause:1"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "%(programs)s/root/usr/lib/cni"
conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example.com".tls]
ca_file = "%(work)s/certificates/ca.crt"
[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example.com".auth]
username = "%(user)s"
password = "%(password)s"
"""
NETWORK = {"cniVersion": "0.4.0", "name": "pods", "plugins": [
    {"type": "ptp", "ipMasq": False,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}],
              "dataDir": "/run/cni"}}]}
KUBELET = {
    "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
    "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
    "authorization": {"mode": "AlwaysAllow"},
    "cgroupDriver": "cgroupfs", "failSwapOn": False, "oomScoreAdj": 0, "protectKernelDefaults": True,
    "clusterDNS": [ADDRESS], "clusterDomain": "cluster.local", "resolvConf": "/etc/resolv.conf",
    "evictionHard": {"memory.available": "50Mi"}, "imageGCHighThresholdPercent": 100,
    "volumePluginDir": "/run/volume-plugins"}


def sh(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


class Node:
    """WORK: an empty directory; PROGRAMS: what tests/kubernetes/programs made."""

    def __init__(self, work, programs):
        self.work, self.programs, self.processes = work, programs, []
        for name in ("logs", "sysctl", "kubelet", "containerd", "overlay"):
            os.mkdir(os.path.join(work, name))
        os.environ["PATH"] = ":".join([programs + "/bin", programs + "/root/usr/sbin", programs + "/root/usr/bin",
                                       os.environ["PATH"]])
        os.environ["KUBECONFIG"] = os.path.join(work, "kubeconfig")

    # ------------------------------------------------------------ what it sees of the machine

    def hide_machine(self):
        """The usual directories, but what is written there is seen in this namespace only."""
        sh("mount", "--make-rshared", "/")
        for path in ("/run", "/var/log"):
            sh("mount", "-t", "tmpfs", "tmpfs", path)
        for path in ("/etc", "/var/lib", "/opt"):
            upper = os.path.join(self.work, "overlay", path.strip("/").replace("/", "-"))
            os.makedirs(upper + "/upper")
            os.makedirs(upper + "/work")
            sh("mount", "-t", "overlay", "overlay", "-o",
               "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (path, upper, upper), path)
        for name in ("kubelet", "containerd"):
            path = os.path.join("/var/lib", name)
            os.makedirs(path, exist_ok=True)
            sh("mount", "--bind", os.path.join(self.work, name), path)
        for name, value in SYSCTLS.items():
            path = os.path.join(self.work, "sysctl", name.replace("/", "."))
            self.write(path, "%d\n" % value)
            sh("mount", "--bind", path, "/proc/sys/" + name)
        self.mount_cgroups()

    def mount_cgroups(self):
        """This namespace's part of each hierarchy, in the same places."""
        with open("/proc/self/cgroup", encoding="ascii") as f:
            names = [line.split(":")[1] for line in f]
        sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/sys/fs/cgroup")
        for name in names:
            path = "/sys/fs/cgroup/" + (name.replace("name=", "") or "unified")
            os.mkdir(path)
            if not name:
                sh("mount", "-t", "cgroup2", "cgroup2", path)
            else:
                sh("mount", "-t", "cgroup", "-o", ("none," if name.startswith("name=") else "") + name, "cgroup", path)

    @staticmethod
    def make_network():
        sh("hostname", NAME)
        sh("ip", "link", "set", "lo", "up")
        for address in (ADDRESS, HUB):
            sh("ip", "address", "add", address + "/32", "dev", "lo")

    # ------------------------------------------------------------ its configuration

    @staticmethod
    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))

    def configure(self, user, password, profile):
        """USER, PASSWORD: of the registry that the pods' images are in; PROFILE: a file for the
        kubelet's directory of filters."""
        self.write("/etc/containerd/config.toml", CONTAINERD % {
            "programs": self.programs, "work": self.work, "user": user, "password": password})
        self.write("/etc/cni/net.d/pods.conflist", NETWORK)
        self.write(self.work + "/kubelet.json", KUBELET)
        self.write(self.work + "/tokens", "%s,test,test,system:masters\n" % TOKEN)
        self.write(os.environ["KUBECONFIG"], {
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443", "insecure-skip-tls-verify": True}}],
            "users": [{"name": "c", "user": {"token": TOKEN}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]})
        os.makedirs("/var/lib/kubelet/seccomp")
        shutil.copy(profile, "/var/lib/kubelet/seccomp/")
        sh("openssl", "genrsa", "-out", self.work + "/accounts.key", "2048")

    # ------------------------------------------------------------ its programs

    def spawn(self, *argv):
        name = os.path.basename(argv[0])
        with open(os.path.join(self.work, "logs", "%s.%d" % (name, len(self.processes))), "wb") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        process.log = log.name
        self.processes.append(process)

    def wait(self, what, done):
        """Until DONE() is true; a program that ends meanwhile is an error."""
        end = time.monotonic() + SECONDS_MAX
        while not done():
            for process in self.processes:
                if process.poll() is not None:
                    raise RuntimeError("%s: %s ended" % (what, process.log))
            if time.monotonic() > end:
                raise RuntimeError("%s: not after %d s" % (what, SECONDS_MAX))
            time.sleep(0.2)

    def start(self):
        self.spawn("etcd", "--data-dir=" + self.work + "/etcd", "--unsafe-no-fsync")
        self.spawn("containerd")
        self.spawn("kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--advertise-address=" + ADDRESS,
                   "--service-cluster-ip-range=10.96.0.0/24", "--token-auth-file=" + self.work + "/tokens",
                   "--authorization-mode=AlwaysAllow", "--allow-privileged=true", "--kubelet-preferred-address-types=InternalIP",
                   "--service-account-issuer=https://kubernetes.default.svc",
                   "--service-account-signing-key-file=" + self.work + "/accounts.key",
                   "--service-account-key-file=" + self.work + "/accounts.key")
        self.wait("the API", lambda: self.kubectl("get", "--raw=/readyz", check=False) == "ok")
        config = "--kubeconfig=" + os.environ["KUBECONFIG"]
        self.spawn("kube-controller-manager", config, "--leader-elect=false",
                   "--service-account-private-key-file=" + self.work + "/accounts.key")
        self.spawn("kube-scheduler", config, "--leader-elect=false")
        self.spawn("kubelet", config, "--config=" + self.work + "/kubelet.json", "--hostname-override=" + NAME,
                   "--node-ip=" + ADDRESS, "--container-runtime=remote", "--v=2",
                   "--container-runtime-endpoint=unix:///run/containerd/containerd.sock")
        self.wait("the node", self.is_ready)
        self.wait("the account of pods", lambda: "default" in self.kubectl("get", "serviceaccounts", "-o", "name", check=False))

    def is_ready(self):
        said = self.kubectl("get", "nodes", "-o", "json", check=False)
        nodes = json.loads(said)["items"] if said else []
        return any(c["type"] == "Ready" and c["status"] == "True" for n in nodes for c in n["status"]["conditions"])

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    # ------------------------------------------------------------ its API

    @staticmethod
    def kubectl(*argv, text=None, check=True):
        """What it says on standard output."""
        done = subprocess.run(["kubectl", *argv], input=text or "", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, errors="replace", check=False, timeout=SECONDS_MAX)
        if check and done.returncode != 0:
            raise RuntimeError("kubectl %s: %s" % (" ".join(argv), done.stderr))
        return done.stdout if done.returncode == 0 else ""
