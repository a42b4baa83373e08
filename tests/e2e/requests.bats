#!/usr/bin/env bats
# What registries are asked: each name once in a build, nothing for what is stored and
# pinned, and with --offline nobody is connected to.
load helpers

setup_file() {
    . "$BATS_TEST_DIRNAME/../lib/registry.sh"
    PORT=$(free_port)
    REGISTRY=127.0.0.1:$PORT
    python3 "$BATS_TEST_DIRNAME/../lib/faulty_registry.py" --port "$PORT" \
        >"$BATS_FILE_TMPDIR/log" 2>&1 </dev/null 3>&- &
    FAULTY=$!
    for _ in $(seq 100); do
        curl -fsS -o /dev/null "http://$REGISTRY/v2/" 2>/dev/null && break
        sleep 0.1
    done
    export REGISTRY FAULTY
    mkdir "$BATS_FILE_TMPDIR/ctx"
    cd "$BATS_FILE_TMPDIR/ctx"
    cp "$(command -v busybox)" busybox
    printf 'FROM scratch\nCOPY busybox /bin/\nENV PATH=/bin\n' >Dockerfile
    for name in base:1 base:2 other:1; do
        "$ROOT/cooper" build --root "$BATS_FILE_TMPDIR/store" -t "$REGISTRY/$name" --push \
            --digest-file "$BATS_FILE_TMPDIR/digest" -q .
    done
}

teardown_file() {
    kill "$FAULTY"
}

forget() {
    curl -fsS -o /dev/null -X POST "http://$REGISTRY/count"
}

# requests [PART]: how many there were since.
requests() {
    curl -fsS "http://$REGISTRY/control" >"$T/control"
    jq -r '.requests[]' "$T/control" | grep -c "${1:-}" || true
}

@test "each name is requested once per build, however often it is used" {
    cat >Dockerfile <<EOF
ARG NAME=base
FROM $REGISTRY/base:1 AS a
RUN ["/bin/busybox", "true"]
FROM $REGISTRY/\$NAME:1 AS b
COPY --from=$REGISTRY/base:1 /bin/busybox /sh
RUN --mount=from=$REGISTRY/base:1,target=/m ["/bin/busybox", "ls", "/m/bin"]
FROM $REGISTRY/other:1 AS c
COPY --from=a /bin/busybox /sh2
FROM $REGISTRY/base:1
COPY --from=b /sh /sh
COPY --from=c /sh2 /sh2
COPY --from=$REGISTRY/other:1 /bin/busybox /sh3
EOF
    forget
    build -t app:1 .
    [ "$status" -eq 0 ]
    requests manifests
    jq -r '.requests[]' "$T/control"
    [ "$(requests '/base/manifests/1')" -eq 1 ]
    [ "$(requests '/other/manifests/1')" -eq 1 ]
    # Every blob once.
    [ "$(requests 'GET .*blobs')" -eq "$(jq -r '.requests[] | select(test("GET .*blobs"))' "$T/control" | sort -u | wc -l)" ]
    # What is known is not asked for again, unless that is wanted.
    forget
    build -t app:1 .
    [ "$(requests)" -eq 0 ]
    build --no-cache -t app:1 .
    [ "$(requests)" -eq 0 ]
    build --pull -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(requests '/base/manifests/')" -eq 1 ]
    [ "$(requests blobs)" -eq 0 ]
}

@test "each name is requested once, whatever the target is" {
    printf 'FROM %s/base:1 AS a\nCOPY --from=%s/base:2 /bin/busybox /sh\nFROM a AS b\nCOPY Dockerfile /\n' \
        "$REGISTRY" "$REGISTRY" >Dockerfile
    for target in a b; do
        forget
        COOPER_ROOT=$T/store-$target build --jobs 8 --target "$target" -t app:1 .
        [ "$status" -eq 0 ]
        [ "$(requests '/base/manifests/1')" -eq 1 ]
        [ "$(requests '/base/manifests/2')" -eq 1 ]
    done
}

