#!/usr/bin/env bats
# Registries, proxies and credential helpers that are in the way (tests/lib/faulty_registry.py).
load helpers

# serve [ARGS…]: a registry of its own; SERVED is host:port.
serve() {
    local port
    port=$(free_port)
    SERVED=127.0.0.1:$port
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" "$@" >"$T/served.log" 2>&1 </dev/null 3>&- &
    SERVER=$!
    for _ in $(seq 100); do
        curl -fsSk -o /dev/null "$SCHEME://$SERVED/v2/" 2>/dev/null && return
        sleep 0.1
    done
    return 1
}

teardown() {
    [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
    cd / || return 1
    rm -rf "$T"
}

SCHEME=http

set_rules() {
    curl -fsS -o /dev/null "http://$SERVED/control" -d "$1"
}

counted() {
    curl -fsS "http://$SERVED/control" | jq "$1"
}

image_in_store() {
    echo "$1" >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    "$COOPER" build -q -t "$2" . >/dev/null
}

@test "push and pull work with a local registry that uses TLS" {
    need openssl
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 \
        -subj /CN=localhost -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" 2>/dev/null
    SCHEME=https
    serve --tls "$T/cert.pem" "$T/key.pem"
    SCHEME=http
    for name in "$SERVED" "localhost:${SERVED#*:}"; do
        image_in_store tls "$name/tls/a:1"
        "$COOPER" push --insecure-registry "$name" "$name/tls/a:1"
        COOPER_ROOT=$T/other "$COOPER" pull --insecure-registry "$name" "$name/tls/a:1"
        SSL_CERT_FILE=$T/cert.pem "$COOPER" push "$name/tls/a:1" "$name/tls/b:1"
        SSL_CERT_FILE=$T/cert.pem COOPER_ROOT=$T/third "$COOPER" pull "$name/tls/b:1"
        build --insecure-registry "$name" -t "$name/tls/c:1" --push .
        [ "$status" -eq 0 ]
        run "$COOPER" push "$name/tls/a:1" "$name/tls/d:1"
        [ "$status" -eq 6 ]
        [[ $output == *"certificate is not trusted"* ]]
    done
}

@test "unavailable or wrong credentials do not prevent a pull of public images" {
    serve '{}'
    image_in_store public "$SERVED/pub/a:1"
    "$COOPER" push -q "$SERVED/pub/a:1"
    set_rules '{"auth": "token", "anonymous_pull": true}'
    mkdir "$T/bin" "$T/docker"
    printf '#!/bin/sh\nsleep 100\n' >"$T/bin/docker-credential-hangs"
    printf '#!/bin/sh\necho the keyring is locked >&2\nexit 1\n' >"$T/bin/docker-credential-fails"
    printf '#!/bin/sh\necho "<html>"\n' >"$T/bin/docker-credential-babbles"
    printf '#!/bin/sh\nyes\n' >"$T/bin/docker-credential-floods"
    printf '#!/bin/sh\nkill -9 $$\n' >"$T/bin/docker-credential-dies"
    printf '#!/bin/sh\necho "{\\"Username\\":\\"user\\",\\"Secret\\":\\"wrong\\"}"\n' >"$T/bin/docker-credential-lies"
    chmod +x "$T/bin/"*
    export PATH=$T/bin:$PATH DOCKER_CONFIG=$T/docker
    for helper in missing fails babbles floods dies lies hangs; do
        for form in credsStore credHelpers; do
            [ "$helper $form" != "hangs credsStore" ] || continue
            case $form in
            credsStore) echo "{\"credsStore\": \"$helper\"}" ;;
            *) echo "{\"credHelpers\": {\"$SERVED\": \"$helper\"}}" ;;
            esac >"$T/docker/config.json"
            rm -rf "$T/other"
            run timeout 90 "$COOPER" pull --root "$T/other" "$SERVED/pub/a:1"
            echo "$helper $form: $status $output"
            [ "$status" -eq 0 ]
            [[ $output == *"without credentials"* ]]
            [ "$helper" != hangs ] || continue
            run timeout 90 "$COOPER" push "$SERVED/pub/a:1"
            [ "$status" -eq 7 ]
            [[ $output == *"$helper"* || $output == *"incorrect username"* ]]
        done
    done
    printf '{"auths": {"%s": {"auth": "%s"}}}' "$SERVED" "$(printf user:wrong | base64)" >"$T/docker/config.json"
    run "$COOPER" pull --root "$T/fourth" "$SERVED/pub/a:1"
    [ "$status" -eq 0 ]
    [[ $output == *"without credentials"* ]]
    run "$COOPER" push "$SERVED/pub/a:1"
    [ "$status" -eq 7 ]
}

