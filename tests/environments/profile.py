"""The system call filters that container runtimes put around a container, as the
"seccomp" section of an OCI config. They are made of the list in
builder/sandbox/filter_list.c: the calls that Docker's default profile allows."""
import os
import platform
import re

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "..", "..", "builder", "sandbox", "filter_list.c")
EPERM, EACCES, ENOSYS = 1, 13, 38
NAME_SPACES = 0x7E020000  # the flags of clone() that make some
# Docker's profile has these for containers with the capability only.
ADMIN = """bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount
mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
sethostname setns syslog umount umount2 unshare""".split()
# What podman's profile allows beyond Docker's, and what it refuses by name.
PODMAN = """clone clone3 fsconfig fsmount fsopen fspick get_mempolicy keyctl mbind mount
mount_setattr move_mount open_tree pidfd_getfd pivot_root set_mempolicy setns umount umount2
unshare""".split()
PODMAN_REFUSES = """bpf fanotify_init lookup_dcookie open_by_handle_at perf_event_open
quotactl setdomainname sethostname userfaultfd vmsplice swapon swapoff kexec_load
init_module finit_module delete_module acct kcmp process_madvise iopl ioperm
clock_settime settimeofday vhangup""".split()
NEW_MOUNTS = "fsconfig fsmount fsopen fspick mount_setattr move_mount open_tree clone3".split()
MOUNTING = """fsconfig fsmount fsopen mount mount_setattr move_mount open_tree pivot_root
umount2""".split()
ARCHITECTURES = {"x86_64": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
                 "aarch64": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]}


def listed():
    """Name of a call → its verdict, and the names of those of the last years."""
    with open(LIST, encoding="utf-8") as f:
        found = re.findall(r"\t? ?(ALLOW|RULE|RECENT)\((\w+)(?:, *(\w+))?\)",
                           f.read().split("filter_rules[] = {")[1])
    return ({name: verdict if kind == "RULE" else "VERDICT_ALLOW"
             for kind, name, verdict in found},
            {name for kind, name, _ in found if kind == "RECENT"})


def allow(names):
    return {"names": sorted(names), "action": "SCMP_ACT_ALLOW"}


def allow_if(name, index, op, value, value_two=0):
    return {"names": [name], "action": "SCMP_ACT_ALLOW",
            "args": [{"index": index, "op": op, "value": value, "valueTwo": value_two}]}


def refuse(names, errno):
    return {"names": sorted(names), "action": "SCMP_ACT_ERRNO", "errnoRet": errno}


def conditional(verdicts):
    """The calls of which some forms are allowed."""
    rules = []
    for name, verdict in verdicts.items():
        if verdict == "VERDICT_SOCKET":  # neither AF_ALG nor AF_VSOCK
            rules += [allow_if(name, 0, "SCMP_CMP_LT", 38), allow_if(name, 0, "SCMP_CMP_EQ", 39),
                      allow_if(name, 0, "SCMP_CMP_GT", 40)]
        elif verdict == "VERDICT_PERSONALITY":
            rules += [allow_if(name, 0, "SCMP_CMP_EQ", v)
                      for v in (0, 8, 0x20000, 0x20008, 0xFFFFFFFF)]
    return rules


def all_but(names, errno):
    return {"defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ARCHITECTURES.get(platform.machine(), []),
            "syscalls": [refuse(names, errno)]}


def section(kind, caps):
    """KIND: "docker", "podman", "old" for a runtime that does not know recent calls,
    "mounts" for AppArmor, which refuses mounts in its own way, "kernel" for one without
    recent calls; CAPS: the container's capabilities."""
    if kind == "mounts":
        return all_but(MOUNTING, EACCES)
    if kind == "kernel":
        return all_but(listed()[1] | set(NEW_MOUNTS), ENOSYS)
    verdicts, recent = listed()
    plain = {n for n, v in verdicts.items() if v in ("VERDICT_ALLOW", "VERDICT_DONE")}
    rules = conditional(verdicts)
    if "CAP_SYS_CHROOT" not in caps:
        plain.discard("chroot")
    if kind == "old":
        plain -= recent
        rules += [refuse(recent, ENOSYS)]
    if kind == "podman":
        rules += [allow(plain | set(PODMAN)), refuse(PODMAN_REFUSES, EPERM)]
    elif "CAP_SYS_ADMIN" in caps:
        rules += [allow(plain | set(ADMIN))]
    else:
        rules += [allow(plain), refuse(["clone3"], ENOSYS),
                  allow_if("clone", 0, "SCMP_CMP_MASKED_EQ", NAME_SPACES, 0)]
    return {"defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": ENOSYS if kind == "podman" else EPERM,
            "architectures": ARCHITECTURES.get(platform.machine(), []),
            "syscalls": rules}
