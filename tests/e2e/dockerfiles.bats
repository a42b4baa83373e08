#!/usr/bin/env bats
# Dockerfiles as they are written elsewhere, in testdata/dockerfiles: no false errors, and
# the warnings of warnings.txt there, no others.

load helpers

# plan FILE: its plan to plan.json. Whatever image it names is the same stub.
plan() {
    local image
    for _ in $(seq 12); do
        "$COOPER" build --offline --print-plan=json -f "$1" context >plan.json 2>error && return
        image=$(sed -n 's/^ERROR: .*failed to resolve source metadata for \([^ ]*\): .*/\1/p' error)
        [ -n "$image" ] || break
        "$COOPER" tag stub:1 "$image"
    done
    cat error
    return 1
}

@test "real-world Dockerfiles are planned, with the expected warnings" {
    local files=$ROOT/testdata/dockerfiles bad=0 n=0
    mkdir context
    printf 'FROM scratch\nENV PATH=/bin\nCMD ["/bin/sh"]\n' >Dockerfile
    build -t stub:1 .
    for file in "$files"/*; do
        case $file in *.txt) continue ;; esac
        name=$(basename "$file")
        plan "$file" || { echo "$name is refused"; bad=1; }
        jq -e '.steps | length > 0' plan.json >/dev/null || { echo "$name has no plan"; bad=1; }
        "$COOPER" build --offline --call=check,format=json -f "$file" context >check.json || true
        jq -r --arg name "$name" '.warnings[]? | "\($name):\(.location.ranges[0].start.line) \(.ruleName): \(.detail)"' \
            check.json >>warnings
        n=$((n + 1))
    done
    diff "$files/warnings.txt" warnings
    [ "$bad" -eq 0 ]
    [ "$n" -ge 60 ]
}