@test "blobs that the registry lost before the manifest arrived are sent again" {
    serve '{}'
    image_in_store lost "$SERVED/lost/a:1"
    for code in MANIFEST_BLOB_UNKNOWN BLOB_UNKNOWN; do
        for status in 400 404; do
            set_rules "{\"rules\": [{\"method\": \"PUT\", \"path\": \"/manifests/\", \"status\": $status,
                \"body\": \"{\\\"errors\\\":[{\\\"code\\\":\\\"$code\\\",\\\"message\\\":\\\"unknown\\\"}]}\"}]}"
            curl -fsS -o /dev/null -X POST "http://$SERVED/count"
            # A tag that has the image already would be left as it is.
            run "$COOPER" push "$SERVED/lost/a:1" "$SERVED/lost/a:$code-$status"
            [ "$status" -eq 0 ]
            [[ $output == *"sent again"* ]]
            [ "$(counted '[.requests[] | select(test("^PUT /v2/lost/a/blobs"))] | length')" -ge 2 ]
        done
    done
    set_rules '{"rules": [{"method": "PUT", "path": "/manifests/", "times": 9, "status": 404,
        "body": "{\"errors\":[{\"code\":\"MANIFEST_BLOB_UNKNOWN\"}]}"}]}'
    run "$COOPER" push "$SERVED/lost/a:1"
    [ "$status" -ne 0 ]
    build -t "$SERVED/lost/b:1" --push .
    [ "$status" -ne 0 ]
}

# put_manifest REPO TAG FILE [TYPE]: its digest.
put_manifest() {
    curl -fsS -o /dev/null -X PUT -H "Content-Type: ${4:-application/vnd.oci.image.index.v1+json}" \
        --data-binary "@$3" "http://$SERVED/v2/$1/manifests/$2"
    echo "sha256:$(sha256sum <"$3" | cut -d' ' -f1)"
}

# index_of FILE DIGEST SIZE TYPE [PLATFORM]
index_of() {
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"%s","digest":"%s","size":%s%s}]}' \
        "$4" "$2" "$3" "${5:-}" >"$1"
}

@test "nested indexes are followed, but not forever" {
    serve '{}'
    image_in_store nested "$SERVED/nest/a:1"
    "$COOPER" push -q --digest-file "$T/d0" "$SERVED/nest/a:1"
    digest=$(cat "$T/d0")
    size=$(curl -fsS "http://$SERVED/v2/nest/a/manifests/1" | wc -c)
    index_of "$T/index" "$digest" "$size" application/vnd.oci.image.manifest.v1+json \
        ",\"platform\":{\"os\":\"linux\",\"architecture\":\"$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')\"}"
    for depth in 1 2 3 4 5 6; do
        digest=$(put_manifest nest/a "depth$depth" "$T/index")
        index_of "$T/next" "$digest" "$(stat -c %s "$T/index")" application/vnd.oci.image.index.v1+json
        # A sibling without anything for us comes first.
        jq -c '.manifests |= [{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:'"$(printf '%064d' 1)"'","size":9,"platform":{"os":"plan9","architecture":"mips"}}] + .' \
            "$T/next" >"$T/index"
        printf 'FROM %s/nest/a:depth%s\nCOPY file /again\n' "$SERVED" "$depth" >Dockerfile
        rm -rf "$T/new"
        build --root "$T/new" -o "type=local,dest=$T/out" .
        if [ "$depth" -le 4 ]; then
            [ "$status" -eq 0 ]
            [ "$(cat "$T/out/file")" = nested ]
            "$COOPER" pull --root "$T/pulled" "$SERVED/nest/a:depth$depth"
            "$COOPER" inspect --root "$T/pulled" "$SERVED/nest/a:depth$depth" >/dev/null
            "$COOPER" push --root "$T/pulled" "$SERVED/nest/a:depth$depth" "$SERVED/nest/b:$depth"
        else
            [ "$status" -eq 9 ]
            [[ $output == *"nested deeper"* ]]
        fi
    done
}

