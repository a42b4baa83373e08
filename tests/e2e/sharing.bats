#!/usr/bin/env bats
# Many builders at one store: equal steps run once, nothing is lost to the collector,
# caches are shared as their instructions say. COOPER_SOAK=1 takes a minute for the
# collector instead of some seconds.
load helpers

# build_many N: as many builders at once of Dockerfile.1, Dockerfile.2, …; their logs.
build_many() {
    local i pids=() bad=0
    for i in $(seq "$1"); do
        "$COOPER" build --progress=plain -f "Dockerfile.$i" -t "app:$i" \
            --digest-file "$T/digest.$i" . >"$T/log.$i" 2>&1 3>&- &
        pids+=($!)
    done
    for i in $(seq "$1"); do
        wait "${pids[i - 1]}" || { tail -n 20 "$T/log.$i"; bad=1; }
    done
    return "$bad"
}

@test "an equal step of 16 concurrent builds runs once" {
    busybox_image
    echo shared >file
    # Each has a stage that all share, one that half of them share, and a step of its own.
    for i in $(seq 16); do
        cat >"Dockerfile.$i" <<EOF
FROM busybox:1 AS all
COPY file /file
RUN --mount=type=cache,id=count,target=/count sleep 0.2; mktemp /count/all.XXXXXX
RUN --mount=type=cache,id=count,target=/count cat /file >/copy; mktemp /count/next.XXXXXX
FROM busybox:1 AS half
RUN --mount=type=cache,id=count,target=/count echo $((i % 2)) >/half; mktemp /count/half.XXXXXX
FROM all
COPY --from=half /half /
RUN --mount=type=cache,id=count,target=/count echo $i >/own; mktemp /count/own.XXXXXX
EOF
    done
    build_many 16
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=cache,id=count,target=/count cd /count && ls | sed 's/\..*//' | sort | uniq -c | tr -d '\n' >/out
EOF
    build -t counted:1 .
    cat_of counted:1 out | tee "$T/counted"
    [ "$(tr -s ' ' <"$T/counted")" = " 1 all 2 half 1 next 16 own" ]
    for i in 1 8 16; do [ "$(cat_of "app:$i" own)" = "$i" ]; done
    for i in 3 4; do [ "$(cat_of "app:$i" half)" = $((i % 2)) ]; done
}

@test "concurrent builds and a collector that never pauses do not hinder each other" {
    export SOURCE_DATE_EPOCH=1700000000
    busybox_image
    echo shared >file
    for i in $(seq 16); do
        cat >"Dockerfile.$i" <<EOF
FROM busybox:1 AS all
COPY file /file
RUN seq 2000 >/n; cat /file
FROM busybox:1 AS half
WORKDIR /w$((i % 2))
RUN seq 3000 >n
FROM all
COPY --from=half /w$((i % 2))/n /n2
RUN echo $i >/own; sync
EOF
    done
    build_many 16
    for i in $(seq 16); do cp "$T/digest.$i" "$T/want.$i"; done
    : >"$T/go"
    (while [ -e "$T/go" ]; do
        "$COOPER" prune --all || { echo "prune failed: $?"; break; }
    done >"$T/prunes" 2>&1) 3>&- &
    collector=$!
    (while [ -e "$T/go" ]; do
        "$COOPER" rmi app:3 app:4 || sleep 0.05
    done >/dev/null 2>&1) 3>&- &
    remover=$!
    rounds=0 bad=0 end=$((SECONDS + ${COOPER_SOAK:+60} + 4))
    while [ "$SECONDS" -lt "$end" ]; do
        build_many 16 || { bad=1; break; }
        for i in $(seq 16); do cmp "$T/want.$i" "$T/digest.$i" || bad=1; done
        rounds=$((rounds + 1))
    done
    rm "$T/go"
    wait "$collector" "$remover" || true
    echo "$rounds rounds, $(wc -l <"$T/prunes") lines of prune"
    ! grep failed "$T/prunes"
    [ "$bad" -eq 0 ]
    for i in 1 2 16; do [ "$(cat_of "app:$i" own)" = "$i" ]; done
    # What the tags reach is whole.
    cd "$COOPER_ROOT/blobs/sha256"
    for f in *; do [ "$(sha256sum <"$f" | cut -d' ' -f1)" = "$f" ]; done
    [ -z "$(ls -A "$COOPER_ROOT/tmp")" ]
}

