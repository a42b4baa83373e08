#!/usr/bin/env bats
# Kernels and filters that lack calls: the same image, by other means. What they lack is
# refused by a filter here (tests/lib/refuse.c); `make check-kernels` boots real ones.
load helpers

# What a kernel or a profile refuses, see tests/lib/refuse.c.
FILTERS=(
    'linux-5.10' 'linux-6.1'
    'mount_setattr=ENOSYS' 'mount_setattr=EPERM' 'mount_setattr=EINVAL'
    'fsopen=ENOSYS' 'fsopen=EACCES' 'fsconfig.1=6=EINVAL' 'fsconfig=EPERM' 'fsmount=EACCES'
    'open_tree=EPERM' 'move_mount=EACCES' 'mounts=ENOSYS' 'mounts=EPERM' 'mounts=EACCES'
    'openat2=ENOSYS' 'openat2=EPERM' 'openat2=EACCES' 'close_range=ENOSYS' 'close_range=EPERM'
    'since-5.6=ENOSYS mounts=ENOSYS' 'since-5.6=EPERM mounts=EPERM' 'landlock=ENOSYS'
)

# No sandbox but engine chroot.
NO_SANDBOX='unshare=EPERM mount=EPERM clone.0&0x20000=EPERM'

# Of these, one of each kind, for those whose builds take longer.
FEW_FILTERS=('linux-5.10' 'linux-6.1' 'mount_setattr=EPERM' 'since-5.6=EPERM mounts=EACCES')

# On an old kernel itself those are enough that no kernel is like.
if [ -n "${COOPER_TEST_KERNEL:-}" ]; then
    FILTERS=('since-5.6=EPERM mounts=EACCES')
    FEW_FILTERS=()
fi

setup_file() {
    need_refuse
    export SOURCE_DATE_EPOCH=1
    [ "$(id -u)" -eq 0 ] || return 0
    ranged=cooper-old-$$ single=cooper-old1-$$
    useradd --create-home "$ranged" && useradd --create-home "$single"
    usermod --add-subuids 830000-895535 --add-subgids 830000-895535 "$ranged"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid
    export ranged single
}

teardown_file() {
    [ -z "${ranged:-}" ] || userdel --remove "$ranged" >/dev/null 2>&1
    [ -z "${single:-}" ] || userdel --remove "$single" >/dev/null 2>&1
    true
}

