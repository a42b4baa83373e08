#!/usr/bin/env bats
# A step that was killed says so, and by what; the exit code is what BuildKit gives.
load helpers

# The memory that is to be had in $GROUP is 64 MiB; empty: no group can be made.
setup_file() {
    GROUP=
    [ "$(id -u)" -eq 0 ] || return 0
    local own second=/sys/fs/cgroup first=/sys/fs/cgroup/memory
    own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
    if [ -n "$own" ] && mkdir "$first$own/cooper-killed-$$" 2>/dev/null; then
        GROUP=$first$own/cooper-killed-$$
        echo 64M >"$GROUP/memory.limit_in_bytes"
        echo 64M >"$GROUP/memory.memsw.limit_in_bytes" 2>/dev/null || true
    elif [ -e "$second/cgroup.controllers" ] && echo +memory >"$second/cgroup.subtree_control" &&
        mkdir "$second/cooper-killed-$$"; then
        GROUP=$second/cooper-killed-$$
        echo 64M >"$GROUP/memory.max"
        echo 0 >"$GROUP/memory.swap.max" 2>/dev/null || true
    fi
    export GROUP
}

teardown_file() {
    [ -z "$GROUP" ] || rmdir "$GROUP"
}

# told ENGINE COMMAND TEXT: what COMMAND, a RUN's words, ends with.
told() {
    printf 'FROM busybox:1\nRUN %s\n' "$2" >Dockerfile
    # shellcheck disable=SC2086
    run "$COOPER" build --progress=plain $1 .
    echo "$output"
    [[ "$output" == *"did not complete successfully: $3"* ]]
    # The exit class does not depend on it.
    [ "$status" -eq "$FAILED" ]
}

@test "signals are named, in every engine" {
    busybox_image
    printf 'FROM busybox:1\nRUN exit 3\n' >Dockerfile
    run "$COOPER" build .
    FAILED=$status
    engines=("")
    [ "$(id -u)" -ne 0 ] || engines+=(--isolation=chroot)
    for engine in "${engines[@]}"; do
        told "$engine" '["sh", "-c", "kill -SEGV $$"]' "exit code: 139: killed by signal 11 (segmentation fault)"
        told "$engine" 'kill -ABRT $$' "exit code: 134: killed by signal 6 (aborted)"
        told "$engine" 'kill -TERM $$' "exit code: 143: killed by signal 15 (terminated)"
        told "$engine" 'kill -KILL $$' "exit code: 137: killed by signal 9 (out of memory?)"
        told "$engine" '(exec sh -c "kill -SEGV \$\$"); exit $?' \
            "exit code: 139: a program was killed by signal 11 (segmentation fault)"
        told "$engine" 'exit 137' "exit code: 137: a program was killed by signal 9 (out of memory?)"
        # Statuses that programs choose themselves.
        for code in 1 2 3 126 127 128 129 130 255; do
            told "$engine" "exit $code" "exit code: $code"
            [[ "$output" != *killed* ]]
        done
    done
}

@test "a step killed for lack of memory names the limit" {
    need_root
    [ -n "$GROUP" ] || skip "needs a control group for memory"
    busybox_image
    FAILED=$(printf 'FROM busybox:1\nRUN exit 3\n' >Dockerfile; "$COOPER" build . >/dev/null 2>&1; echo $?)
    all() { sh -c "echo \$\$ >$GROUP/cgroup.procs && exec \"\$@\"" all "$@"; }
    for engine in "" --isolation=chroot; do
        # shellcheck disable=SC2043
        for command in '["tail", "/dev/zero"]' 'tail /dev/zero' 'tail /dev/zero; exit $?'; do
            printf 'FROM busybox:1\nRUN %s\n' "$command" >Dockerfile
            # shellcheck disable=SC2086
            run all "$COOPER" build --progress=plain $engine .
            echo "$output"
            [ "$status" -eq "$FAILED" ]
            [[ "$output" == *"exit code: 137: "*"killed by signal 9 (out of memory: limit 64 MiB of the cgroup)"* ]]
            [[ "$output" == *"hint: give the step more memory"* ]]
        done
    done
}
