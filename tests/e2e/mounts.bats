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

@test "a bind mount of another stage, writable, keeps nothing" {
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
    printf 'FROM busybox:1\nRUN --mount=type=cache,target=/c echo x >> /c/log && cat /c/log > /out\n' >Dockerfile
    build --no-cache -t app:1 .
    build --no-cache -t app:1 .
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

@test "a tmpfs mount is empty and of the size asked for" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=tmpfs,target=/t,size=1m df -k /t | tail -1 > /out; ls -a /t | wc -l >> /out; stat -c %%a /t >> /out\n' >Dockerfile
    build -t app:1 .
    [ "$status" -eq 0 ]
    cat_of app:1 out
    cat_of app:1 out | grep -q '1024'
    [ "$(cat_of app:1 out | tail -1)" = 1777 ]
}

@test "a secret is a file or a variable, and nowhere else" {
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

@test "an agent's socket has the owner and mode that are asked for, and answers" {
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

@test "what is no agent's socket is told before anything is built" {
    local failed="" what
    echo key >"$T/key"
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    for what in "$T/key" "$T" "$T/missing" /dev/null; do
        build --ssh "default=$what" .
        { [ "$status" -eq 2 ] || [ "$status" -eq 4 ]; } && [[ "$output" == *"$what"* ]] || failed+="$what: $output"
    done
    [ -z "$failed" ]
}