context() {
    mkdir -p sub
    echo one >sub/one
    ln -s sub/one link
    echo secret >"$T/secret"
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN echo a >/a && rm /etc/group && mkdir /d && echo b >/d/b && ln -s b /d/l
RUN --mount=type=bind,rw,target=/ctx echo x >/ctx/x && echo y >/ctx/sub/one && cat /ctx/sub/* >/seen && ls /ctx >>/seen
RUN --mount=type=bind,target=/ctx cat /ctx/sub/one >>/seen && ! touch /ctx/x
RUN --mount=type=tmpfs,target=/t --mount=type=cache,target=/c --mount=type=secret,id=s,target=/run/s,uid=7,gid=8 \
    cat /run/s && touch /t/x /c/x && rm -r /d && mkdir /d && chown 5:6 /t/x && stat -c %u:%g /t/x /run/s >/owners && \
    chown 0:0 /t/x && stat -c %u:%g /t/x >>/owners
RUN --mount=type=bind,from=busybox:1,rw,target=/m echo z >/m/z && ls /m >/merged
RUN --mount=type=bind,rw,source=link,target=/m/file cat /m/file && echo more >>/m/file && cat /m/file >/from-link
RUN --mount=type=bind,from=busybox:1,source=/bin,target=/m ls /m | wc -l >/tools && ! touch /m/x
RUN --mount=type=bind,from=busybox:1,source=/etc/passwd,rw,target=/m/passwd echo x >>/m/passwd && cp /m/passwd /copy
WORKDIR /work/dir
USER 1000:1000
RUN id -u >/tmp/id && pwd >>/tmp/id && cat /proc/self/status >/dev/null && ls -l /proc/self/fd >/dev/null
EOF
}

# digest_of COMMAND…: of a build under COMMAND, which must say nothing.
digest_of() {
    rm -f "$COOPER_ROOT/engine"
    "$@" "$COOPER" build -q --no-cache --secret "id=s,src=$T/secret" . 2>"$T/said" ||
        { cat "$T/said"; return 1; }
    [ ! -s "$T/said" ] || { cat "$T/said"; return 1; }
}

@test "whatever system calls are missing, root gets the same image, on overlays" {
    need_root
    busybox_image
    context
    digest=$(digest_of)
    for rules in "${FILTERS[@]}"; do
        echo "$rules"
        # shellcheck disable=SC2086
        got=$(digest_of "$REFUSE" $rules --) || { cat "$T/said"; return 1; }
        [ "$got" = "$digest" ]
    done
}

# The image of USER under each of the filters, which root sets up, is root's.
same_for() {
    local who=$1 digest said="$T/said"
    need_root
    local as_user=(setpriv --reuid "$who" --regid "$who" --init-groups env HOME="/home/$who"
        USER="$who" COOPER_ROOT="/home/$who/store")
    busybox_image
    context
    chmod -R a+rX "$T"
    chmod 644 "$T/secret"
    digest=$(digest_of)
    "${as_user[@]}" "$COOPER" build -q -t busybox:1 "$T/busybox" >/dev/null
    for rules in '' "${FEW_FILTERS[@]}"; do
        echo "$rules"
        rm -f "/home/$who/store/engine"
        # shellcheck disable=SC2086
        ${rules:+"$REFUSE" $rules --} "${as_user[@]}" \
            "$COOPER" build -q --no-cache --secret "id=s,src=$T/secret" . >"$T/digest" 2>"$said" ||
            { cat "$said"; return 1; }
        cat "$said"
        [ "$(cat "$T/digest")" = "$digest" ]
    done
}

@test "whatever system calls are missing, engine chroot makes the same image" {
    need_root
    busybox_image
    context
    # There are no read-only mounts there.
    sed -i 's/ && ! touch [^ ]*$//' Dockerfile
    digest=$(digest_of)
    local all=('' linux-5.10 since-5.6=EPERM since-5.6=ENOSYS landlock=EPERM openat2=EACCES)
    [ -z "${COOPER_TEST_KERNEL:-}" ] || all=('')
    for rules in "${all[@]}"; do
        echo "$rules"
        # shellcheck disable=SC2086
        got=$(${rules:+"$REFUSE" $rules --} "$COOPER" build -q --no-cache --isolation=chroot --secret "id=s,src=$T/secret" . 2>"$T/said") ||
            { cat "$T/said"; return 1; }
        [ "$got" = "$digest" ]
    done
}

@test "whatever system calls are missing, a user with subordinate ids gets root's image" {
    same_for "$ranged"
}

@test "whatever system calls are missing, a user with a single id gets root's image" {
    same_for "$single"
}

# In a mount namespace of its own: a store on a file system that overlayfs refuses even
# to read from, as an overlay on an overlay is.
deep_store() {
    set -e
    mkdir -p "$T/deep" "$T/low"
    mount -t tmpfs tmpfs "$T/deep"
    mkdir "$T/deep"/{a,u,w,m,top}
    mount -t overlay o -o "lowerdir=$T/deep/a,upperdir=$T/deep/u,workdir=$T/deep/w" "$T/deep/m"
    # A tmpfs takes the attributes of a store since Linux 6.6.
    [ -n "${COOPER_TEST_KERNEL:-}" ] || mount -t tmpfs tmpfs "$T/low"
    mkdir "$T/low"/{u,w}
    mount -t overlay o -o "lowerdir=$T/deep/m,upperdir=$T/low/u,workdir=$T/low/w" "$T/deep/top"
    export COOPER_ROOT=$T/deep/top/store
    rm -rf "$T/busybox"
    busybox_image
    "$@" "$COOPER" build -q --no-cache --secret "id=s,src=$T/secret" .
    "$COOPER" build --progress=plain --no-cache --secret "id=s,src=$T/secret" . 2>&1 | grep -q "works on copies"
}

@test "where no overlay can be mounted, every kind of bind mount works and the image is the same" {
    need_root
    busybox_image
    context
    digest=$(digest_of)
    export -f deep_store busybox_image
    export T COOPER
    local all=('' linux-5.10 mounts=EPERM)
    [ -z "${COOPER_TEST_KERNEL:-}" ] || all=('')
    for rules in "${all[@]}"; do
        echo "rules: $rules"
        # shellcheck disable=SC2086
        got=$(unshare -m bash -c "deep_store ${rules:+$REFUSE $rules --}")
        [ "$got" = "$digest" ]
    done
}

@test "doctor tries what builds use, with the requested engine" {
    need_root
    run "$REFUSE" fsconfig.1=6=EINVAL mount_setattr=ENOSYS -- "$COOPER" doctor
    echo "$output"
    # Since Linux 5.11 overlayfs takes what cooper asks of it.
    if [ "$(printf '%s\n' 5.11 "$(uname -r)" | sort -V | head -n 1)" = 5.11 ]; then
        [[ $output == *'ok  overlay file system'*'ok  RUN'*'engine ns'* ]]
        [[ $output != *'copies of the layers'* ]]
    else
        [[ $output == *'no  overlay file system'*'Linux 5.11 or newer'*'ok  RUN'*'copies of the layers'* ]]
    fi
    run "$COOPER" doctor --isolation=chroot --format=json
    [ "$(jq -r .engine <<<"$output")" = chroot ]
    # shellcheck disable=SC2086
    run "$REFUSE" $NO_SANDBOX -- "$COOPER" doctor --isolation=ns
    echo "$output"
    [ "$status" -eq 10 ]
    [[ $output == *'no  overlay file system'*'no  RUN'* ]]
    run "$COOPER" doctor --isolation=vm
    [[ $output == *'auto, ns, chroot or trap'* ]]
}

@test "without Landlock and outside a container, engine chroot is used only if named" {
    need_root
    [ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] || skip "needs the machine's process namespace"
    busybox_image
    printf 'FROM busybox:1\nRUN echo ran >/ran\n' >Dockerfile
    # shellcheck disable=SC2086
    run "$REFUSE" $NO_SANDBOX landlock=ENOSYS -- "$COOPER" build .
    echo "$output"
    [ "$status" -eq 10 ]
    [[ $output == *'RUN needs a sandbox, and this machine allows none'* ]]
    [[ $output == *'--isolation=chroot'* ]]
    # shellcheck disable=SC2086
    run "$REFUSE" $NO_SANDBOX landlock=ENOSYS -- "$COOPER" build --isolation=chroot -t x .
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'no Landlock'* ]]
    # With Landlock it may be found.
    if "$COOPER" doctor | grep -q '^ok  Landlock'; then
        # shellcheck disable=SC2086
        run "$REFUSE" $NO_SANDBOX -- "$COOPER" build --no-cache .
        [ "$status" -eq 0 ]
        [[ $output == *'engine "chroot" is slower'* ]]
    fi
    # In a container it is the container that holds a step.
    # shellcheck disable=SC2086
    run unshare --pid --fork --mount-proc "$REFUSE" $NO_SANDBOX landlock=ENOSYS -- "$COOPER" build --no-cache .
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'(no Landlock)'* ]]
}