@test "a stored base that is pinned by its digest needs no request" {
    digest=$(cat "$BATS_FILE_TMPDIR/digest")
    printf 'FROM %s/base@%s AS a\nFROM %s/base:1@%s\nCOPY --from=a /bin/busybox /x\nRUN ["/bin/busybox", "true"]\n' \
        "$REGISTRY" "$digest" "$REGISTRY" "$digest" >Dockerfile
    build -t app:1 .
    [ "$status" -eq 0 ]
    forget
    for option in --pull=missing --no-cache --pull=always --pull=newer --pull=never; do
        build "$option" -t app:1 .
        [ "$status" -eq 0 ]
        [ "$(requests)" -eq 0 ] || { echo "$option"; jq -r '.requests[]' "$T/control"; false; }
    done
}

# offline ARGS…: a build under strace; CONNECTED are the calls that could reach anybody.
offline() {
    run strace -f -qq -o "$T/trace" -e trace=connect,sendto,sendmsg,sendmmsg,bind \
        "$COOPER" build --progress=plain --offline "$@"
    echo "$output"
    CONNECTED=$(grep -E 'AF_INET|AF_INET6|sun_path' "$T/trace" || true)
    echo "$CONNECTED"
    [ -z "$CONNECTED" ]
}

@test "offline, a build uses what is stored and opens no connection" {
    need strace
    printf 'FROM %s/base:1\nCOPY Dockerfile /\nRUN ["/bin/busybox", "true"]\n' "$REGISTRY" >Dockerfile
    build -t app:1 .
    # The trace would show it.
    strace -f -qq -o "$T/trace" -e trace=connect "$COOPER" build -q --pull=always . >/dev/null
    grep -q AF_INET "$T/trace"
    forget
    offline -t app:1 .
    [ "$status" -eq 0 ]
    offline --no-cache --pull=always -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(requests)" -eq 0 ]
}

@test "offline, missing content is a clear error, and no connection is opened" {
    need strace
    busybox_image
    git init -q "$T/repository"
    git -C "$T/repository" -c user.name=n -c user.email=e commit -q --allow-empty -m m
    forget
    printf 'FROM %s/missing:1\nCOPY Dockerfile /\n' "$REGISTRY" >Dockerfile
    offline .
    [ "$status" -ne 0 ]
    [[ "$output" == *"$REGISTRY/missing:1"*offline* ]]
    [[ "$output" == *"Dockerfile:1"* ]]
    printf 'FROM no-such-image-anywhere\n' >Dockerfile
    offline .
    [ "$status" -ne 0 ]
    [[ "$output" == *offline* ]]
    printf 'FROM busybox:1\nCOPY --from=%s/missing:1 /x /x\n' "$REGISTRY" >Dockerfile
    offline .
    [[ "$output" == *"$REGISTRY/missing:1"*offline* ]]
    printf 'FROM busybox:1\nADD http://localhost:%s/files/x /x\n' "${REGISTRY#*:}" >Dockerfile
    offline .
    [ "$status" -ne 0 ]
    [[ "$output" == *"localhost"*"not contacted because of --offline"* ]]
    printf 'FROM busybox:1\nADD http://%s/repo.git /x\n' "$REGISTRY" >Dockerfile
    offline .
    [ "$status" -ne 0 ]
    [[ "$output" == *"$REGISTRY/repo.git: not contacted because of --offline"* ]]
    printf 'FROM busybox:1\nCOPY --from=more / /x\n' >Dockerfile
    offline --build-context "more=https://localhost:1/x.git" .
    [ "$status" -ne 0 ]
    [[ "$output" == *"not contacted because of --offline"* ]]
    offline "http://$REGISTRY/x.git"
    [ "$status" -ne 0 ]
    [[ "$output" == *"not contacted because of --offline"* ]]
    offline "http://$REGISTRY/context.tar"
    [ "$status" -ne 0 ]
    [[ "$output" == *"not contacted because of --offline"* ]]
    printf 'FROM busybox:1\n' >Dockerfile
    offline -f "http://$REGISTRY/files/Dockerfile" .
    [ "$status" -ne 0 ]
    [[ "$output" == *"not contacted because of --offline"* ]]
    offline -t "$REGISTRY/x:1" --push .
    [ "$status" -ne 0 ]
    [[ "$output" == *"not contacted because of --offline"* ]]
    [ "$(requests)" -eq 0 ]
}
