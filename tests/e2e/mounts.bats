#!/usr/bin/env bats
# RUN --mount in all kinds.
load helpers

@test "a bind mount shows the context read-only, without ignored files" {
    busybox_image
    echo yes >seen
    echo no >hidden
    echo hidden >.dockerignore
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=bind,target=/ctx cat /ctx/seen > /out; ls /ctx >> /out; touch /ctx/x || echo refused >> /out
EOF
    build -t app:1 .
    [ "$status" -eq 0 ]
    cat_of app:1 out >"$T/o"
    cat "$T/o"
    grep -q yes "$T/o"
    grep -q refused "$T/o"
    ! grep -q hidden "$T/o"
    ! tree_of app:1 | grep -q ' ctx'
}

@test "an impossible mount target is the Dockerfile's fault, not the machine's" {
    busybox_image
    echo x >f
    need_root
    for engine in ns chroot; do
        for mount in type=tmpfs,target=/etc/passwd type=tmpfs,target=/loop type=tmpfs,target=/loop/x \
            type=bind,source=f,target=/etc; do
            printf 'FROM busybox:1\nRUN ln -s loop /loop\nRUN --mount=%s true\n' "$mount" >Dockerfile
            run "$COOPER" build --progress=plain --isolation="$engine" .
            [ "$status" -eq 4 ] || { echo "$engine $mount: $status $output"; false; }
            [[ $output != *"worked here before"* ]]
        done
    done
}

@test "changes to a writable bind mount of another stage are discarded" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
RUN mkdir /data && echo a > /data/a
FROM busybox:1
RUN --mount=type=bind,from=a,source=/data,target=/mnt,rw echo b > /mnt/b && cat /mnt/a /mnt/b > /out
RUN --mount=type=bind,from=a,source=/data,target=/mnt ls /mnt > /out2
EOF
    build -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 out)" = $'a\nb' ]
    [ "$(cat_of app:1 out2)" = a ]
}

@test "a cache mount survives builds and is not in the image" {
    busybox_image
    printf 'FROM busybox:1\nARG V\nRUN --mount=type=cache,target=/c echo x >> /c/log && cat /c/log > /out\n' >Dockerfile
    build --build-arg V=1 -t app:1 .
    build --build-arg V=2 -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 out)" = $'x\nx' ]
    ! tree_of app:1 | grep -q ' c/'
}

@test "locked cache mounts exclude each other" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
RUN --mount=type=cache,id=l,target=/c,sharing=locked test ! -e /c/busy && touch /c/busy && sleep 0.4 && rm /c/busy && touch /ok
FROM busybox:1 AS b
RUN --mount=type=cache,id=l,target=/c,sharing=locked test ! -e /c/busy && touch /c/busy && sleep 0.4 && rm /c/busy && touch /ok2
FROM busybox:1
COPY --from=a /ok /
COPY --from=b /ok2 /
EOF
    build -t app:1 .
    [ "$status" -eq 0 ]
}

@test "a step waits neither for itself nor for a step that waits for it" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=cache,id=l,target=/c1,sharing=locked --mount=type=cache,id=l,target=/c2,sharing=locked echo l >/c1/f && cat /c2/f
RUN --mount=type=cache,id=m,target=/c1 --mount=type=cache,id=m,target=/c2,sharing=locked echo m >/c1/f && cat /c2/f
RUN --mount=type=cache,id=p,target=/c1,sharing=private --mount=type=cache,id=p,target=/c2,sharing=private echo p >/c1/f && cat /c2/f
EOF
    run timeout 60 "$COOPER" build --progress=plain .
    echo "$output"
    [ "$status" -eq 0 ]
    # Each of two stages has what the other one wants next.
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
RUN --mount=type=cache,id=x,target=/x,sharing=locked --mount=type=cache,id=y,target=/y,sharing=locked sleep 0.1; : >/a
FROM busybox:1 AS b
RUN --mount=type=cache,id=y,target=/y,sharing=locked --mount=type=cache,id=x,target=/x,sharing=locked sleep 0.1; : >/b
FROM scratch
COPY --from=a /a /
COPY --from=b /b /
EOF
    for i in 1 2 3 4 5 6 7 8; do
        run timeout 60 "$COOPER" build --progress=plain --no-cache .
        [ "$status" -eq 0 ] || { echo "$output"; false; }
    done
}

