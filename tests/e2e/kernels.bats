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
    'openat2=ENOSYS' 'openat2=EPERM' 'close_range=ENOSYS' 'close_range=EPERM'
    'since-5.6=ENOSYS mounts=ENOSYS' 'since-5.6=EPERM mounts=EPERM' 'landlock=ENOSYS'
)

setup_file() {
    need_refuse
}

context() {
    mkdir -p sub
    echo one >sub/one
    echo secret >"$T/secret"
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN echo a >/a && rm /etc/group && mkdir /d && echo b >/d/b && ln -s b /d/l
RUN --mount=type=bind,rw,target=/ctx echo x >/ctx/x && echo y >/ctx/sub/one && cat /ctx/sub/* >/seen && ls /ctx >>/seen
RUN --mount=type=bind,target=/ctx cat /ctx/sub/one >>/seen && ! touch /ctx/x
RUN --mount=type=tmpfs,target=/t --mount=type=cache,target=/c --mount=type=secret,id=s,target=/run/s \
    cat /run/s && touch /t/x /c/x && rm -r /d && mkdir /d
RUN --mount=type=bind,from=busybox:1,rw,target=/m echo z >/m/z && ls /m >/merged
WORKDIR /work/dir
USER 1000:1000
RUN id -u >/tmp/id && pwd >>/tmp/id && cat /proc/self/status >/dev/null && ls -l /proc/self/fd >/dev/null
EOF
}

# digest_of COMMAND…: of a build under COMMAND, which must say nothing.
digest_of() {
    rm -f "$COOPER_ROOT/engine"
    "$@" "$COOPER" build -q --no-cache --source-date-epoch 1 --secret "id=s,src=$T/secret" . 2>"$T/said" ||
        { cat "$T/said"; return 1; }
    [ ! -s "$T/said" ] || { cat "$T/said"; return 1; }
}

@test "whatever calls are missing, root gets the same image, on overlays" {
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
