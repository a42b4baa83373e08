#!/usr/bin/env bats
# SIGKILL and Ctrl-C at any moment: the next build succeeds, its digests are
# right, nothing is left mounted or running. COOPER_SOAK=1 kills 500 times.
load helpers

if [ -n "${COOPER_SOAK:-}" ]; then KILLS=${KILLS:-500}; else KILLS=${KILLS:-10}; fi

teardown() {
    cd / || return 1
    registry_stop
    rm -rf "$T"
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
    # Not those of somebody else's tests.
    sed -i "s/cooper-fault-marker/fault-${T##*.}/" Dockerfile
}

# killed MS ARGS…: cooper runs for less than MS milliseconds. Its program has a name of
# its own, by which processes that outlive it are known.
killed() {
    local ms=$1 pid
    shift
    "$T/killed" "$@" >/dev/null 2>&1 3>&- &
    pid=$!
    sleep "$(printf '0.%03d' $((RANDOM % ms)))"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || HIT=$((HIT + ($? == 137)))
}

# Processes of the builder and of its steps. Who was killed takes its children along,
# but not in no time.
processes_left() {
    local try left
    for try in $(seq 40); do
        left=$(find /proc -maxdepth 2 -name exe -lname "$T/*" 2>/dev/null)$(pgrep -f "fault-${T##*.}")
        [ -n "$left" ] || return 0
        sleep 0.05
    done
    echo "$left"
}

# What must be true after each kill; the next build finds and removes the rest.
nothing_left() {
    local left
    left=$(processes_left)
    [ -z "$left" ] || { echo "processes: $left"; return 1; }
    if grep "$T" /proc/self/mountinfo; then return 1; fi
    left=$(find "$COOPER_ROOT/tmp" -mindepth 1 -maxdepth 1 ! -name 'lease-*' | wc -l)
    [ "$left" -le 1 ] || { echo "$left orphans"; return 1; }
}

# next_build ARGS…: succeeds, as if nothing had been.
next_build() {
    "$COOPER" build --progress=plain -t app:1 --digest-file "$T/got" "$@" . >"$T/log" 2>&1 ||
        { tail -n 20 "$T/log"; return 1; }
    cmp "$T/want" "$T/got" || return 1
    [ -z "$(ls -A "$COOPER_ROOT/tmp")" ] || { ls -A "$COOPER_ROOT/tmp"; return 1; }
}

@test "a build killed at random moments leaves nothing to repair" {
    slow_context
    export SOURCE_DATE_EPOCH=1700000000 HIT=0
    ln "$COOPER" "$T/killed" 2>/dev/null || cp "$COOPER" "$T/killed"
    build --no-cache -t app:1 --digest-file "$T/want" .
    [ "$status" -eq 0 ]
    for i in $(seq "$KILLS"); do
        case $((i % 4)) in
        0) killed 60 build -q -t app:1 . ;;
        1) killed 60 prune --all ;;
        *) killed 400 build --no-cache -q -t app:1 . ;;
        esac
        nothing_left
        if [ $((i % 5)) -eq 0 ]; then next_build --no-cache; else next_build; fi
    done
    echo "$HIT of $KILLS were running"
    [ "$HIT" -ge $((KILLS / 4)) ]
}