@test "a tmpfs mount is empty and has the requested size" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=tmpfs,target=/t,size=1m df -k /t | tail -1 > /out; ls -a /t | wc -l >> /out; stat -c %%a /t >> /out\n' >Dockerfile
    build -t app:1 .
    [ "$status" -eq 0 ]
    cat_of app:1 out
    cat_of app:1 out | grep -q '1024'
    [ "$(cat_of app:1 out | tail -1)" = 1777 ]
}

@test "a secret is in a file or a variable, and nowhere else" {
    busybox_image
    echo a-very-secret-word >"$T/secret"
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=secret,id=s cat /run/secrets/s | wc -c > /n; stat -c '%a %u' /run/secrets/s >> /n; cat /run/secrets/s; echo "$(cat /run/secrets/s)"
RUN --mount=type=secret,id=s,env=WORD test ${#WORD} = 19 && test ! -e /run/secrets/s
RUN --mount=type=secret,id=s,target=/x,mode=0444,uid=5 stat -c '%a %u' /x >> /n; test ! -e /run/secrets/s
EOF
    build --secret "id=s,src=$T/secret" -t app:1 .
    [ "$status" -eq 0 ]
    [[ "$output" != *a-very-secret-word* ]]
    [ "$(cat_of app:1 n)" = $'19\n400 0\n444 5' ]
    ! grep -r a-very-secret-word "$COOPER_ROOT"
    ! tree_of app:1 | grep -q 'run/secrets'
}

@test "a missing secret is skipped, a required one is an error with a remedy" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=no test ! -e /run/secrets/no\n' >Dockerfile
    build .
    [ "$status" -eq 0 ]
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=no,required true\n' >Dockerfile
    build .
    [ "$status" -eq 4 ]
    [[ "$output" == *"secret no: not found"* ]]
    [[ "$output" == *"--secret id=no"* ]]
}

@test "the value of a secret is not in the key" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=s true\n' >Dockerfile
    echo one >"$T/s"
    build --secret "id=s,src=$T/s" .
    echo another >"$T/s"
    build --secret "id=s,src=$T/s" .
    [ "$status" -eq 0 ]
    [[ "$output" == *CACHED* ]]
}

@test "an agent's socket is forwarded" {
    need ssh-agent
    busybox_image
    eval "$(ssh-agent -s)"
    printf 'FROM busybox:1\nRUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo "$SSH_AUTH_SOCK" > /out\n' >Dockerfile
    build --ssh default -t app:1 .
    kill "$SSH_AGENT_PID"
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 out)" = /run/buildkit/ssh_agent.0 ]
}

# ssh_step USER MOUNT-OPTIONS: a build whose step, as USER, lists the agent's keys.
ssh_step() {
    printf 'FROM busybox:1\nCOPY agent_keys /bin/\nUSER %s\nRUN --mount=type=ssh,target=/a%s stat -c "%%a %%u:%%g %%F" /a && agent_keys /a\n' \
        "$1" "$2" >Dockerfile
    build --no-cache --isolation="${3:-auto}" --ssh "default=$SSH_AUTH_SOCK" .
}

