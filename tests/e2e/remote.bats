#!/usr/bin/env bats
# Images in registries and other places, looked at and untagged from here: inspect, digest,
# tag ls, tag rm.
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
}

# image NAME [PLATFORM]: pushed, in no store of ours.
image() {
    printf 'FROM scratch\nLABEL name=%s\nCOPY Dockerfile /\nCMD ["/x"]\n' "$1" >Dockerfile
    COOPER_ROOT=$T/maker "$COOPER" build -q --platform "${2:-linux/amd64}" -t "$1" --push . >/dev/null
}

raw() {
    skopeo inspect --raw --tls-verify=false "docker://$1"
}

digest_of() {
    printf 'sha256:%s' "$(raw "$1" | sha256sum | cut -d' ' -f1)"
}

status_of() {
    curl -s -o /dev/null -w '%{http_code}' -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/$1/manifests/$2"
}

@test "inspect: documents of a registry and of files, byte for byte, and nothing comes into the store" {
    need docker-registry
    need skopeo
    image "$REGISTRY/look/a:1" linux/amd64,linux/arm64
    name=docker://$REGISTRY/look/a:1
    [ "$("$COOPER" inspect --raw "$name" | sha256sum)" = "$(raw "$REGISTRY/look/a:1" | sha256sum)" ]
    [ "$("$COOPER" inspect --raw root "$name" | sha256sum)" = "$(raw "$REGISTRY/look/a:1" | sha256sum)" ]
    [ "$("$COOPER" inspect --raw --remote "$REGISTRY/look/a:1" | sha256sum)" = "$(raw "$REGISTRY/look/a:1" | sha256sum)" ]
    "$COOPER" inspect --platform linux/arm64 --raw=manifest "$name" | jq -e '.layers | length == 1'
    [ "$("$COOPER" inspect --platform linux/arm64 --config "$name" | jq -r .architecture)" = arm64 ]
    [ "$("$COOPER" inspect --config --raw --platform linux/arm64 "$name" | sha256sum)" = "$(skopeo inspect --config --raw --override-arch arm64 --tls-verify=false "$name" | sha256sum)" ]
    "$COOPER" inspect --platform linux/arm64 "$name" | jq -e '.platform == "linux/arm64" and (.index.manifests | length == 2) and .name == "'"$REGISTRY/look/a:1"'"'
    [ "$("$COOPER" inspect -f '{{json .Config.Cmd}} {{index .RepoTags 0}}' --platform linux/amd64 "$name")" = '["/x"] '"$REGISTRY/look/a:1" ]
    "$COOPER" image inspect "$name" --platform linux/amd64 | jq -e '.[0].Os == "linux"'
    for place in "oci:$T/layout:1" "oci-archive:$T/a.tar:1"; do
        "$COOPER" copy -q "$REGISTRY/look/a:1" "$place" >/dev/null
        [ "$("$COOPER" inspect --raw "$place" | sha256sum)" = "$(raw "$REGISTRY/look/a:1" | sha256sum)" ]
    done
    [ -z "$("$COOPER" images -q)" ]
    run -4 "$COOPER" inspect "$REGISTRY/look/a:1"
    [[ $output == *"cooper inspect docker://$REGISTRY/look/a:1"* ]]
    run -4 "$COOPER" inspect "docker://$REGISTRY/look/nosuch:1"
    run -4 "$COOPER" inspect --platform linux/s390x "$name"
}

@test "digest: what a name has now, in any place" {
    need docker-registry
    need skopeo
    image "$REGISTRY/dig/a:1" linux/amd64,linux/arm64
    want=$(digest_of "$REGISTRY/dig/a:1")
    [ "$("$COOPER" digest "$REGISTRY/dig/a:1")" = "$want" ]
    [ "$("$COOPER" digest --full-ref "$REGISTRY/dig/a@$want")" = "$REGISTRY/dig/a@$want" ]
    [ "$("$COOPER" digest --platform linux/arm64 "$REGISTRY/dig/a:1")" = "$(raw "$REGISTRY/dig/a:1" | jq -r '.manifests[1].digest')" ]
    "$COOPER" digest --format json "$REGISTRY/dig/a:1" | "$ROOT/tests/schemas/validate" digest
    "$COOPER" digest --format json "$REGISTRY/dig/a:1" | jq -e '.digest == "'"$want"'" and .size > 100 and .mediaType == "application/vnd.oci.image.index.v1+json"'
    "$COOPER" copy -q "$REGISTRY/dig/a:1" "oci:$T/layout:x" store:local:1 >/dev/null
    [ "$("$COOPER" digest "oci:$T/layout:x" local:1 store:local:1 | sort -u)" = "$want" ]
    run -4 "$COOPER" digest "$REGISTRY/dig/nosuch:1"
    run -4 "$COOPER" digest store:nosuch
    run -6 "$COOPER" digest --retry 0 127.0.0.1:1/a
    run -2 "$COOPER" digest
    run -2 "$COOPER" digest ""
    run -2 "$COOPER" digest "A B"
}

