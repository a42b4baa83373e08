# Common ground of the end-to-end tests: every test has its own directory and
# store; a file may share a registry and a base image.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
COOPER=${COOPER:-$ROOT/cooper}
. "$ROOT/tests/lib/registry.sh"

# A file's setup_file() and teardown_file() share one registry among its tests.
file_registry_start() {
    command -v docker-registry >/dev/null || return 0
    registry_start "$BATS_FILE_TMPDIR/registry"
    export REGISTRY REGISTRY_PID
}

setup() {
    # Other users than ours must reach it.
    T=$(mktemp -d "${TMPDIR:-/tmp}/cooper-test.XXXXXX")
    chmod 755 "$T"
    export COOPER_ROOT=$T/store
    # Engines of the machine are no part of a test.
    export COOPER_LOAD=none
    mkdir "$T/ctx"
    cd "$T/ctx" || return 1
}

teardown() {
    cd / || return 1
    rm -rf "$T"
}

# build ARGS…: cooper build with plain progress; OUT and STATUS like bats' run.
build() {
    run "$COOPER" build --progress=plain "$@"
    [ "$status" -eq 0 ] || printf '%s\n' "$output"
}

# A tiny root file system with a static shell, as a layer of the store: busybox:1.
busybox_image() {
    local dir=$T/busybox
    mkdir -p "$dir/root/bin" "$dir/root/etc" "$dir/root/tmp" "$dir/root/root"
    cp /bin/busybox "$dir/root/bin/busybox" 2>/dev/null || cp /usr/bin/busybox "$dir/root/bin/busybox"
    for name in $("$dir/root/bin/busybox" --list); do
        [ "$name" = busybox ] || ln -s busybox "$dir/root/bin/$name"
    done
    chmod 1777 "$dir/root/tmp"
    printf 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n' >"$dir/root/etc/passwd"
    printf 'root:x:0:\ndaemon:x:1:\napp:x:1000:\nextra:x:2000:app\n' >"$dir/root/etc/group"
    printf 'FROM scratch\nCOPY root /\nENV PATH=/bin\nCMD ["sh"]\n' >"$dir/Dockerfile"
    "$COOPER" build -q -t busybox:1 "$dir" >/dev/null
}

# The files of image NAME as a tar listing: mode owner/group size path.
tree_of() {
    printf 'FROM %s\n' "$1" >"$T/Dockerfile.tree"
    "$COOPER" build -q -f "$T/Dockerfile.tree" -o "type=tar,dest=$T/tree.tar" "$T/ctx" >/dev/null
    tar --numeric-owner -tvf "$T/tree.tar"
}

# cat_of NAME PATH: a file out of image NAME.
cat_of() {
    printf 'FROM %s\n' "$1" >"$T/Dockerfile.tree"
    "$COOPER" build -q -f "$T/Dockerfile.tree" -o "type=tar,dest=$T/tree.tar" "$T/ctx" >/dev/null
    tar -xOf "$T/tree.tar" "$2"
}

need_root() {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
}

need() {
    command -v "$1" >/dev/null || skip "needs $1"
}

# REFUSE: a program that runs others on a kernel that lacks calls.
need_refuse() {
    export REFUSE=$ROOT/${OUT:-out/release}/tests/refuse
    [ -x "$REFUSE" ] || make -s -C "$ROOT" "${REFUSE#"$ROOT/"}" >&2
}
