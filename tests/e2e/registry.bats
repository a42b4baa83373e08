#!/usr/bin/env bats
# Pull and push against a real registry on loopback.
load helpers

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
    [ ! -f "$BATS_FILE_TMPDIR/counting" ] || kill "$(cat "$BATS_FILE_TMPDIR/counting")" || true
}

small_image() {
    echo "$1" >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    build -t "$2" .
    [ "$status" -eq 0 ]
}

@test "a pushed image, pulled into an empty store, is the same" {
    need docker-registry
    small_image hello "$REGISTRY/a/b:1"
    "$COOPER" push --digest-file "$T/pushed" "$REGISTRY/a/b:1"
    COOPER_ROOT=$T/other "$COOPER" pull "$REGISTRY/a/b:1"
    export COOPER_ROOT=$T/other
    [ "$(cat_of "$REGISTRY/a/b:1" file)" = hello ]
    curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' -D- -o /dev/null \
        "http://$REGISTRY/v2/a/b/manifests/1" | grep -i "docker-content-digest: $(cat "$T/pushed")"
}

@test "build --push sends the image" {
    need docker-registry
    need skopeo
    echo x >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    build -t "$REGISTRY/push/it:2" --push .
    [ "$status" -eq 0 ]
    skopeo inspect --tls-verify=false "docker://$REGISTRY/push/it:2" | jq -e '.Layers | length == 1'
}

@test "a second push sends no layer again" {
    need docker-registry
    small_image again "$REGISTRY/twice:1"
    "$COOPER" push "$REGISTRY/twice:1"
    run "$COOPER" --version
    before=$(find "$BATS_FILE_TMPDIR/registry/data" -type f | wc -l)
    "$COOPER" push "$REGISTRY/twice:1"
    after=$(find "$BATS_FILE_TMPDIR/registry/data" -type f | wc -l)
    [ "$before" -eq "$after" ]
}

@test "--push keeps only the cache in the store, unless --load is given, too" {
    need docker-registry
    echo x >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    build -t "$REGISTRY/push/only:1" --push .
    [ "$status" -eq 0 ]
    run "$COOPER" images
    [[ $output != *push/only* ]]
    build -t "$REGISTRY/push/only:1" --push --load .
    [ "$status" -eq 0 ]
    run "$COOPER" images
    [[ $output == *push/only* ]]
}

@test "base layers are mounted across repositories" {
    need docker-registry
    head -c 300000 /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    build -t "$REGISTRY/base/big:1" --push .
    [ "$status" -eq 0 ]
    printf 'FROM %s\nCOPY --link Dockerfile /\n' "$REGISTRY/base/big:1" >Dockerfile
    # A store that never saw the layer: it must neither be downloaded nor sent.
    build --root "$T/fresh" -t "$REGISTRY/child/app:1" --push .
    [ "$status" -eq 0 ]
    [ -z "$(find "$T/fresh/blobs" -type f -size +200k)" ]
    COOPER_ROOT=$T/third "$COOPER" pull "$REGISTRY/child/app:1"
}

# requests METHOD: how many of it the registry got since the last call of asked_nothing.
requests() {
    grep -ac "\"$1 /v2/[^ ]*[ ]HTTP" "$T/counting/log"
}

asked_nothing() {
    : >"$T/counting/log"
}

