#!/usr/bin/env bats
# The sandbox's unit tests, as normal users: with a range of subordinate ids, and with one.
load helpers
load rootless

# sandbox_tests USER: the unit tests of runs, from where USER can reach them.
sandbox_tests() {
    local who=$1 t name
    for name in sandbox_run sandbox_confined sandbox_mounts sandbox_layers sandbox_cwd machine_doctor; do
        t=$(cd "$ROOT" && realpath "${OUT:-out/release}")/unit/test_builder_$name
        [ -x "$t" ] || skip "needs make unit-programs"
        cp "$t" "$T/test_$name"
        run as "$who" "$T/test_$name"
        echo "$output"
        [ "$status" -eq 0 ]
    done
}

@test "the sandbox keeps its promises to a user with subordinate ids" {
    need_root
    sandbox_tests "$user"
    [[ "$output" != *SKIPPED* ]]
}

@test "the sandbox keeps its promises to a user with a single id" {
    need_root
    sandbox_tests "$single"
}
