#!/usr/bin/env bats
# SIGKILL and Ctrl-C at any moment: the next build succeeds, its digests are
# right, nothing is left mounted or running. KILLS sets how often (default 30).
load helpers

leftovers() {
    grep -c "$T" /proc/self/mountinfo
    pgrep -f "cooper-fault-marker" | wc -l
}

# A Dockerfile whose steps take long enough to be hit in the middle of each kind.
slow_context() {
    busybox_image
    mkdir files
    for i in $(seq 200); do head -c 3000 /dev/urandom >"files/$i"; done
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
COPY files /files
RUN for i in 1 2 3 4 5 6 7 8; do cp -r /files /copy$i; done; : cooper-fault-marker
FROM busybox:1
WORKDIR /w
COPY --from=a /copy1 .
RUN sleep 0.05; cat /w/* > /all; : cooper-fault-marker
EOF
}

@test "a build killed at random moments leaves nothing to repair" {
    slow_context
    export SOURCE_DATE_EPOCH=1700000000
    build --no-cache -t app:1 --digest-file "$T/want" .
    [ "$status" -eq 0 ]
    for i in $(seq "${KILLS:-30}"); do
        "$COOPER" build --no-cache -q -t app:1 . >/dev/null 2>&1 3>&- &
        pid=$!
        sleep "0.$(printf '%03d' $((RANDOM % 400)))"
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    sleep 0.3
    [ "$(grep -c "$T" /proc/self/mountinfo)" -eq 0 ]
    [ "$(pgrep -fc cooper-fault-marker)" -eq 0 ]
    build -t app:1 --digest-file "$T/got" .
    [ "$status" -eq 0 ]
    cmp "$T/want" "$T/got"
    build --no-cache -t app:1 --digest-file "$T/got" .
    [ "$status" -eq 0 ]
    cmp "$T/want" "$T/got"
    # One orphan generation at most, swept by the builds above.
    [ "$(find "$COOPER_ROOT/tmp" -mindepth 1 -maxdepth 1 | wc -l)" -le 1 ]
}

@test "pull and push killed at random moments leave nothing to repair" {
    need docker-registry
    head -c 30M /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    registry_start "$T/registry"
    build -t "$REGISTRY/x:1" .
    [ "$status" -eq 0 ]
    for i in $(seq "$((${KILLS:-30} / 2))"); do
        "$COOPER" push -q "$REGISTRY/x:1" >/dev/null 2>&1 3>&- &
        pid=$!
        sleep "0.$(printf '%03d' $((RANDOM % 200)))"
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    "$COOPER" push --digest-file "$T/want" "$REGISTRY/x:1"
    for i in $(seq "$((${KILLS:-30} / 2))"); do
        COOPER_ROOT=$T/other "$COOPER" pull -q "$REGISTRY/x:1" >/dev/null 2>&1 3>&- &
        pid=$!
        sleep "0.$(printf '%03d' $((RANDOM % 150)))"
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    COOPER_ROOT=$T/other "$COOPER" pull "$REGISTRY/x:1"
    registry_stop
    cd "$T/other/blobs/sha256"
    for f in *; do [ "$(sha256sum <"$f" | cut -d' ' -f1)" = "$f" ]; done
}

@test "Ctrl-C ends a build in good order" {
    busybox_image
    printf 'FROM busybox:1\nRUN sleep 60; : cooper-fault-marker\n' >Dockerfile
    "$COOPER" build --progress=plain -t app:1 . >"$T/log" 2>&1 3>&- &
    pid=$!
    for _ in $(seq 50); do pgrep -f 'sleep 60' >/dev/null && break; sleep 0.1; done
    kill -INT "$pid"
    code=0
    wait "$pid" || code=$?
    cat "$T/log"
    [ "$code" -eq 130 ]
    [ "$(pgrep -fc cooper-fault-marker)" -eq 0 ]
    [ "$(grep -c "$T" /proc/self/mountinfo)" -eq 0 ]
    [ -z "$(find "$COOPER_ROOT/tmp" -mindepth 1 -maxdepth 1)" ]
}

@test "a failing step stops the others and leaves nothing behind" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
RUN sleep 60; : cooper-fault-marker
FROM busybox:1 AS b
RUN sleep 0.2; exit 3
FROM busybox:1
COPY --from=a /etc/passwd /a
COPY --from=b /etc/passwd /b
EOF
    start=$SECONDS
    build .
    echo "$output"
    [ "$status" -eq 5 ]
    [ $((SECONDS - start)) -lt 10 ]
    [[ "$output" == *"exit code: 3"* ]]
    [ "$(pgrep -fc cooper-fault-marker)" -eq 0 ]
}

@test "a broken cache record is a miss and a warning" {
    busybox_image
    printf 'FROM busybox:1\nRUN echo x > /x\n' >Dockerfile
    build -t app:1 .
    for f in "$COOPER_ROOT"/steps/*; do echo '{"broken' >"$f"; done
    build -t app:1 .
    [ "$status" -eq 0 ]
    [[ "$output" == *"taken as a miss"* ]]
    for f in "$COOPER_ROOT"/steps/* "$COOPER_ROOT"/trees/* "$COOPER_ROOT"/contexts/*; do
        [ ! -f "$f" ] || : >"$f"
    done
    build -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 x)" = x ]
}