@test "a blob crosses once, whatever repositories, tags and caches take it" {
    need docker-registry
    . "$BATS_TEST_DIRNAME/../lib/registry.sh"
    local REGISTRY REGISTRY_PID
    REGISTRY_LOG_ACCESSLOG_DISABLED=false registry_start "$T/counting"
    echo "$REGISTRY_PID" >"$BATS_FILE_TMPDIR/counting"
    head -c 300000 /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    build -t "$REGISTRY/one/app:1" --push .
    [ "$status" -eq 0 ]

    # The same tag again: one question.
    asked_nothing
    build --progress=plain -t "$REGISTRY/one/app:1" --push .
    [ "$status" -eq 0 ]
    [[ $output == *"$REGISTRY/one/app:1@sha256:"*"is there already: nothing is sent"* ]]
    [ "$(requests PUT)" -eq 0 ]
    [ "$(requests HEAD)" -eq 1 ]
    asked_nothing
    build -t "$REGISTRY/one/app:1" .
    run "$COOPER" push "$REGISTRY/one/app:1"
    [ "$status" -eq 0 ]
    [[ $output == *"is there already: nothing is sent"* ]]
    [ "$(requests PUT)" -eq 0 ]

    # Further tags: a manifest each, and the blobs are asked for once.
    asked_nothing
    build -t "$REGISTRY/one/app:2" -t "$REGISTRY/one/app:3" -t "$REGISTRY/one/app:4" --push .
    [ "$status" -eq 0 ]
    [ "$(requests PUT)" -eq 3 ]
    [ "$(requests PATCH)" -eq 0 ]
    [ "$(requests HEAD)" -eq 5 ]

    # Other repositories, and a cache: mounted.
    asked_nothing
    build -t "$REGISTRY/two/app:1" -t "$REGISTRY/three:1" --push .
    [ "$status" -eq 0 ]
    [ "$(requests PUT)" -eq 2 ]
    asked_nothing
    build -t "$REGISTRY/one/app:1" --push --cache-to "type=registry,ref=$REGISTRY/cache:x" .
    [ "$status" -eq 0 ]
    [ "$(requests PUT)" -eq 2 ]

    # The registry lost all: everything is sent again.
    rm -r "$T/counting/data/docker"
    kill "$REGISTRY_PID"
    wait "$REGISTRY_PID" || true
    REGISTRY_LOG_ACCESSLOG_DISABLED=false registry_start "$T/counting" "${REGISTRY#*:}"
    echo "$REGISTRY_PID" >"$BATS_FILE_TMPDIR/counting"
    build -t "$REGISTRY/two/app:1" --push .
    [ "$status" -eq 0 ]
    COOPER_ROOT=$T/third "$COOPER" pull "$REGISTRY/two/app:1"
    kill "$REGISTRY_PID"
}

