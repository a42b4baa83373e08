#!/usr/bin/env bats
# A hostile RUN step finds nothing that docs/security.md does not admit.
load helpers

setup_file() {
    W=$(mktemp -d "${TMPDIR:-/tmp}/cooper-escape.XXXXXX")
    chmod 755 "$W"
    cc -static -std=gnu17 -D_GNU_SOURCE -O1 -pthread -o "$W/hostile" "$BATS_TEST_DIRNAME"/../escape/*.c
    NAME=cooper-escape-$$
    export W NAME
    # The image's own nodes: a disk and the machine's memory.
    python3 -c '
import sys, tarfile
with tarfile.open(sys.argv[1], "w") as tar:
    for name, kind, major, minor in (("disk", tarfile.BLKTYPE, 254, 0),
                                     ("memory", tarfile.CHRTYPE, 1, 1)):
        node = tarfile.TarInfo("image/" + name)
        node.type, node.devmajor, node.devminor, node.mode = kind, major, minor, 0o666
        tar.addfile(node)' "$W/nodes.tar"
    [ "$(id -u)" -eq 0 ] || return 0
    single=$NAME-one ids=$NAME-ids
    useradd --create-home "$single" && useradd --create-home "$ids"
    usermod --add-subuids 900000-965535 --add-subgids 900000-965535 "$ids"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid
    export single ids
}

teardown_file() {
    [ -z "${single:-}" ] || userdel --remove "$single" >/dev/null 2>&1
    [ -z "${ids:-}" ] || userdel --remove "$ids" >/dev/null 2>&1
    rm -rf "$W"
}

# aim COMMAND…: a process, file and socket that COMMAND's user could reach.
aim() {
    local line
    rm -rf "$T/aim"
    mkdir "$T/aim"
    echo cooper-canary-token >"$T/aim/canary"
    chmod 777 "$T/aim"
    chmod 666 "$T/aim/canary"
    mkfifo "$T/ready"
    chmod 666 "$T/ready"
    TOKEN=cooper-canary-token "$@" /usr/bin/python3 "$BATS_TEST_DIRNAME/../escape/victim.py" \
        "$T/aim/canary" "$NAME" </dev/null >"$T/ready" 2>&1 3>&- 4>&- &
    VICTIM=$!
    read -r line <"$T/ready"
    rm "$T/ready"
    [ "$line" = ready ]
    CANARY=$(stat -c '%a %u %g %s %Z' "$T/aim/canary")
}

# Who was traced may have been stopped.
free() {
    kill "$VICTIM" 2>/dev/null
    kill -CONT "$VICTIM" 2>/dev/null
    wait "$VICTIM" || true
    VICTIM=
}

teardown() {
    [ -z "${VICTIM:-}" ] || free
    cd / || return 1
    rm -rf "$T"
}

# with_key COMMAND…: a key that steps must not find is in the session's keyring.
with_key() {
    python3 -c '
import ctypes, os, platform, sys
number = {"x86_64": 248, "aarch64": 217}[platform.machine()]
ctypes.CDLL(None).syscall(number, b"user", sys.argv[1].encode(), b"x", 1, -3)
os.environ["SECRET_OF_BUILDER"] = "cooper-canary-token"
os.execvp(sys.argv[2], sys.argv[2:])' "$NAME" "$@"
}

# hostile_build STORE COMMAND… -- OPTION…: what a step reaches, on standard output, sorted.
hostile_build() {
    local store=$1 by=()
    shift
    while [ "$1" != -- ]; do
        by+=("$1")
        shift
    done
    shift
    cp "$W/hostile" "$W/nodes.tar" "$T/ctx/"
    cat >"$T/ctx/Dockerfile" <<END
FROM scratch
ADD nodes.tar /
COPY hostile /
RUN --mount=type=cache,target=/cache ["/hostile", "$T/aim/canary", "$VICTIM", "$NAME", "$store"]
END
    chmod -R a+rX "$T/ctx"
    with_key "${by[@]}" "$COOPER" build --progress=plain "$@" "$T/ctx" >"$T/log" 2>&1 ||
        cat "$T/log" >&2
    grep -q ' tried [0-9][0-9]$' "$T/log" || echo "the step did not come to its end"
    sed -n 's/.* reached \([a-z-]*\)$/\1/p' "$T/log" | sort
    # Nothing was made, nor changed.
    ls "$T/aim"
    [ "$(stat -c '%a %u %g %s %Z' "$T/aim/canary")" = "$CANARY" ] || echo "the canary is changed"
    [ -z "$(getfattr --dump "$T/aim" 2>/dev/null)" ] || echo "the canary's directory is changed"
}

# expect LINE…: that is what was reached.
expect() {
    echo "$output"
    [ "$output" = "$(printf '%s\n' "$@" canary canary.socket)" ]
}

as() {
    printf '%s\n' setpriv --reuid "$1" --regid "$1" --clear-groups env -u COOPER_ROOT "HOME=/home/$1"
}

# Everything as it is on the machine, but changes of its root and its mounts are not kept.
in_copy_of_root() {
    unshare --mount --propagation private sh -c '
        t=$1 root=$1/copy/root
        shift
        mkdir -p "$t/copy/up" "$t/copy/work" "$root"
        mount -t overlay o -o "lowerdir=/,upperdir=$t/copy/up,workdir=$t/copy/work" "$root"
        for dir in /proc /sys /dev "$t"; do mkdir -p "$root$dir" && mount --rbind "$dir" "$root$dir"; done
        exec chroot "$root" "$@"' copy "$T" "$@"
}

@test "outside any sandbox, the attempts do succeed" {
    need_root
    export -f in_copy_of_root
    export T
    aim env
    cp "$W/hostile" "$T/hostile"
    unshare --mount --propagation private true || skip "no namespaces of mounts for root here"
    run with_key env LOOKS_ONLY=1 "$BASH" -c 'in_copy_of_root "$@"' in "$T/hostile" "$T/aim/canary" "$VICTIM" "$NAME" "$T"
    echo "$output"
    # What else is in reach depends on the machine: file handles on its file systems, the
    # kernel's settings on who made root what it is.
    for name in canary-by-name canary-by-all-processes \
        metadata-out-of-chroot canary-by-descriptor socket-by-name \
        environment-of-process environment-of-builder abstract-socket \
        signal-to-process processors-of-process limits-of-process-set inside-of-process \
        shared-memory directory-becomes-link-upwards directory-becomes-link-into-process \
        path-becomes-one-into-process; do
        [[ "$output" == *"reached $name"$'\n'* ]] || {
            echo "not reached: $name"
            false
        }
    done
}

@test "a step of root reaches the machine's network and nothing else" {
    need_root
    aim env
    run hostile_build "$T/store" env --
    expect abstract-socket
}

@test "without a network, it reaches nothing" {
    need_root
    aim env
    run hostile_build "$T/store" env -- --network=none
    expect
}

@test "a step of a user with subordinate ids reaches the machine's network and nothing else" {
    need_root
    mapfile -t by < <(as "$ids")
    aim "${by[@]}"
    run hostile_build "/home/$ids/.local/share/cooper" "${by[@]}" --
    expect abstract-socket
}

@test "a step of a user with a single id reaches the machine's network and nothing else" {
    need_root
    mapfile -t by < <(as "$single")
    aim "${by[@]}"
    run hostile_build "/home/$single/.local/share/cooper" "${by[@]}" --
    expect abstract-socket
}

# Where something covers a part of /proc, as in containers, no new one can be had.
covered() {
    unshare --mount --propagation private sh -c 'mount -t tmpfs none /proc/irq && exec "$@"' covered "$@"
}

@test "with the machine's own /proc, a user's step reaches the network and nothing else" {
    need_root
    export -f covered
    for user in "$ids" "$single"; do
        mapfile -t by < <(as "$user")
        aim "${by[@]}"
        run hostile_build "/home/$user/.local/share/cooper" bash -c 'covered "$@"' covered "${by[@]}" --
        free
        expect abstract-socket
    done
}

@test "a step of a user with a single id under chroot reaches only what the documentation admits" {
    need_root
    "$COOPER" doctor | grep -q '^ok  Landlock' || skip "needs Landlock"
    mapfile -t by < <(as "$single")
    aim "${by[@]}"
    run hostile_build "/home/$single/.local/share/cooper" "${by[@]}" -- --isolation=chroot
    expect priority-of-process processors-of-process shared-memory
}

@test "a step under chroot and Landlock reaches only what the documentation admits" {
    need_root
    "$COOPER" doctor | grep -q '^ok  Landlock' || skip "needs Landlock"
    aim env
    run hostile_build "$T/store" env -- --isolation=chroot
    expect shared-memory
}

# may_reach NAME: a race that a step wins sooner or later, or a trace of what it reaches.
may_reach() {
    output=$(grep -vx "$1" <<<"$output")
}

# Nothing is allowed but what every user may.
as_nobody() {
    printf '%s\n' setpriv --reuid "$1" --regid "$1" --clear-groups --no-new-privs --bounding-set=-all \
        --inh-caps=-all env -u COOPER_ROOT "HOME=/home/$1"
}

@test "a step under trap and Landlock reaches only what the documentation admits" {
    need_root
    "$COOPER" doctor | grep -q '^ok  Landlock' || skip "needs Landlock"
    mapfile -t by < <(as_nobody "$single")
    aim "${by[@]}"
    run hostile_build "/home/$single/.local/share/cooper" "${by[@]}" -- --isolation=trap
    may_reach socket-by-race
    expect shared-memory
}

without_landlock() {
    "$W/refuse" landlock=ENOSYS -- "$@"
}

@test "… and without Landlock, no file of the container either" {
    need_root
    cc -o "$W/refuse" "$ROOT/tests/lib/refuse.c" -lseccomp
    export -f without_landlock
    aim env
    run hostile_build "$T/store" bash -c 'without_landlock "$@"' without_landlock -- --isolation=chroot
    may_reach canary.signal
    expect abstract-socket shared-memory signal-to-process
}

@test "a step under trap without Landlock reaches only what the documentation admits" {
    need_root
    cc -o "$W/refuse" "$ROOT/tests/lib/refuse.c" -lseccomp
    chmod 755 "$W/refuse"
    export -f without_landlock
    mapfile -t by < <(as_nobody "$single")
    aim "${by[@]}"
    run hostile_build "/home/$single/.local/share/cooper" "${by[@]}" bash -c 'without_landlock "$@"' without_landlock \
        -- --isolation=trap
    may_reach socket-by-race
    expect abstract-socket shared-memory
}
