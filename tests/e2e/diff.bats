#!/usr/bin/env bats
# cooper diff: what two images differ in.
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
}

# two_images: a:1 and a:2 with a common layer.
two_images() {
    mkdir -p base one two
    echo same >base/kept
    echo content >base/changed
    touch -d @1000000 base/* base
    cp -a base/. one
    echo other78 >two/changed
    echo new >two/added
    ln -s kept two/link
    touch -h -d @1000000 two/*
    printf 'FROM scratch\nCOPY base /\nCOPY base/kept /gone\nENV A=1\nCMD ["/x"]\n' >Dockerfile
    build -t a:1 .
    printf 'FROM scratch\nCOPY base /\nCOPY --chmod=600 --chown=7:8 base/kept /kept\nCOPY two /\nENV A=2\nCMD ["/x"]\nUSER 7\n' >Dockerfile
    build -t a:2 .
}

@test "config, layers and files: what came, what went, what changed and how" {
    two_images
    run -1 "$COOPER" diff --format json --ignore-times a:1 a:2
    jq -e '.same | not' <<<"$output"
    "$ROOT/tests/schemas/validate" diff <<<"$output"
    jq -e '.layers.common == 1 and (.layers.a | length == 1) and (.layers.b | length == 2)' <<<"$output"
    jq -e '[.config[] | select(.path == "config.Env")][0] | .a == ["A=1"] and .b == ["A=2"]' <<<"$output" ||
        jq -e '[.config[] | select(.path == "config.Env")][0] | (.a | index("A=1")) and (.b | index("A=2"))' <<<"$output"
    jq -e '[.config[] | select(.path == "config.User")][0] | .a == null and .b == "7"' <<<"$output"
    jq -e '[.config[].path] | index("config.Cmd") == null' <<<"$output"
    jq -e '[.files.added[].path] == ["added", "link"]' <<<"$output"
    jq -e '[.files.removed[].path] == ["gone"]' <<<"$output"
    jq -e '[.files.changed[].path] == ["changed", "kept"]' <<<"$output"
    jq -e '.files.changed[0].what == ["content"]' <<<"$output"
    jq -e '.files.changed[1].what == ["mode", "owner"] and .files.changed[1].a.mode == "0644" and .files.changed[1].b.mode == "0600" and .files.changed[1].b.uid == 7 and .files.changed[1].b.gid == 8' <<<"$output"
    run -1 --separate-stderr "$COOPER" diff --ignore-times a:1 a:2
    [[ $output == *"config.User: null → \"7\""* ]]
    [[ $output == *"layers: 1 in common"* ]]
    [[ $output == *"+ added  0644 0:0 4 bytes"* ]]
    [[ $output == *"- gone  0644 0:0 5 bytes"* ]]
    [[ $output == *"~ kept  0644 0:0 5 bytes → 0600 7:8 5 bytes (mode, owner)"* ]]
}

@test "an image is the same as itself, in any place and compression" {
    need docker-registry
    two_images
    run -0 --separate-stderr "$COOPER" diff a:1 a:1
    [ -z "$output" ]
    "$COOPER" push a:1 "$REGISTRY/a:1"
    "$COOPER" push --compression zstd a:1 "$REGISTRY/a:z"
    COOPER_ROOT=$T/other run -0 "$COOPER" diff --format json "$REGISTRY/a:1" "$REGISTRY/a:z"
    run -0 "$COOPER" diff a:1 "docker://$REGISTRY/a:z"
    "$COOPER" copy "$REGISTRY/a:1" "oci:$T/layout:1" "docker-archive:$T/a.tar:x"
    run -0 "$COOPER" diff "oci:$T/layout:1" "$REGISTRY/a:1"
    run -0 "$COOPER" diff "docker-archive:$T/a.tar" "$REGISTRY/a:1"
    run -1 "$COOPER" diff "oci:$T/layout:1" a:2
}

@test "times count, unless they are not to" {
    echo x >file
    touch -d @1000000 file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    SOURCE_DATE_EPOCH=2000000 "$COOPER" build -q -t t:1 .
    touch -d @1500000 file
    SOURCE_DATE_EPOCH=2000001 "$COOPER" build -q --no-cache -t t:2 .
    run -1 --separate-stderr "$COOPER" diff --format json t:1 t:2
    jq -e '.files.changed[0].what == ["mtime"] and .files.changed[0].a.mtime == "1970-01-12T13:46:40Z"' <<<"$output"
    jq -e '[.config[].path] | index("created") != null' <<<"$output"
    run -0 --separate-stderr "$COOPER" diff --ignore-times t:1 t:2
    run -1 --separate-stderr "$COOPER" diff --no-files --format json t:1 t:2
    jq -e '.files == null and .layers.common == 0' <<<"$output"
}

@test "--platform chooses of both; what is not there is an error, not a difference" {
    need docker-registry
    echo 'FROM scratch' >Dockerfile
    echo 'ARG TARGETARCH' >>Dockerfile
    echo 'LABEL a=$TARGETARCH' >>Dockerfile
    "$COOPER" build -q --platform linux/amd64,linux/arm64 -t "$REGISTRY/p:1" --push .
    run -0 "$COOPER" diff --platform linux/arm64 "$REGISTRY/p:1" "$REGISTRY/p:1"
    arm=$("$COOPER" digest --platform linux/arm64 "$REGISTRY/p:1")
    run -1 "$COOPER" diff --platform linux/amd64 "$REGISTRY/p:1" "$REGISTRY/p@$arm"
    [[ $output == *'config.Labels.a: "amd64" → "arm64"'* ]]
    run -4 "$COOPER" diff --platform linux/s390x "$REGISTRY/p:1" "$REGISTRY/p:1"
    run -4 "$COOPER" diff store:nosuch "$REGISTRY/p:1"
    run -2 "$COOPER" diff "$REGISTRY/p:1"
    run -2 "$COOPER" diff a b c
    run -2 "$COOPER" diff "" a
    run -2 "$COOPER" diff a ""
}
