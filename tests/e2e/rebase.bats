#!/usr/bin/env bats
# cooper rebase: the layers of an image on another base.
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
}

# base NAME VERSION [PLATFORMS]: pushed.
base() {
    mkdir -p base
    echo "$2" >base/version
    head -c 200000 /dev/zero | tr '\0' "$2" >base/big
    printf 'FROM scratch\nCOPY base /\nENV PATH=/bin VERSION=%s ONLY%s=1\nLABEL base=%s\nUSER u%s\nCMD ["/base"]\n' "$2" "$2" "$2" "$2" >Dockerfile.base
    SOURCE_DATE_EPOCH=1000000 "$COOPER" build -q -f Dockerfile.base --platform "${3:-linux/amd64}" -t "$1" --push . >/dev/null
}

# app NAME BASE [PLATFORMS]
app() {
    echo app >app
    printf 'FROM %s\nCOPY app /app\nENV OWN=1\nLABEL own=1\nCMD ["/app"]\n' "$2" >Dockerfile
    SOURCE_DATE_EPOCH=1000000 "$COOPER" build -q --pull --platform "${3:-linux/amd64}" -t "$1" --push . >/dev/null
}

@test "a rebased image is as if it was built on the new base" {
    need docker-registry
    need skopeo
    base "$REGISTRY/re/base:1" 1
    base "$REGISTRY/re/base:2" 2
    app "$REGISTRY/re/app:1" "$REGISTRY/re/base:1"
    app "$REGISTRY/re/app:built" "$REGISTRY/re/base:2"
    before=$("$COOPER" digest "$REGISTRY/re/app:1")
    "$COOPER" rebase --old-base "$REGISTRY/re/base:1" --new-base "$REGISTRY/re/base:2" "$REGISTRY/re/app:1" "$REGISTRY/re/app:moved"
    run -1 --separate-stderr "$COOPER" diff --format json "$REGISTRY/re/app:built" "$REGISTRY/re/app:moved"
    jq -e '.config == [] and .layers.a == [] and .layers.b == [] and .files == {"added": [], "removed": [], "changed": []}' <<<"$output"
    [ "$("$COOPER" digest "$REGISTRY/re/app:1")" = "$before" ]
    skopeo copy -q --src-tls-verify=false "docker://$REGISTRY/re/app:moved" "dir:$T/read"
    # The result says what its base is, so the next time nothing has to be said.
    skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/re/app:moved" |
        jq -e '.annotations."org.opencontainers.image.base.name" == "'"$REGISTRY/re/base:2"'" and .annotations."org.opencontainers.image.base.digest" == "'"$("$COOPER" digest "$REGISTRY/re/base:2")"'"'
    base "$REGISTRY/re/base:2" 3
    "$COOPER" rebase "$REGISTRY/re/app:moved" "$REGISTRY/re/app:moved"
    "$COOPER" inspect --config "docker://$REGISTRY/re/app:moved" | jq -e '(.config.Env | index("VERSION=3")) and (.config.Env | index("OWN=1")) and .config.User == "u3" and .config.Cmd == ["/app"]'
    # And once more there is nothing to do.
    run -0 --separate-stderr "$COOPER" rebase --format json "$REGISTRY/re/app:moved" "$REGISTRY/re/app:moved"
    jq -e '.unchanged and .images == 1' <<<"$output"
    [ "$(jq -r .digest <<<"$output")" = "$("$COOPER" digest "$REGISTRY/re/app:moved")" ]
}

@test "an image that notes its base when it is built needs no option" {
    need docker-registry
    base "$REGISTRY/noted/base:1" 1
    old=$("$COOPER" digest --platform linux/amd64 "$REGISTRY/noted/base:1")
    echo app >app
    printf 'FROM %s\nCOPY app /app\n' "$REGISTRY/noted/base:1" >Dockerfile
    build -o "type=image,name=$REGISTRY/noted/app:1,push=true,base-annotations=true" --annotation a=b .
    [ "$status" -eq 0 ]
    "$COOPER" inspect --raw=manifest "docker://$REGISTRY/noted/app:1" |
        jq -e '.annotations == {"org.opencontainers.image.base.digest": "'"$old"'", "org.opencontainers.image.base.name": "'"$REGISTRY/noted/base:1"'", "a": "b"}'
    base "$REGISTRY/noted/base:1" 2
    "$COOPER" rebase "$REGISTRY/noted/app:1" "$REGISTRY/noted/app:2"
    "$COOPER" inspect --config "docker://$REGISTRY/noted/app:2" | jq -e '.config.Labels.base == "2"'
    run -2 "$COOPER" build -o type=tar,dest=x.tar,base-annotations=true .
}

@test "each image of an index gets the base for its platform" {
    need docker-registry
    need skopeo
    base "$REGISTRY/multi/base:1" 1 linux/amd64,linux/arm64
    base "$REGISTRY/multi/base:2" 2 linux/amd64,linux/arm64
    app "$REGISTRY/multi/app:1" "$REGISTRY/multi/base:1" linux/amd64,linux/arm64
    run -0 --separate-stderr "$COOPER" rebase --format json --old-base "$REGISTRY/multi/base:1" --new-base "$REGISTRY/multi/base:2" -t "oci:$T/layout:new" "$REGISTRY/multi/app:1"
    jq -e '.images == 2' <<<"$output"
    "$ROOT/tests/schemas/validate" rebase <<<"$output"
    for arch in amd64 arm64; do
        "$COOPER" inspect --platform "linux/$arch" --config "oci:$T/layout:new" | jq -e '.architecture == "'$arch'" and .config.Labels == {"base": "2", "own": "1"}'
    done
    "$COOPER" copy "oci:$T/layout:new" "$REGISTRY/multi/app:2"
    skopeo copy -q --src-tls-verify=false --override-arch arm64 "docker://$REGISTRY/multi/app:2" "dir:$T/read"
}

@test "a base that is not below the image, or that nothing names, is refused, and nothing gets the name" {
    need docker-registry
    base "$REGISTRY/not/base:1" 1
    base "$REGISTRY/not/base:2" 2
    app "$REGISTRY/not/app:1" "$REGISTRY/not/base:1"
    run -4 "$COOPER" rebase --old-base "$REGISTRY/not/base:2" --new-base "$REGISTRY/not/base:1" "$REGISTRY/not/app:1" "$REGISTRY/not/app:x"
    [[ $output == *"layer 1 of the image is not that of the old base"* ]]
    run -2 "$COOPER" rebase "$REGISTRY/not/app:1" "$REGISTRY/not/app:x"
    [[ $output == *--new-base* ]]
    run -2 "$COOPER" rebase --new-base "$REGISTRY/not/base:2" "$REGISTRY/not/app:1" "$REGISTRY/not/app:x"
    [[ $output == *--old-base* ]]
    run -4 "$COOPER" rebase --old-base "$REGISTRY/not/base:1" --new-base "$REGISTRY/not/base:9" "$REGISTRY/not/app:1" "$REGISTRY/not/app:x"
    run -4 "$COOPER" digest "$REGISTRY/not/app:x"
    run -2 "$COOPER" rebase a
    run -2 "$COOPER" rebase a b c
    run -2 "$COOPER" rebase "" b
    run -2 "$COOPER" rebase store:a ""
    run -2 "$COOPER" rebase store:a docker-archive:x.tar
    run -4 "$COOPER" rebase store:nosuch store:b
}