@test "tag ls: all pages, as people count" {
    need docker-registry
    image "$REGISTRY/list/a:1.9"
    for tag in 1.10 2 10 latest 1.10-rc1; do
        curl -fsS -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
            --data-binary "$(curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/list/a/manifests/1.9"; printf .)" \
            "http://$REGISTRY/v2/list/a/manifests/$tag" 2>/dev/null || "$COOPER" copy -q "$REGISTRY/list/a:1.9" "$REGISTRY/list/a:$tag" >/dev/null
    done
    [ "$("$COOPER" tag ls "$REGISTRY/list/a" | tr '\n' ' ')" = "1.9 1.10 1.10-rc1 2 10 latest " ]
    [ "$("$COOPER" tag list "docker://$REGISTRY/list/a" | wc -l)" -eq 6 ]
    "$COOPER" tag ls --format json "$REGISTRY/list/a" | "$ROOT/tests/schemas/validate" tag-ls
    "$COOPER" tag ls --format json "$REGISTRY/list/a" | jq -e '.repository == "'"$REGISTRY/list/a"'" and .tags[0] == "1.9"'
    run -4 "$COOPER" tag ls "$REGISTRY/list/nosuch"
    run -2 "$COOPER" tag ls "$REGISTRY/list/a:1"
    run -2 "$COOPER" tag ls store:a
    run -2 "$COOPER" tag ls ""
    run -2 "$COOPER" tag ls
}

@test "tag rm: one tag goes, other tags of the image stay; a digest goes with all its tags" {
    need docker-registry
    image "$REGISTRY/rm/a:1"
    "$COOPER" copy -q "$REGISTRY/rm/a:1" "$REGISTRY/rm/a:2" "$REGISTRY/rm/a:3" >/dev/null
    "$COOPER" tag rm "$REGISTRY/rm/a:1"
    [ "$(status_of rm/a 1)" = 404 ]
    [ "$(status_of rm/a 2)" = 200 ]
    [ "$("$COOPER" tag ls "$REGISTRY/rm/a" | tr '\n' ' ')" = "2 3 " ]
    "$COOPER" tag rm "$REGISTRY/rm/a@$("$COOPER" digest "$REGISTRY/rm/a:2")"
    [ "$(status_of rm/a 2)" = 404 ]
    [ "$(status_of rm/a 3)" = 404 ]
    run -4 "$COOPER" tag rm "$REGISTRY/rm/a:2"
    run -2 "$COOPER" tag rm "$REGISTRY/rm/a"
    run -2 "$COOPER" tag rm
    run -2 "$COOPER" tag rm ""
}

@test "tag rm: a registry that does not delete is named, and its tag stays what it was" {
    need docker-registry
    port=$(free_port)
    mkdir -p "$T/reg/data"
    printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: 127.0.0.1:%s}\n' "$T/reg/data" "$port" >"$T/reg/config.yml"
    docker-registry serve "$T/reg/config.yml" >/dev/null 2>&1 </dev/null 3>&- &
    pid=$!
    for _ in $(seq 100); do curl -fsS -o /dev/null "http://127.0.0.1:$port/v2/" 2>/dev/null && break; sleep 0.1; done
    image "127.0.0.1:$port/keep/a:1"
    before=$("$COOPER" digest "127.0.0.1:$port/keep/a:1")
    run -8 "$COOPER" tag rm "127.0.0.1:$port/keep/a:1"
    [[ $output == *"does not delete"* && $output == *REGISTRY_STORAGE_DELETE_ENABLED* ]]
    run -8 "$COOPER" tag rm "127.0.0.1:$port/keep/a@$before"
    [ "$("$COOPER" digest "127.0.0.1:$port/keep/a:1")" = "$before" ]
    kill "$pid"
}

@test "tag: an image of the store that is called ls keeps its meaning" {
    echo 'FROM scratch' >Dockerfile
    echo 'LABEL a=b' >>Dockerfile
    build -t ls .
    "$COOPER" tag ls other:1
    "$COOPER" inspect other:1 >/dev/null
}
