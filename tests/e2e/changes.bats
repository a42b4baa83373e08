#!/usr/bin/env bats
# Whatever a RUN step did is in its layer: a table of changes (testdata/changes), the
# live tree at the end of the step against the tree of the image, in every engine.
load helpers

setup_file() {
    cc -static -O1 -D_GNU_SOURCE -o "$BATS_FILE_TMPDIR/attr" "$ROOT/tests/lib/attr.c"
    single=cooper-changes-$$
    [ "$(id -u)" -ne 0 ] || useradd --create-home "$single"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid 2>/dev/null || true
    export single
}

teardown_file() {
    [ "$(id -u)" -ne 0 ] || userdel --remove "$single" >/dev/null 2>&1
    true
}

# check COMMAND…: cooper is run by COMMAND, with ENGINE's option.
check() {
    cp "$ROOT"/testdata/changes/*.sh "$BATS_FILE_TMPDIR/attr" "$T/ctx"
    [ "$(grep -c '[^ ] *# ' "$T/ctx/changes.sh")" -ge 80 ]
    chmod -R a+rX "$T/ctx"
    cat >"$T/ctx/Dockerfile" <<'EOF'
FROM busybox:1
RUN --mount=target=/ctx sh /ctx/before.sh
RUN --mount=target=/ctx sh /ctx/changes.sh && sh /ctx/list.sh
EOF
    "$@" "$COOPER" build --no-cache --progress=plain $ENGINE -t changes:1 "$T/ctx" >"$T/log" 2>&1 ||
        { cat "$T/log"; return 1; }
    grep -q "$EXPECT" "$T/log" || [ -z "$EXPECT" ]
    "$@" "$COOPER" build -q $ENGINE -o "type=tar,dest=-" - >"$T/tree.tar" <<'EOF'
FROM changes:1
EOF
    sed -n 's/^#[0-9]* [0-9.]* @ /@ /p' "$T/log" | sort >"$T/live"
    python3 "$ROOT/tests/lib/list_tree.py" "$T/tree.tar" | sort >"$T/image"
    [ "$(wc -l <"$T/live")" -gt 300 ]
    diff "$T/live" "$T/image" | sed 's/^/# /'
    cmp "$T/live" "$T/image"
    sha256sum <"$T/image" | cut -c1-12
}

@test "a layer contains all changes of its step: namespaces and overlayfs" {
    busybox_image
    ENGINE= EXPECT= check env
}

@test "… namespaces with a single id" {
    need_root
    busybox_image
    cp -r "$T/busybox" "$T/bb"
    chmod -R a+rX "$T/bb"
    local as=(setpriv --reuid "$single" --regid "$single" --clear-groups env -u COOPER_ROOT
        "HOME=/home/$single")
    "${as[@]}" "$COOPER" build -q -t busybox:1 "$T/bb" >/dev/null
    ENGINE= EXPECT="only one user id" check "${as[@]}"
}

@test "… chroot and a plain tree" {
    need_root
    busybox_image
    ENGINE=--isolation=chroot EXPECT= check env
}

@test "… namespaces and a plain tree" {
    need_root
    mkdir -p "$T/over"/{lower,upper,work,merged}
    mount -t overlay overlay -o \
        "lowerdir=$T/over/lower,upperdir=$T/over/upper,workdir=$T/over/work" "$T/over/merged" ||
        skip "needs overlayfs"
    export COOPER_ROOT=$T/over/merged/store
    busybox_image
    ENGINE= EXPECT="copies of the layers" check env
    umount -l "$T/over/merged"
}

@test "… and a file of more than 8 GiB" {
    [ -n "${COOPER_SOAK:-}" ] || skip "COOPER_SOAK is not set: it takes 9 GB and a minute"
    busybox_image
    printf 'FROM busybox:1\nRUN truncate -s 8590000000 /huge && echo end >>/huge\n' >Dockerfile
    "$COOPER" build -q -o "type=tar,dest=-" . | tar -xO huge | sha256sum >"$T/got"
    { head -c 8590000000 /dev/zero; echo end; } | sha256sum | cmp - "$T/got"
}
