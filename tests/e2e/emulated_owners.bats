#!/usr/bin/env bats
# Owners of all kinds of files, given in one step, seen and changed in later ones, by root
# and by users, copied to other stages (testdata/owners): what a user with a single id
# sees and gets is what root does, digest for digest.
load helpers

setup_file() {
    [ "$(id -u)" -eq 0 ] || return 0
    cc -static -O1 -D_GNU_SOURCE -o "$BATS_FILE_TMPDIR/new_file" "$ROOT/tests/lib/new_file.c"
    single=cooper-owners-$$
    useradd --create-home "$single"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid
    export single
}

teardown_file() {
    [ -z "${single:-}" ] || userdel --remove "$single" >/dev/null 2>&1
    true
}

# The same for everybody: what the base image's archive has, and three stages. Whether links
# of a lower layer are copied as links depends on the engine (docs/architecture.md).
prepare() {
    busybox_image
    chmod -R a+rX "$T/busybox"
    cp "$ROOT"/testdata/owners/*.sh "$BATS_FILE_TMPDIR/new_file" "$T/ctx"
    python3 -c '
import sys, tarfile
with tarfile.open(sys.argv[1], "w") as tar:
    for name, kind, uid, gid in (("link", tarfile.SYMTYPE, 21, 22), ("pipe", tarfile.FIFOTYPE, 23, 24),
                                 ("dangling", tarfile.SYMTYPE, 25, 26), ("changed", tarfile.SYMTYPE, 27, 28),
                                 ("file", tarfile.REGTYPE, 29, 30)):
        e = tarfile.TarInfo("t/base/" + name)
        e.type, e.uid, e.gid, e.mode, e.linkname = kind, uid, gid, 0o644, "target" if kind == tarfile.SYMTYPE else ""
        e.mtime = 1000000000
        tar.addfile(e)' "$T/ctx/base.tar"
    cat >"$T/ctx/Dockerfile" <<'EOF'
FROM busybox:1 AS base
ADD base.tar /
FROM base AS made
RUN --mount=target=/ctx sh /ctx/list.sh 0 && sh /ctx/make.sh && sh /ctx/list.sh 1
RUN --mount=target=/ctx sh /ctx/list.sh 2 && sh /ctx/use.sh && sh /ctx/list.sh 3
RUN mkdir /t/free && chown app:app /t/free
USER app
RUN --mount=target=/ctx sh /ctx/user.sh && sh /ctx/list.sh 4 free
FROM busybox:1
COPY --from=made /t /t
RUN --mount=target=/ctx sh /ctx/list.sh 5
RUN --mount=from=made,target=/m,rw cp -a /m/t /u && rm /u/free/u1-hard && cd /u && find . | sort | while read -r p; do echo "@ 6 $p $(stat -c '%f %u %g' "$p")"; done
EOF
    chmod -R a+rX "$T/ctx"
}

# built NAME COMMAND…: by COMMAND with ENGINE's option; what steps saw goes to $T/NAME.
built() {
    local name=$1
    shift
    "$@" "$COOPER" build --no-cache --progress=plain $ENGINE \
        --digest-file "$T/out/$name.digest" -t owners:1 "$T/ctx" >"$T/$name.log" 2>&1 ||
        { cat "$T/$name.log"; return 1; }
    sed -n 's/^#[0-9]* [0-9.]* @ /@ /p' "$T/$name.log" | sort >"$T/$name"
    [ "$(wc -l <"$T/$name")" -gt 550 ]
    ! grep 'no: ' "$T/$name.log"
}

same_as_root() {
    diff "$T/root" "$T/$1" | sed 's/^/# /' | head -40
    cmp "$T/root" "$T/$1"
    cmp "$T/out/root.digest" "$T/out/$1.digest"
}

# by_single COMMAND…: as the user with a single id.
by_single() {
    setpriv --reuid "$single" --regid "$single" --clear-groups env -u COOPER_ROOT \
        "HOME=/home/$single" "$@"
}

begin() {
    need_root
    export SOURCE_DATE_EPOCH=1700000000
    prepare
    mkdir -m 777 "$T/out"
    ENGINE= built root env
    grep -q '@ 2 ./a3 .* 77 88' "$T/root"
}

@test "a user with a single id sees and sets the same owners as root" {
    begin
    by_single "$COOPER" build -q -t busybox:1 "$T/busybox"
    ENGINE= built single by_single
    grep -q "only one user id" "$T/single.log"
    same_as_root single
}

@test "… so does root under chroot" {
    begin
    ENGINE=--isolation=chroot built chroot env
    same_as_root chroot
}

@test "… and a user with a single id under chroot" {
    begin
    by_single "$COOPER" build -q -t busybox:1 "$T/busybox"
    ENGINE=--isolation=chroot built chroot by_single
    same_as_root chroot
}

@test "… and a user with a single id on copies of the layers" {
    begin
    mkdir -p "$T/over"/{lower,upper,work,merged}
    mount -t overlay overlay -o \
        "lowerdir=$T/over/lower,upperdir=$T/over/upper,workdir=$T/over/work" "$T/over/merged" ||
        skip "needs overlayfs"
    chmod 777 "$T/over/merged"
    local store="COOPER_ROOT=$T/over/merged/store"
    by_single env "$store" "$COOPER" build -q -t busybox:1 "$T/busybox"
    ENGINE= built plain by_single env "$store"
    grep -q "copies of the layers" "$T/plain.log"
    same_as_root plain
}

@test "where owners cannot be stored, only RUN is refused, with the reason" {
    need_root
    need_refuse
    prepare
    by_single "$COOPER" build -q -t busybox:1 "$T/busybox"
    printf 'FROM busybox:1\nRUN chown 5:6 /etc/passwd\n' >"$T/ctx/Dockerfile"
    for engine in "" --isolation=chroot; do
        # shellcheck disable=SC2086
        run by_single "$REFUSE" "seccomp.1&8=EINVAL" -- "$COOPER" build --progress=plain $engine "$T/ctx"
        echo "$output"
        [ "$status" -eq 10 ]
        [[ "$output" == *"ERROR: "*"a single user id needs a supervisor of system calls, which is refused here"* ]]
        [[ "$output" != *"exit code"* ]]
    done
    run by_single "$REFUSE" "seccomp.1&8=EINVAL" -- "$COOPER" doctor
    echo "$output"
    [[ "$output" == *"supervisor of system calls, which is refused here"* ]]
    printf 'FROM busybox:1\nCOPY --chown=5:6 list.sh /\n' >"$T/ctx/Dockerfile"
    by_single "$REFUSE" "seccomp.1&8=EINVAL" -- "$COOPER" build "$T/ctx"
}

teardown() {
    cd / || return 1
    umount -l "$T/over/merged" 2>/dev/null || true
    rm -rf "$T"
}
