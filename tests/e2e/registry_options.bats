#!/usr/bin/env bats
# Options of a build about registries: whom it trusts, whom it asks, what it tells them
# (tests/lib/faulty_registry.py: user "user", password "secret").
load helpers

eval "their_$(declare -f teardown)"

teardown() {
    for server in "${SERVERS[@]}"; do kill "$server" 2>/dev/null || true; done
    their_teardown
}

# serve [SETTINGS…]: a registry; HOST is its name.
serve() {
    local port
    need python3
    port=$(free_port)
    HOST=127.0.0.1:$port
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" "$@" >"$T/served.$port" 2>&1 </dev/null 3>&- &
    SERVERS+=("$!")
    for _ in $(seq 100); do
        curl -kfsS "${SCHEME:-http}://$HOST/control" >/dev/null 2>&1 && return
        sleep 0.1
    done
    cat "$T/served.$port"
    return 1
}

certificate() {
    need openssl
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 \
        -subj /CN=localhost -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" 2>/dev/null
    SCHEME=https serve --tls "$T/cert.pem" "$T/key.pem"
}

small() {
    echo "${1:-x}" >f
    printf 'FROM scratch\nCOPY f /\n' >Dockerfile
}

@test "--tls-verify=false, --cert-dir and --registry-certificate decide whom a build trusts" {
    small
    certificate
    # On loopback an unknown certificate would be passed over for plain HTTP.
    name=$HOST/a/b
    build --push -t "$name:0" .
    [ "$status" -eq 6 ]
    [[ "$output" == *"certificate is not trusted"* ]]
    build --push --tls-verify=false -t "$name:1" .
    [ "$status" -eq 0 ]
    build --push --tls-verify -t "$name:2" .
    [ "$status" -eq 6 ]
    mkdir "$T/certs" "$T/empty"
    cp "$T/cert.pem" "$T/certs/ca.crt"
    build --push --cert-dir "$T/certs" -t "$name:3" .
    [ "$status" -eq 0 ]
    build --push --cert-dir "$T/missing" -t "$name:4" .
    [ "$status" -eq 4 ]
    build --push --cert-dir "$T/empty" -t "$name:4" .
    [ "$status" -eq 6 ]
    build --destination "$name:5" --registry-certificate "$HOST=$T/cert.pem" .
    [ "$status" -eq 0 ]
    build --destination "$name:6" --registry-certificate "$HOST=$T/missing" .
    [ "$status" -eq 4 ]
    build --destination "$name:7" --skip-tls-verify .
    [ "$status" -eq 0 ]
    build --destination "$name:8" --skip-tls-verify-registry "$HOST" .
    [ "$status" -eq 0 ]
    printf 'FROM %s:1\n' "$name" >Base
    export COOPER_ROOT=$T/other
    build -f Base .
    [ "$status" -eq 6 ]
    build -f Base --skip-tls-verify-pull .
    [ "$status" -eq 0 ]
}

@test "--creds are given to the registry, and shown nowhere" {
    small
    serve '{"auth": "basic"}'
    build --push -t "$HOST/a:1" .
    [ "$status" -eq 7 ]
    build --push --creds user:secret -t "$HOST/a:1" .
    [ "$status" -eq 0 ]
    [[ "$output" != *secret* ]]
    build --push --creds user:wrong -t "$HOST/a:2" .
    [ "$status" -eq 7 ]
    printf 'FROM %s/a:1\n' "$HOST" >Base
    COOPER_ROOT=$T/other build -f Base --creds user:secret .
    [ "$status" -eq 0 ]
}

