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
