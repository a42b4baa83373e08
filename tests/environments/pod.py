"""Pods, as files for Kubernetes describe them: the container that runc makes of one, and
the Pod Security Standard that it keeps."""
import json
import os

import yaml

import container
import scenery

SPECS = os.path.join(scenery.ROOT, "docs", "how-to", "kubernetes")
# In the order of their numbers.
CAPABILITIES = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE
SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()


def all_capabilities():
    """Those that root has here."""
    with open("/proc/self/status", encoding="ascii") as f:
        bits = next(int(line.split()[1], 16) for line in f if line.startswith("CapBnd"))
    return [name for n, name in enumerate(CAPABILITIES) if bits >> n & 1]


class Pod:
    """The pod in a file of SPECS; REPLACED: (old, new) of its text."""

    def __init__(self, name, replaced=()):
        with open(os.path.join(SPECS, name), encoding="utf-8") as f:
            text = f.read()
        for old, new in replaced:
            text = text.replace(old, new)
        documents = {d["kind"]: d for d in yaml.safe_load_all(text)}
        self.text, self.spec = text, documents["Pod"]["spec"]
        self.files = documents["ConfigMap"]["data"]
        self.container = self.spec["containers"][0]

    def security(self, key, default=None):
        """The container's setting, else the pod's."""
        for section in (self.container.get("securityContext", {}), self.spec.get("securityContext", {})):
            if key in section:
                return section[key]
        return default

    def seccomp(self):
        return self.security("seccompProfile", {}).get("type")

    def capabilities(self):
        if self.security("privileged"):
            return all_capabilities()
        said = self.security("capabilities", {})
        kept = [] if "ALL" in said.get("drop", []) else container.DEFAULT_CAPS
        return [c for c in kept if c not in said.get("drop", [])] + said.get("add", [])

    def environment(self):
        privileged = bool(self.security("privileged"))
        return container.Environment(
            "pod", "", "", caps=tuple(self.capabilities()), uid=self.security("runAsUser", 0),
            no_new_privs=self.security("allowPrivilegeEscalation") is False,
            seccomp="docker" if self.seccomp() == "RuntimeDefault" and not privileged else "",
            userns=self.spec.get("hostUsers") is False,
            masked=not privileged and self.security("procMount", "Default") == "Default")

    # ------------------------------------------------------------ its level

    def level(self):
        """The strictest Pod Security Standard that admits it."""
        if (self.security("privileged") or self.seccomp() == "Unconfined"
                or self.security("procMount", "Default") != "Default"
                or set(self.security("capabilities", {}).get("add", [])) - set(container.DEFAULT_CAPS)
                or any(self.spec.get(k) for k in ("hostNetwork", "hostPID", "hostIPC"))
                or any("hostPath" in v for v in self.spec["volumes"])):
            return "privileged"
        strict = (self.security("runAsNonRoot") is True and self.security("runAsUser") != 0
                  and self.security("allowPrivilegeEscalation") is False
                  and "ALL" in self.security("capabilities", {}).get("drop", [])
                  and self.seccomp() in ("RuntimeDefault", "Localhost"))
        return "restricted" if strict else "baseline"


class PodBundle(container.Bundle):
    """A container of POD in DIRECTORY, whose root is ROOT. SECRET: the text of the secret.
    It shares the network of who starts it."""

    def __init__(self, pod, root, directory, secret):
        super().__init__(pod.environment(), root, "", directory)
        self.pod = pod
        self.message = os.path.join(directory, "termination-log")
        with open(self.message, "w", encoding="utf-8"):
            os.chmod(self.message, 0o666)
        self.volumes = {v["name"]: self.make_volume(v, secret) for v in pod.spec["volumes"]}

    def make_volume(self, volume, secret):
        path = os.path.join(self.dir, "volumes", volume["name"])
        os.makedirs(path)
        if "emptyDir" in volume:
            group = self.pod.security("fsGroup", 0)
            owner = container.SHIFT if self.env.userns else 0
            os.chown(path, owner, owner + group)
            os.chmod(path, 0o2777 if group else 0o777)
        elif "configMap" in volume:
            self.fill(path, self.pod.files)
        else:
            items = {i["key"]: i["path"] for i in volume["secret"]["items"]}
            self.fill(path, {items[".dockerconfigjson"]: secret})
        return path

    @staticmethod
    def fill(path, files):
        """As the kubelet does: links to a directory with the time in its name."""
        dated = "..2024_01_01_00_00_00.000000000"
        os.mkdir(os.path.join(path, dated))
        os.symlink(dated, os.path.join(path, "..data"))
        for name, text in files.items():
            with open(os.path.join(path, dated, name), "w", encoding="utf-8") as f:
                f.write(text)
            os.symlink("..data/" + name, os.path.join(path, name))

    def settings(self, argv, variables):
        found = super().settings(argv, variables)
        pod, process, linux = self.pod, found["process"], found["linux"]
        process["user"]["gid"] = pod.security("runAsGroup", 0)
        if pod.security("fsGroup"):
            process["user"]["additionalGids"] = [pod.security("fsGroup")]
        process["cwd"] = "/workspace"
        found["root"]["readonly"] = bool(pod.security("readOnlyRootFilesystem"))
        mounts = [m for m in found["mounts"] if m["destination"] not in ("/suite", "/vol", "/sys")]
        mounts.append(container.mount("/sys", "bind", "/sys", "rbind", "ro"))
        mounts.append(container.mount("/dev/termination-log", "bind", self.message, "bind", "rw"))
        for m in pod.container["volumeMounts"]:
            mounts.append(container.mount(m["mountPath"], "bind", self.volumes[m["name"]], "bind",
                                          "ro" if m.get("readOnly") else "rw"))
        found["mounts"] = mounts
        linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "network"]
        if pod.security("privileged"):
            linux["resources"] = {"devices": [{"allow": True, "access": "rwm"}]}
        if pod.seccomp() == "Localhost":
            with open(os.path.join(SPECS, pod.security("seccompProfile")["localhostProfile"]), encoding="utf-8") as f:
                linux["seccomp"] = json.load(f)
        return found
