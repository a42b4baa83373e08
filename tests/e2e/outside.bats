#!/usr/bin/env bats
# Builds change nothing outside of the store: not the context, not what is around it,
# not the home directory, not the machine. COOPER_SOAK=1 does everything five times.
load helpers

# Everything below $1: type, mode, owner, size, both times and content.
state_of() {
    (cd "$1" && find . -printf '%p %y %m %U %G %s %T@ %C@ %l\n' | sort &&
        find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

# A home directory with contexts in it, one of them the directory itself.
home() {
    mkdir -p "$T/home/project/sub" "$T/home/.config/keep" "$T/home/tmp" "$T/home/.docker"
    echo '{"auths": {"127.0.0.1:1": {"auth": "dTpw"}}}' >"$T/home/.docker/config.json"
    for i in 1 2 3; do echo "file $i" | tee "$T/home/f$i" "$T/home/project/f$i" >"$T/home/project/sub/g$i"; done
    ln -s ../f1 "$T/home/project/out"
    ln -s / "$T/home/project/root"
    ln "$T/home/f2" "$T/home/project/hard"
    mkfifo "$T/home/project/pipe"
    cat >"$T/home/project/Dockerfile" <<'EOF'
FROM busybox:1 AS a
COPY . /all
RUN --mount=target=/m,rw echo x >>/m/f1; rm -rf /m/sub; chmod 600 /m/f2; touch /m/new; mv /m/f3 /m/f4; true
RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t echo y >/c/y; echo z >/t/z
FROM busybox:1
COPY --from=a /all /all
RUN rm -rf /all/* && mkdir -p /root/x /home/x /tmp/x && echo 1 >/etc/hosts || true
WORKDIR /w
EOF
    printf 'FROM busybox:1\nCOPY f1 /\nRUN --mount=target=/m,rw rm -rf /m/*; rm -rf /bin /etc /f1; false\n' \
        >"$T/home/project/failing"
    printf 'FROM busybox:1\nCOPY project/f1 f2 /\nRUN cat /f1 /f2\n' >"$T/home/Dockerfile"
    printf 'FROM busybox:1\nCOPY nothing /\n' >"$T/home/absent"
    printf 'FROM busybox:1\nCOPY . /all\nRUN --mount=target=/m,rw rm -rf /m/sub; sleep 30; : cooper-outside-marker\n' \
        >"$T/home/project/slow"
    printf 'tmp\n.cache\n' >"$T/home/.dockerignore"
    touch -d '2020-02-02' "$T/home/f1" "$T/home/project"
}

# all_builds HOME: good ones, failing ones, a killed one, in all engines.
all_builds() {
    local home=$1 engine
    for engine in "" --isolation=chroot; do
        [ -z "$engine" ] || [ "$(id -u)" -eq 0 ] || continue
        (cd "$home/project" && "$COOPER" build -q $engine -t a:1 --no-cache .) || return 1
        (cd "$home" && "$COOPER" build -q $engine --no-cache .) || return 1
        (cd / && "$COOPER" build -q $engine "$home/project") || return 1
        ! "$COOPER" build -q $engine --no-cache -f "$home/project/failing" "$home/project" || return 1
        ! (cd "$home" && "$COOPER" build -q --on-error=keep $engine --no-cache -f project/failing project) || return 1
        ! (cd "$home" && "$COOPER" build -q $engine -f absent .) || return 1
        "$COOPER" build --progress=plain $engine --no-cache -f "$home/project/slow" "$home/project" 3>&- &
        pid=$!
        for _ in $(seq 100); do pgrep -f cooper-outside-marker >/dev/null && break; sleep 0.05; done
        kill -9 "$pid" || return 1
        ! wait "$pid" || return 1
        TRIED=$((TRIED + 7))
    done
}

@test "builds change nothing around the context, in the home directory or in TMPDIR" {
    busybox_image
    home
    export HOME=$T/home TMPDIR=$T/home/tmp TRIED=0
    [ -z "${COOPER_SOAK:-}" ] || ROUNDS=5
    state_of "$HOME" >"$T/before"
    for _ in $(seq "${ROUNDS:-1}"); do
        all_builds "$HOME" >"$T/log" 2>&1 || { tail -n 30 "$T/log"; false; }
    done
    state_of "$HOME" >"$T/after"
    diff "$T/before" "$T/after"
    echo "$TRIED builds"
    [ "$TRIED" -ge 7 ]
}

# The whole machine is the lower directory of an overlay: what is changed outside of the
# store, which is another file system, is found above it.
@test "builds change nothing on the machine, with / and the home directory around them" {
    need_root
    mkdir -p "$T/machine" "$T/memory" "$T/around/ctx" "$T/around/store"
    echo one >"$T/around/ctx/one"
    printf 'FROM busybox:1\nCOPY . /x\nRUN --mount=target=/m,rw echo 2 >/m/one; touch /m/two /etc/new; id\n' \
        >"$T/around/ctx/Dockerfile"
    printf 'FROM busybox:1\nRUN rm -rf /bin /etc; exit 1\n' >"$T/around/ctx/failing"
    busybox_image
    cp "$COOPER" "$T/around/cooper"
    cat >"$T/around/ctx/commands" <<'EOF'
set -e
export COOPER_ROOT=/store HOME=/root TMPDIR=/tmp
cd /ctx
for engine in --isolation=ns --isolation=chroot; do
    /cooper build -q $engine --no-cache .
    (cd / && /cooper build -q $engine --no-cache ctx)
    (cd /root && /cooper build -q $engine --no-cache ../ctx)
    if /cooper build -q $engine --no-cache -f failing .; then exit 1; fi
    /cooper build -q $engine -t a:1 -m 100m .
    if /cooper build -q $engine --no-cache - <failing; then exit 1; fi
done
/cooper images
/cooper prune --all
EOF
    cat >"$T/inside" <<'EOF'
set -e
cd "$1"
mount -t tmpfs tmpfs memory
mkdir memory/upper memory/work
cp -a around memory/around
mount -t overlay overlay -o \
    lowerdir=memory/around:/,upperdir=memory/upper,workdir=memory/work machine || exit 77
mount --bind store machine/store
mount -t proc proc machine/proc
mount --rbind /dev machine/dev
chroot machine /bin/sh /ctx/commands >&2
# That changes are seen at all.
chroot machine /bin/touch /etc/seen
find memory/upper -mindepth 1 ! -type d -printf '%P\n'
find memory/upper -mindepth 1 -type d -empty -printf '%P\n'
EOF
    unshare -m --propagation private sh "$T/inside" "$T" >"$T/changed" 2>"$T/log" || status=$?
    [ "${status:-0}" -ne 77 ] || skip "needs overlayfs"
    tail -n 20 "$T/log"
    [ "${status:-0}" -eq 0 ]
    cat "$T/changed"
    [ "$(cat "$T/changed")" = etc/seen ]
}

@test "a context may be on a read-only file system" {
    need_root
    busybox_image
    mkdir src
    echo one >src/one
    printf 'FROM busybox:1\nCOPY . /x\nADD src /y\nRUN --mount=target=/m cat /m/src/one >/out\nRUN --mount=target=/m,rw echo two >/m/src/one; cat /m/src/one >>/out\n' >Dockerfile
    cat >"$T/inside" <<'EOF'
set -e
cooper=$1 ctx=$2
mount --bind "$ctx" "$ctx"
mount -o remount,bind,ro "$ctx"
cd "$ctx"
if touch here 2>/dev/null; then exit 76; fi
"$cooper" build --progress=plain -t app:1 .
"$cooper" build --progress=plain --isolation=chroot --no-cache -t app:2 .
EOF
    run unshare -m --propagation private sh "$T/inside" "$COOPER" "$T/ctx"
    echo "$output"
    [ "$status" -eq 0 ]
    for i in 1 2; do [ "$(cat_of "app:$i" out)" = $'one\ntwo' ]; done
    [ "$(cat src/one)" = one ]
}