@test "--registry-mirror and --registry-map are asked first" {
    small
    serve '{}'
    mirror=$HOST
    build --push -t "$mirror/library/base:1" .
    build --push -t "$mirror/team/tool:1" .
    [ "$status" -eq 0 ]
    export COOPER_ROOT=$T/other
    printf 'FROM base:1\n' >Base
    build -f Base --registry-mirror "$mirror" -t x:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of x:1 f)" = x ]
    printf 'FROM reg.example/tool:1\n' >Base
    build -f Base --registry-map "reg.example=$mirror/team;other.example=127.0.0.1:1" .
    [ "$status" -eq 0 ]
    printf 'FROM lost:1\n' >Base
    KANIKO_REGISTRY_MIRROR=127.0.0.1:1,$mirror build -f Base --skip-default-registry-fallback --retry 0 .
    [ "$status" -eq 4 ]
    [[ "$output" == *"$mirror"* ]]
    [[ "$output" != *registry-1.docker.io* ]]
    KANIKO_REGISTRY_MAP=nonsense build -f Base .
    [ "$status" -eq 2 ]
    [[ "$output" == *"variable KANIKO_REGISTRY_MAP"* ]]
}

@test "--retry and --retry-delay" {
    small
    serve '{"rules": [{"method": "PUT", "path": "manifests", "status": 503, "times": 2}]}'
    build --push --retry 1 --retry-delay 10ms -t "$HOST/a:1" .
    [ "$status" -eq 6 ]
    serve '{"rules": [{"method": "PUT", "path": "manifests", "status": 503, "times": 2}]}'
    started=$(date +%s%N)
    build --push --push-retry 3 --retry-delay 1500ms -t "$HOST/a:1" .
    [ "$status" -eq 0 ]
    # Two waits of a second and a half.
    [ $((($(date +%s%N) - started) / 1000000)) -ge 3000 ]
    serve '{"rules": [{"method": "PUT", "path": "manifests", "status": 503, "times": 1}]}'
    build --push --retry 0 -t "$HOST/a:1" .
    [ "$status" -eq 6 ]
}

@test "a job of kaniko: destinations, digests, a cache, a tar" {
    need jq
    busybox_image
    serve '{}'
    mkdir sub
    printf 'FROM busybox:1\nARG V\nRUN date +%%N >/now; echo "$V" >/v\n' >sub/Dockerfile
    cd /
    kaniko() {
        run "$COOPER" kaniko --context "$T/ctx/sub" --cache --build-arg V=1 "$@"
        echo "$output"
        [ "$status" -eq 0 ]
    }
    kaniko --destination "$HOST/team/app:1" --destination "$HOST/team/app:latest" --digest-file "$T/digest" \
        --image-name-with-digest-file "$T/name" --image-name-tag-with-digest-file "$T/tags" --tar-path "$T/app.tar"
    digest=$(cat "$T/digest")
    for tag in 1 latest; do
        curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' -D- -o /dev/null \
            "http://$HOST/v2/team/app/manifests/$tag" | grep -i "docker-content-digest: $digest"
    done
    [ "$(cat "$T/name")" = "$HOST/team/app@$digest
$HOST/team/app@$digest" ]
    [ "$(cat "$T/tags")" = "$HOST/team/app:1@$digest
$HOST/team/app:latest@$digest" ]
    tar -xOf "$T/app.tar" manifest.json | jq -e '.[0].RepoTags | length == 2'
    # The cache went to …/cache, and serves an empty store.
    busybox=$COOPER_ROOT
    cp -r "$busybox" "$T/second"
    rm -rf "$T/second/steps"
    export COOPER_ROOT=$T/second
    kaniko --destination "$HOST/team/app:2"
    [[ "$output" == *CACHED* ]]
    # Nothing is pushed with --no-push, nor with the variable.
    KANIKO_NO_PUSH=true kaniko --destination "$HOST/team/app:3"
    kaniko --destination "$HOST/team/app:4" --no-push --no-push-cache
    for tag in 3 4; do
        run curl -fsS "http://$HOST/v2/team/app/manifests/$tag"
        [ "$status" -ne 0 ]
    done
    "$COOPER" inspect "$HOST/team/app:4" >/dev/null
}

@test "names with docker:// are pushed" {
    small
    serve '{}'
    "$COOPER" bud -q -t "docker://$HOST/a:1" .
    curl -fsS -o /dev/null "http://$HOST/v2/a/manifests/1"
}