@test "pull and push killed at random moments leave nothing to repair" {
    need docker-registry
    export SOURCE_DATE_EPOCH=1700000000 HIT=0
    ln "$COOPER" "$T/killed" 2>/dev/null || cp "$COOPER" "$T/killed"
    head -c 30M /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    registry_start "$T/registry"
    build -t "$REGISTRY/x:1" --digest-file "$T/want" .
    [ "$status" -eq 0 ]
    for i in $(seq $((KILLS / 3))); do
        killed 200 push -q "$REGISTRY/x:1"
        nothing_left
        next_build
    done
    "$COOPER" push --digest-file "$T/pushed" "$REGISTRY/x:1"
    printf 'FROM %s/x:1\nCOPY Dockerfile /\n' "$REGISTRY" >Dockerfile
    COOPER_ROOT=$T/third build -t app:1 --digest-file "$T/want" .
    [ "$status" -eq 0 ]
    export COOPER_ROOT=$T/other
    for i in $(seq $((KILLS / 3))); do
        if [ $((i % 2)) -eq 0 ]; then
            killed 150 pull -q "$REGISTRY/x:1"
        else
            killed 200 build -q -t app:1 .
        fi
        nothing_left
        if [ $((i % 3)) -eq 0 ]; then
            next_build
            "$COOPER" rmi app:1 "$REGISTRY/x:1" >/dev/null 2>&1 || true
            "$COOPER" prune --all >/dev/null
        fi
    done
    "$COOPER" pull "$REGISTRY/x:1"
    next_build
    registry_stop
    echo "$HIT of $((KILLS / 3 * 2)) were running"
    [ "$HIT" -ge $((KILLS / 6)) ]
    cd "$T/other/blobs/sha256"
    for f in *; do [ "$(sha256sum <"$f" | cut -d' ' -f1)" = "$f" ]; done
}

@test "leftovers of a process that died while it started are removed by the next one" {
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    build .
    mkdir "$COOPER_ROOT/tmp/.new-0123456789abcdef" "$COOPER_ROOT/tmp/0123456789abcdef"
    : >"$COOPER_ROOT/tmp/.new-0123456789abcdef/owner"
    : >"$COOPER_ROOT/tmp/lease-0123456789abcdef"
    # Somebody is being born: nobody can say which of them are dead.
    flock -s "$COOPER_ROOT/tmp" "$COOPER" build -q . >/dev/null
    [ "$(ls -A "$COOPER_ROOT/tmp")" = .new-0123456789abcdef ]
    build .
    [ -z "$(ls -A "$COOPER_ROOT/tmp")" ]
}

@test "Ctrl-C ends a build cleanly" {
    busybox_image
    printf 'FROM busybox:1\nRUN sleep 60; : cooper-fault-marker\n' >Dockerfile
    env --default-signal=INT "$COOPER" build --progress=plain -t app:1 . >"$T/log" 2>&1 3>&- &
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
    [[ "$output" == *"counts as a miss"* ]]
    for f in "$COOPER_ROOT"/steps/* "$COOPER_ROOT"/trees/* "$COOPER_ROOT"/contexts/*; do
        [ ! -f "$f" ] || : >"$f"
    done
    build -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 x)" = x ]
}

@test "a signal ends a build at once, and the next command removes what is left" {
    need_root
    busybox_image
    for i in $(seq 20); do
        mkdir -p "many/$i"
        (cd "many/$i" && touch $(seq 100))
    done
    echo cooper-canary-secret >"$T/secret"
    printf 'FROM busybox:1\nCOPY many /many\nRUN --mount=type=secret,id=s sleep 600\n' >Dockerfile
    "$COOPER" build --isolation=chroot --secret "id=s,src=$T/secret" --progress=plain . >"$T/log" 2>&1 3>&- &
    builder=$!
    for _ in $(seq 600); do
        ! pgrep -f '^sleep 600$' -P "$(pgrep -P "$builder" supervisor || echo 0)" >/dev/null || break
        sleep 0.1
    done
    grep -rq cooper-canary-secret "$COOPER_ROOT/tmp"
    asked=$(date +%s)
    kill -TERM "$builder"
    status=0
    wait "$builder" || status=$?
    [ "$status" -eq 130 ]
    # Nearly all is there still, but nothing that must not be.
    [ $(($(date +%s) - asked)) -lt 5 ]
    [ "$(find "$COOPER_ROOT/tmp" -path '*/many/*/*' | wc -l)" -ge 1700 ]
    ! grep -rq cooper-canary-secret "$COOPER_ROOT/tmp"
    run "$COOPER" images
    [ "$status" -eq 0 ]
    [ -z "$(ls -A "$COOPER_ROOT/tmp")" ]
}