# two_caches SHARING: two processes use one cache for a while; what the second one saw.
two_caches() {
    for i in 1 2; do
        cat >"Dockerfile.$i" <<EOF
FROM busybox:1
RUN --mount=type=cache,id=c-$1,target=/c,sharing=$1 echo enter $i >>/c/log; sleep 0.6; echo leave $i >>/c/log; cp /c/log /out
EOF
    done
    build_many 2
    cat_of app:1 out >"$T/first"
    cat_of app:2 out >"$T/second"
    if [ "$(wc -l <"$T/first")" -gt "$(wc -l <"$T/second")" ]; then
        cat "$T/first"
    else
        cat "$T/second"
    fi
}

@test "a locked cache belongs to one process at a time, others wait" {
    busybox_image
    two_caches locked >"$T/seen"
    cat "$T/seen"
    first=$(sed -n '1s/enter //p' "$T/seen")
    second=$((3 - first))
    [ "$(cat "$T/seen")" = "enter $first
leave $first
enter $second
leave $second" ]
}

@test "a shared cache is used by several processes at once" {
    busybox_image
    two_caches shared >"$T/seen"
    cat "$T/seen"
    [ "$(cut -d' ' -f1 "$T/seen" | uniq | tr '\n' ' ')" = "enter leave " ]
}

@test "a private cache is a new one for a concurrent step, and the same one for a later step" {
    busybox_image
    two_caches private
    [ "$(wc -l <"$T/first")" -eq 2 ]
    [ "$(wc -l <"$T/second")" -eq 2 ]
    [ "$(sed -n '1s/enter //p' "$T/first")" != "$(sed -n '1s/enter //p' "$T/second")" ]
    sed -i 's/echo enter/: again; &/' Dockerfile.1
    build -f Dockerfile.1 -t app:1 .
    cat_of app:1 out | tee "$T/later"
    [ "$(wc -l <"$T/later")" -eq 4 ]
}

@test "a killed process no longer holds a locked cache" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=cache,target=/c,sharing=locked : >/c/here; sleep 60; : cooper-sharing-marker\n' >Dockerfile.1
    printf 'FROM busybox:1\nRUN --mount=type=cache,target=/c,sharing=locked ls /c >/out\n' >Dockerfile
    "$COOPER" build -q -f Dockerfile.1 . >/dev/null 2>&1 3>&- &
    pid=$!
    for _ in $(seq 100); do [ -n "$(find "$COOPER_ROOT/mounts" -name here)" ] && break; sleep 0.05; done
    kill -9 "$pid"
    wait "$pid" || true
    run timeout 20 "$COOPER" build --progress=plain -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 out)" = here ]
}

@test "a cache is carried to another store as one directory" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=cache,target=/c,id=things,uid=1000,mode=0750 cd /c && echo kept >f && ln f g && ln -s f l && \
    mkfifo p && mkdir -m 2775 d && chown 1000:2000 f d && chmod 4711 f && touch -d '2001-01-01 00:00:00' f
EOF
    build .
    [ "$status" -eq 0 ]
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=cache,target=/elsewhere,id=things,uid=1000,mode=0750 cd /elsewhere && find . | sort | xargs stat -c '%n %F %a %u %g %h %Y' | sed '/^\.\/[dlp] /s/ [0-9]*$//; /^\. /s/ [0-9]*$//' >/out && cat g >>/out
EOF
    build -t app:1 .
    cat_of app:1 out | tee "$T/want"
    grep -q kept "$T/want"
    tar -C "$COOPER_ROOT" -cf "$T/caches.tar" mounts
    export COOPER_ROOT=$T/fresh
    rm -r "$T/busybox"
    busybox_image
    tar -C "$COOPER_ROOT" -xpf "$T/caches.tar"
    build -t app:1 .
    [ "$status" -eq 0 ]
    cat_of app:1 out | diff "$T/want" -
}