@test "an agent's socket has the requested owner and mode, and works" {
    need ssh-agent
    need_root
    busybox_image
    cc -static -o agent_keys "$ROOT/tests/lib/agent_keys.c"
    mkdir "$T/agent" && eval "$(ssh-agent -s -a "$T/agent/socket")"
    ssh-keygen -q -t ed25519 -N '' -f "$T/key" && ssh-add -q "$T/key"
    local before failed=""
    before=$(stat -c '%a %u:%g' "$T/agent/socket")
    while read -r user options want engine; do
        ssh_step "$user" "${options#-}" "$engine"
        [ "$status" -eq 0 ] && [[ "$output" == *"${want/+/ } socket"* ]] &&
            [[ "$output" == *"1 keys"* ]] || failed+="$user $options: $output"$'\n'
        [ "$(stat -c '%a %u:%g' "$T/agent/socket")" = "$before" ] || failed+="$options changed the agent's own"
    done <<'EOF'
root - 600+0:0 auto
root ,mode=0666 666+0:0 auto
app ,uid=1000 600+1000:0 auto
app ,uid=1000,gid=2000,mode=0640 640+1000:2000 auto
app ,mode=0666 666+0:0 auto
app ,gid=1000,mode=0660 660+0:1000 auto
app ,uid=1000 600+1000:0 chroot
root - 600+0:0 chroot
EOF
    ssh_step app ""
    kill "$SSH_AGENT_PID"
    echo "$failed"
    [ -z "$failed" ]
    [ "$status" -ne 0 ]
}

@test "a file that is not an agent's socket is reported before anything is built" {
    local failed="" what
    echo key >"$T/key"
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    for what in "$T/key" "$T" "$T/missing" /dev/null; do
        build --ssh "default=$what" .
        { [ "$status" -eq 2 ] || [ "$status" -eq 4 ]; } && [[ "$output" == *"$what"* ]] || failed+="$what: $output"
    done
    [ -z "$failed" ]
}

# counts V OPTION…: what the cache mounts of many.Dockerfile had, each after one line more.
counts() {
    local v=$1
    shift
    build -f many.Dockerfile --build-arg "V=$v" -o "type=local,dest=$T/out" "$@" .
    [ "$status" -eq 0 ]
    COUNTS=$(cat "$T/out"/[a-z]*)
    rm -r "$T/out"
}

@test "--no-cache empties the cache mounts of the steps that it runs, and no others" {
    busybox_image
    echo seed >f
    cat >many.Dockerfile <<'EOF'
FROM busybox:1 AS base
ARG V
FROM scratch AS seed
COPY f /d/f
FROM base AS a
RUN --mount=type=cache,target=/c echo x >>/c/log && wc -l </c/log >/a
FROM base AS b
RUN --mount=type=cache,id=b,target=/c,sharing=locked echo x >>/c/log && wc -l </c/log >/b
RUN --mount=type=cache,id=b,target=/c wc -l </c/log >/b2
FROM base AS c
RUN --mount=type=cache,id=c,target=/c,uid=5,mode=700 echo x >>/c/log && wc -l </c/log >/c1
FROM base AS d
RUN --mount=type=cache,id=d,target=/c,from=seed,source=/d cat /c/f >>/c/log && wc -l </c/log >/d1
FROM base AS e
RUN --mount=type=cache,id=e,target=/c,sharing=private echo x >>/c/log && wc -l </c/log >/e
FROM scratch
COPY --from=a /a /
COPY --from=b /b /b2 /
COPY --from=c /c1 /
COPY --from=d /d1 /
COPY --from=e /e /
EOF
    printf 'FROM busybox:1\nARG V\nRUN --mount=type=cache,id=other,target=/c echo x >>/c/log && wc -l </c/log\n' >other.Dockerfile
    build -f other.Dockerfile .
    counts 1
    [ "$COUNTS" = $'1\n1\n1\n1\n1\n1' ]
    counts 2
    [ "$COUNTS" = $'2\n2\n2\n2\n2\n2' ]
    counts 3 --no-cache-filter b,e
    [ "$COUNTS" = $'3\n1\n1\n3\n3\n1' ]
    counts 3 --no-cache
    [ "$COUNTS" = $'1\n1\n1\n1\n1\n1' ]
    counts 4
    [ "$COUNTS" = $'2\n2\n2\n2\n2\n2' ]
    build -f other.Dockerfile --build-arg V=2 .
    [[ $output == *" 2"* ]]
}

