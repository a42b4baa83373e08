#!/usr/bin/env bats
# --on-error=shell: where a step failed.
load helpers

@test "a shell opens where the step failed, with its files, variables, user and mounts" {
    busybox_image
    echo from-the-context >file
    cat >Dockerfile <<'EOF'
FROM busybox:1
ENV NAME=value
WORKDIR /work
RUN chmod 777 /work
USER app
RUN --mount=target=/ctx echo made > here; exit 3
EOF
    run "$ROOT/tests/lib/in_terminal.py" '"exit" ends it' \
        $'echo "<$NAME $(pwd) $(cat here) $(id -u) $(cat /ctx/file)>"; tty; exit 0\n' \
        "$COOPER" build --progress=plain --on-error=shell -t app:1 .
    echo "$output"
    [ "$status" -eq 5 ]
    [[ "$output" == *'<value /work made 1000 from-the-context>'* ]]
    [[ "$output" == *'exit code: 3'* ]]
    # What was kept for it is gone.
    [ -z "$(find "$COOPER_ROOT/tmp" -mindepth 1 -maxdepth 1 -name 'lease-*')" ]
    [ "$(grep -c "$COOPER_ROOT" /proc/self/mountinfo)" -eq 0 ]
}

@test "a shell needs a terminal" {
    echo 'FROM scratch' >Dockerfile
    run "$COOPER" build --on-error=shell . </dev/null
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *terminal* ]]
}

@test "a failed step is kept for later, without secrets, until it is pruned" {
    busybox_image
    echo from-the-context >file
    cat >Dockerfile <<'EOF'
FROM busybox:1
ENV NAME=value
WORKDIR /work
RUN chmod 777 /work
USER app
RUN --mount=target=/ctx --mount=type=cache,target=/c --mount=type=secret,id=s,env=S \
    --mount=type=tmpfs,target=/scratch echo made > here; exit 3
EOF
    S=hidden-value run "$COOPER" build --progress=plain --on-error=keep --secret id=s,env=S -t app:1 .
    echo "$output"
    [ "$status" -eq 5 ]
    id=$(sed -n 's/.*cooper shell \([0-9a-f]*\)$/\1/p' <<<"$output")
    [ -n "$id" ]
    run grep -r hidden-value "$COOPER_ROOT"
    [ "$status" -eq 1 ]
    for name in "$id" ""; do
        run "$ROOT/tests/lib/in_terminal.py" '$' \
            $'echo "<$NAME $S $(pwd) $(cat here) $(id -u) $(cat /ctx/file)>"; mount | grep -c "/c \\|/scratch "; exit 0\n' \
            "$COOPER" shell $name
        echo "$output"
        [[ "$output" == *'<value  /work made 1000 from-the-context>'* ]]
        [ "$(tail -1 <<<"$output")" = 2 ]
    done
    [ "$(grep -c "$COOPER_ROOT" /proc/self/mountinfo)" -eq 0 ]
    "$COOPER" prune --all >/dev/null
    [ -z "$(ls "$COOPER_ROOT/failed")" ]
    run "$ROOT/tests/lib/in_terminal.py" '$' x "$COOPER" shell
    [[ "$output" == *"no failed step is kept"* ]]
}