@test "non-distributable layers come from their URLs, without credentials" {
    serve '{}'
    image_in_store foreign "$SERVED/foreign/a:1"
    "$COOPER" push -q "$SERVED/foreign/a:1"
    curl -fsS "http://$SERVED/v2/foreign/a/manifests/1" >"$T/manifest"
    layer=$(jq -r '.layers[0].digest' "$T/manifest")
    curl -fsS "http://$SERVED/v2/foreign/a/blobs/$layer" >"$T/layer"
    first=$SERVED FIRST=$SERVER
    serve '{}'
    jq -c --arg u "http://$SERVED/storage/$layer" '.layers[0] += {"mediaType":
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "urls": ["http://127.0.0.1:1/no", $u]}' \
        "$T/manifest" >"$T/foreign"
    # The blob lies at the second server alone.
    where=$(curl -fsS -X POST -D- -o /dev/null "http://$SERVED/v2/x/blobs/uploads/" | sed -n 's/^Location: //Ip' | tr -d '\r')
    curl -fsS -o /dev/null -X PUT --data-binary "@$T/layer" "$where?digest=$layer"
    second=$SERVED SECOND=$SERVER SERVED=$first
    put_manifest foreign/a 2 "$T/foreign" application/vnd.oci.image.manifest.v1+json
    curl -fsS -o /dev/null "http://$first/control" -d "{\"rules\": [{\"path\": \"/blobs/$layer\", \"times\": 99, \"status\": 404}]}"
    printf 'FROM %s/foreign/a:2\nCOPY file /g\n' "$first" >Dockerfile
    build --root "$T/new" -o "type=local,dest=$T/out" .
    kill "$SECOND" "$FIRST" || true
    [ "$status" -eq 0 ]
    [ "$(cat "$T/out/file")" = foreign ]
}

@test "a fault of a proxy names the proxy, and a refusal is not repeated" {
    cat >"$T/proxy.py" <<'Y'
import socketserver, sys
status = sys.argv[1].encode()
class H(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        open(sys.argv[2], "ab").write(line)
        while self.rfile.readline().strip(): pass
        self.wfile.write(b"HTTP/1.1 " + status + b" Hm\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
s = socketserver.ThreadingTCPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()
Y
    printf 'FROM registry.invalid/a/b:1\n' >Dockerfile
    for code in 407 403; do
        : >"$T/asked"
        python3 "$T/proxy.py" "$code" "$T/asked" >"$T/port" 3>&- &
        SERVER=$!
        for _ in $(seq 50); do [ -s "$T/port" ] && break; sleep 0.1; done
        HTTPS_PROXY=http://me:pass-word@127.0.0.1:$(cat "$T/port") build .
        kill "$SERVER"
        [ "$status" -eq 6 ]
        [[ $output == *"proxy 127.0.0.1:$(cat "$T/port")"* && $output == *"status $code"* && $output == *HTTPS_PROXY* ]]
        [[ $output != *pass-word* ]]
        [ "$(wc -l <"$T/asked")" -eq 1 ]
    done
    HTTPS_PROXY=http://127.0.0.1:1 build .
    [ "$status" -eq 6 ]
    [[ $output == *"proxy 127.0.0.1:1"* ]]
}

@test "an impossible Content-Length is refused at once" {
    local port length
    port=$(free_port)
    python3 - "$port" >/dev/null 2>&1 3>&- <<'PY' &
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
held = []
while True:
    client = server.accept()[0]
    path = client.recv(4096).decode().split(" ")[1:2]
    if path:
        client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {path[0][1:]}\r\n\r\nhello".encode())
        held.append(client)  # stays open: who believes it waits
PY
    SERVER=$!
    for _ in $(seq 50); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break || sleep 0.1; done
    for length in 99999999999999999999999 9223372036854775808 -1 0x5 five; do
        printf 'FROM scratch\nADD http://127.0.0.1:%s/%s /f\n' "$port" "$length" >Dockerfile
        run timeout 20 "$COOPER" build .
        echo "$length: $status: $output"
        [ "$status" -eq 6 ] && [[ "$output" == *"127.0.0.1:$port: "*"Content-Length"* ]]
    done
    printf 'FROM scratch\nADD http://127.0.0.1:%s/5 /f\n' "$port" >Dockerfile
    timeout 20 "$COOPER" build -q -o out .
    [ "$(cat out/f)" = hello ]
}
