#!/usr/bin/env bats
# The store stays as small as it is told to, says how large it is, and keeps what is in use.
load helpers

# Also after a failure.
teardown() {
    cd / || return 1
    umount "$T/tmp" "$T/disk" 2>/dev/null
    rm -rf "$T"
}

# Builds in a row: COOPER_SOAK=1 for many.
if [ -n "${COOPER_SOAK:-}" ]; then BUILDS=100; else BUILDS=12; fi

# Kilobytes of real blocks.
blocks() {
    du -sk "$COOPER_ROOT" | cut -f1
}

@test "a store exceeds its limit only by what is being made" {
    need_root
    mkdir "$T/disk"
    mount -t tmpfs -o size=80m tmpfs "$T/disk"
    export COOPER_ROOT=$T/disk/store
    busybox_image
    printf 'FROM busybox:1\nARG N\nRUN head -c 4000000 /dev/urandom >/large; echo $N\nCOPY f /f\n' >Dockerfile
    for i in $(seq "$BUILDS"); do
        head -c 2000000 /dev/urandom >f
        build --cache-max-size=32MB --build-arg "N=$i" -t app:1 .
        # Of the build before there is still all, and app:1 is never removed.
        [ "$(blocks)" -lt $((32000 + 2000)) ]
        "$COOPER" inspect app:1 >/dev/null
    done
    [ "$(cat_of app:1 f | cmp - f && echo same)" = same ]
    umount "$T/disk"
}

@test "du reports what is on the disk" {
    busybox_image
    for i in 1 2 3 4 5 6; do
        head -c 3000000 /dev/urandom >f
        printf 'FROM busybox:1\nCOPY f /f\nRUN --mount=type=cache,target=/c head -c 1000000 /dev/urandom >/c/%d; cp /f /g\n' "$i" >Dockerfile
        build -t "app:$i" -o "type=oci,dest=$T/out.tar" .
        [ "$status" -eq 0 ]
    done
    told=$("$COOPER" du --format=json | jq .total.bytes)
    real=$(du -sk --block-size=1 "$COOPER_ROOT" | cut -f1)
    echo "told $told, is $real"
    [ "$told" -gt $((real * 99 / 100)) ]
    [ "$told" -lt $((real * 101 / 100)) ]
}

@test "nothing that a running build uses is pruned" {
    need_root
    busybox_image
    echo one >f
    # What the first step makes is needed again when everything has been pruned.
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS other
RUN echo other >/other
FROM busybox:1
COPY f /f
RUN head -c 1000000 /dev/zero >/large
RUN touch /go; sleep 3
COPY --from=other /other /other
RUN cat /f /other && ls -l /large
EOF
    "$COOPER" build --progress=plain -t app:1 . >"$T/log" 2>&1 3>&- &
    builder=$!
    while kill -0 "$builder" 2>/dev/null; do
        "$COOPER" prune --all --mounts >/dev/null
        sleep 0.1
    done
    wait "$builder" || { cat "$T/log"; false; }
    [ "$(cat_of app:1 other)" = other ]
    [ "$(cat_of app:1 f)" = one ]
    # What nobody uses any more goes.
    "$COOPER" rmi app:1 busybox:1
    "$COOPER" prune --all --mounts
    [ "$(blocks)" -lt 200 ]
}