@test "--no-cache does not take a cache mount away from a build that uses it" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=cache,target=/c echo mine >/c/f; echo in use; i=0; until [ -e /c/go ] || [ $i -gt 100 ]; do i=$((i + 1)); sleep 0.1; done; cat /c/f\n' >slow.Dockerfile
    "$COOPER" build --progress=plain -f slow.Dockerfile . >"$T/slow" 2>&1 &
    slow=$!
    for _ in $(seq 200); do
        ! grep -q '[0-9] in use' "$T/slow" || break
        sleep 0.1
    done
    printf 'FROM busybox:1\nRUN --mount=type=cache,target=/c ls -A /c >/empty; [ ! -s /empty ]\n' >Dockerfile
    build --no-cache .
    [ "$status" -eq 0 ]
    wait "$slow"
    cat "$T/slow"
    grep -q '[0-9] mine' "$T/slow"
}

# logged TEXT: how often a step printed just that.
logged() {
    grep -cE "^#[0-9]+ [0-9.]+ $1\$" <<<"$output"
}

@test "cache mounts with different seeds are different mounts" {
    busybox_image
    echo one >f
    cat >Dockerfile <<'EOF'
FROM scratch AS seed
COPY f /d/f
FROM busybox:1
ARG V
RUN --mount=type=cache,target=/c,from=seed,source=/d cat /c/f && echo more >>/c/f
RUN --mount=type=cache,target=/e,from=named,source=. cat /e/f && echo more >>/e/f
EOF
    mkdir "$T/named"
    echo first >"$T/named/f"
    build --build-context "named=$T/named" .
    [ "$status" -eq 0 ]
    [ "$(logged one)" -eq 1 ] && [ "$(logged first)" -eq 1 ] && [ "$(logged more)" -eq 0 ]
    build --build-arg V=2 --build-context "named=$T/named" .
    [ "$(logged more)" -eq 2 ]
    echo two >f
    build --build-arg V=2 --build-context "named=$T/named" .
    [ "$status" -eq 0 ]
    [ "$(logged two)" -eq 1 ]
    echo second >"$T/named/f"
    build --build-arg V=2 --build-context "named=$T/named" .
    [ "$status" -eq 0 ]
    [ "$(logged second)" -eq 1 ] && [ "$(logged first)" -eq 0 ]
    # The first ones are still there.
    echo one >f
    build --build-arg V=3 --build-context "named=$T/named" .
    [ "$(logged one)" -eq 1 ] && [ "$(logged more)" -ge 1 ]
}

@test "a bind mount of a stage without layers is an empty directory" {
    need_root
    busybox_image
    for engine in "" --isolation=chroot; do
        cat >Dockerfile <<'EOF'
FROM scratch AS nothing
LABEL a=b
FROM busybox:1 AS little
COPY --from=nothing / /
FROM busybox:1
RUN --mount=from=nothing,target=/m [ -d /m ] && [ -z "$(ls -A /m)" ]
RUN --mount=from=nothing,target=/m,rw touch /m/f && [ "$(ls -A /m)" = f ]
RUN --mount=from=nothing,target=/m,source=/ [ -z "$(ls -A /m)" ]
RUN --mount=type=cache,id=e,from=nothing,target=/m touch /m/f && [ "$(ls -A /m)" = f ]
RUN --mount=from=little,source=/tmp,target=/m [ -z "$(ls -A /m)" ]
COPY --from=nothing / /n/
COPY --from=nothing . /n2/
RUN [ -z "$(ls -A /n)" ] && [ -z "$(ls -A /n2)" ]
EOF
        build $engine --no-cache .
        [ "$status" -eq 0 ]
        printf 'FROM scratch AS nothing\nFROM busybox:1\nRUN --mount=from=nothing,source=/x,target=/m true\n' >Dockerfile
        build $engine .
        [ "$status" -ne 0 ]
        [[ $output == *"/x"* && $output != *"invalid argument"* ]]
        printf 'FROM scratch AS nothing\nFROM busybox:1\nCOPY --from=nothing /x /\n' >Dockerfile
        build $engine .
        [ "$status" -ne 0 ]
        [[ $output == *"/x"* ]]
    done
}
