#!/usr/bin/env bats
# Bad input: one paragraph that names file, line and remedy; a documented exit
# status; a store that is still good (docs/exit-codes.md).
load helpers

# fails STATUS TEXT…: the last build failed like that and said all of it.
fails() {
    local want=$1 text
    shift
    echo "$output"
    [ "$status" -eq "$want" ] || return 1
    for text in "$@"; do
        [[ "$output" == *"$text"* ]] || { echo "missing: $text"; return 1; }
    done
    [ "$(grep -c '^ERROR:' <<<"$output")" -eq 1 ]
}

still_good() {
    echo ok >ok
    printf 'FROM scratch\nCOPY ok /\n' >"$T/Dockerfile.ok"
    run "$COOPER" build --progress=plain -f "$T/Dockerfile.ok" -t ok:1 .
    [ "$status" -eq 0 ]
}

@test "a missing Dockerfile" {
    build .
    fails 4 "Dockerfile" "hint:"
    still_good
}

@test "an unknown instruction, with a suggestion and the line" {
    printf 'FROM scratch\nCOPPY a b\n' >Dockerfile
    build .
    fails 3 "Dockerfile:2" ">>> COPPY a b" "unknown instruction: COPPY (did you mean COPY?)"
}

@test "a missing COPY source, with the line" {
    printf 'FROM scratch\nCOPY misssing /\n' >Dockerfile
    echo x >missing
    build .
    fails 4 "Dockerfile:2" '"/misssing": not found'
    still_good
}

@test "a pattern of COPY whose directory is missing is an error; one without a match is not" {
    mkdir there
    printf 'FROM scratch\nCOPY there/*.zip /x\n' >Dockerfile
    build .
    [ "$status" -eq 0 ]
    printf 'FROM scratch\nCOPY gone/*.zip /x\n' >Dockerfile
    build .
    [ "$status" -eq 4 ]
    [[ "$output" == *"lstat /gone: no such file or directory"* ]]
    [[ "$output" == *"Dockerfile:2"* ]]
    printf 'there\n' >.dockerignore
    printf 'FROM scratch\nCOPY there/*.zip /x\n' >Dockerfile
    build .
    [ "$status" -eq 4 ]
}

@test "a failing RUN: its last lines, the code frame, the exit status" {
    busybox_image
    printf 'FROM busybox:1\nRUN echo working; echo went wrong >&2; exit 7\n' >Dockerfile
    build .
    fails 5 "went wrong" "Dockerfile:2" "did not complete successfully: exit code: 7"
    still_good
}

@test "an unknown base image on a registry that is up" {
    need docker-registry
    registry_start "$T/registry"
    printf 'FROM %s/no/such:1\n' "$REGISTRY" >Dockerfile
    build .
    registry_stop
    fails 4 "Dockerfile:1" "no/such:1" "not found"
}

@test "a registry that is down" {
    printf 'FROM 127.0.0.1:%s/no/such:1\n' "$(free_port)" >Dockerfile
    build .
    fails 6 "Dockerfile:1" "no/such:1"
    still_good
}

@test "content that does not match its digest" {
    need docker-registry
    registry_start "$T/registry"
    busybox_image
    "$COOPER" push busybox:1 "$REGISTRY/x/busybox:1"
    find "$T/registry/data" -name data -size +500k -exec sh -c \
        'printf broken | dd of="$1" bs=1 seek=1000 conv=notrunc 2>/dev/null' _ {} \;
    COOPER_ROOT=$T/other run "$COOPER" pull "$REGISTRY/x/busybox:1"
    registry_stop
    fails 9 "sha256:"
    ! grep -q busybox "$T/other/index.json"
}

@test "a full disk" {
    need_root
    mkdir "$T/small"
    mount -t tmpfs -o size=8m tmpfs "$T/small" || skip "needs mount"
    head -c 12M /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    run "$COOPER" build --progress=plain --root "$T/small/store" .
    echo "$output"
    code=$status
    rm big
    echo ok >ok
    printf 'FROM scratch\nCOPY ok /\n' >Dockerfile
    run "$COOPER" build --progress=plain --root "$T/small/store" -t ok:1 .
    echo "$output"
    again=$status
    umount "$T/small"
    [ "$code" -eq 10 ]
    [ "$again" -eq 0 ]
}

@test "an unknown option, with a suggestion" {
    build --taag x .
    fails 2 "unknown option --taag" "did you mean --tag?"
}

@test "no context" {
    build
    fails 2 "no context"
}