@test "a damaged note of where blobs are costs nothing but bytes" {
    need docker-registry
    head -c 300000 /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    build -t "$REGISTRY/seen/a:1" --push .
    [ "$status" -eq 0 ]
    note=$(echo "$COOPER_ROOT"/seen/*)
    [ -f "$note" ]
    for damage in 'printf x >$note' ': >$note' 'rm $note; mkdir $note' 'rmdir $note; ln -s /etc/passwd $note' \
        'head -c 70 /dev/zero >$T/z; rm $note; cp $T/z $note'; do
        eval "$damage"
        build -t "$REGISTRY/seen/b$RANDOM:1" --push .
        [ "$status" -eq 0 ]
    done
}

@test "layers are sent as gzip by default and as zstd on request" {
    need docker-registry
    small_image types "$REGISTRY/types:1"
    "$COOPER" push "$REGISTRY/types:1"
    curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/types/manifests/1" \
        | jq -e '.layers[0].mediaType == "application/vnd.oci.image.layer.v1.tar+gzip"'
    "$COOPER" push --compression zstd "$REGISTRY/types:1" "$REGISTRY/types:z"
    curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/types/manifests/z" \
        | jq -e '.layers[0].mediaType == "application/vnd.oci.image.layer.v1.tar+zstd"'
    COOPER_ROOT=$T/other "$COOPER" pull "$REGISTRY/types:z"
}

@test "a base image without the platform is refused, with a list of its platforms" {
    need docker-registry
    small_image p "$REGISTRY/plat:1"
    "$COOPER" push "$REGISTRY/plat:1"
    printf 'FROM --platform=linux/arm64 %s\n' "$REGISTRY/plat:1" >Dockerfile
    build --root "$T/new" .
    # A single manifest says nothing of platforms: a warning, as BuildKit's.
    [ "$status" -eq 0 ]
    [[ "$output" == *InvalidBaseImagePlatform* ]]
}

@test "credentials come from DOCKER_CONFIG and REGISTRY_AUTH_FILE" {
    need docker-registry
    need htpasswd
    . "$ROOT/tests/lib/registry.sh"
    dir=$T/auth
    mkdir -p "$dir/data"
    htpasswd -Bbn user secret-word >"$dir/htpasswd"
    port=$(free_port)
    cat >"$dir/config.yml" <<EOF
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $dir/data}}
http: {addr: 127.0.0.1:$port}
auth: {htpasswd: {realm: r, path: $dir/htpasswd}}
EOF
    docker-registry serve "$dir/config.yml" >/dev/null 2>&1 3>&- &
    pid=$!
    sleep 0.5
    small_image secret "127.0.0.1:$port/s:1"
    run "$COOPER" push "127.0.0.1:$port/s:1"
    [ "$status" -eq 7 ]
    mkdir "$T/docker"
    printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}' "$port" "$(printf user:secret-word | base64)" >"$T/docker/config.json"
    DOCKER_CONFIG=$T/docker "$COOPER" push "127.0.0.1:$port/s:1"
    REGISTRY_AUTH_FILE=$T/docker/config.json COOPER_ROOT=$T/o "$COOPER" pull "127.0.0.1:$port/s:1"
    kill "$pid"
    ! grep -r secret-word "$COOPER_ROOT" "$T/o"
}

@test "a pulled image that is pushed keeps its digest, even with uncompressed layers or another name" {
    need docker-registry
    echo plain >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    build -t "$REGISTRY/plain/a:1" -o "type=registry,compression=uncompressed" --digest-file "$T/d0" .
    [ "$status" -eq 0 ]
    COOPER_ROOT=$T/other "$COOPER" pull "$REGISTRY/plain/a:1"
    export COOPER_ROOT=$T/other
    "$COOPER" push --digest-file "$T/d1" "$REGISTRY/plain/a:1" "$REGISTRY/plain/b:1"
    "$COOPER" tag "$REGISTRY/plain/a:1" "$REGISTRY/plain/c:1"
    "$COOPER" push --digest-file "$T/d2" "$REGISTRY/plain/c:1"
    cmp "$T/d0" "$T/d1" && cmp "$T/d0" "$T/d2"
}

@test "a pull repairs damage in the store" {
    need docker-registry
    head -c 300000 /dev/urandom >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    build -t "$REGISTRY/heal/a:1" --push .
    [ "$status" -eq 0 ]
    export COOPER_ROOT=$T/other
    "$COOPER" pull "$REGISTRY/heal/a:1"
    for blob in "$COOPER_ROOT/blobs/sha256/"*; do
        printf 'x' | dd of="$blob" bs=1 seek=100 conv=notrunc status=none
    done
    "$COOPER" pull "$REGISTRY/heal/a:1"
    cd "$COOPER_ROOT/blobs/sha256"
    for f in *; do [ "$(sha256sum <"$f" | cut -d' ' -f1)" = "$f" ]; done
}

@test "registry.insecure=true of an output applies to its own registry only" {
    need_root
    need docker-registry
    need ip
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    export T COOPER ROOT
    # A network of its own, with an address that is no loopback: TLS is expected there.
    run timeout 120 unshare -n bash -c '
        set -eu
        ip link set lo up
        ip addr add 198.51.100.7/32 dev lo
        . "$ROOT/tests/lib/registry.sh"
        registry_start "$T/r" 5000
        registry_stop
        sed -i "s/127.0.0.1/198.51.100.7/" "$T/r/config.yml"
        docker-registry serve "$T/r/config.yml" >"$T/r/log" 2>&1 </dev/null 3>&- &
        trap "kill $!" EXIT
        for _ in $(seq 100); do ! curl -fsS -o /dev/null http://198.51.100.7:5000/v2/ 2>/dev/null || break; sleep 0.1; done
        there() { curl -fsS -H "Accept: application/vnd.oci.image.manifest.v1+json" -o /dev/null "http://198.51.100.7:5000/v2/$1/manifests/1"; }
        for type in image,push=true registry; do
            status=0
            "$COOPER" build -q -o "type=$type,name=198.51.100.7:5000/tls:1" . || status=$?
            [ "$status" -eq 6 ]
            ! there tls
            "$COOPER" build -q -o "type=$type,registry.insecure=false,name=198.51.100.7:5000/tls:1" . && exit 1
            "$COOPER" build -q -o "type=$type,registry.insecure=true,name=198.51.100.7:5000/${type%%,*}:1" .
            there "${type%%,*}"
        done
        # One output does not speak for another.
        "$COOPER" build -q -o type=registry,name=198.51.100.7:5000/tls:1 \
            -o type=none . && exit 1
        ! there tls
        echo reached'
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *reached* ]]
}
