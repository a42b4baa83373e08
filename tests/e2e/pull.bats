#!/usr/bin/env bats
# Layers are unpacked while they are downloaded: what happens if the registry fails
# meanwhile (tests/lib/faulty_registry.py).
load helpers

setup_file() {
    . "$BATS_TEST_DIRNAME/../lib/registry.sh"
    PORT=$(free_port)
    REGISTRY=127.0.0.1:$PORT
    python3 "$BATS_TEST_DIRNAME/../lib/faulty_registry.py" --port "$PORT" \
        >"$BATS_FILE_TMPDIR/log" 2>&1 </dev/null 3>&- &
    FAULTY=$!
    for _ in $(seq 100); do
        curl -fsS -o /dev/null "http://$REGISTRY/v2/" 2>/dev/null && break
        sleep 0.1
    done
    export REGISTRY FAULTY
    # Three layers that do not compress, and a shell to see them with.
    mkdir "$BATS_FILE_TMPDIR/ctx"
    cd "$BATS_FILE_TMPDIR/ctx"
    for i in 1 2 3; do head -c 3000000 /dev/urandom >"big$i"; done
    sha256sum big1 big2 big3 >sums
    cp "$(command -v busybox)" busybox
    printf 'FROM scratch\nCOPY busybox /bin/\nCOPY big1 /\nCOPY big2 /\nCOPY big3 sums /\n' >Dockerfile
    "$ROOT/cooper" build --root "$BATS_FILE_TMPDIR/store" -t "$REGISTRY/big:1" --push -q .
}

teardown_file() {
    kill "$FAULTY"
}

# rules JSON: what goes wrong from now on; counts start anew.
rules() {
    curl -fsS -o /dev/null "http://$REGISTRY/control" -d "{\"ranges\": true, \"rules\": $1}"
    curl -fsS -o /dev/null -X POST "http://$REGISTRY/count"
}

counted() {
    curl -fsS "http://$REGISTRY/control" | jq "$1"
}

# The base's layers are downloaded and unpacked, and the RUN sees all of them.
use_base() {
    printf 'FROM %s/big:1\nRUN ["/bin/busybox", "sha256sum", "-c", "/sums"]\n' "$REGISTRY" >Dockerfile
    build -t app:1 .
}

# Bytes of the layers as compressed.
size_of_layers() {
    curl -fsS "http://$REGISTRY/v2/big/manifests/1" | jq '[.layers[].size] | add'
}

@test "each layer is downloaded once, and everything is there" {
    rules '[]'
    use_base
    [ "$status" -eq 0 ]
    [ "$(counted '[.requests[] | select(test("GET /v2/big/blobs/"))] | length')" -eq 5 ]
    [ "$(counted '[.requests[] | select(test("GET /v2/big/blobs/"))] | unique | length')" -eq 5 ]
}

@test "an interrupted download is resumed" {
    size=$(size_of_layers)
    rules '[{"method": "GET", "path": "/blobs/", "skip": 2, "times": 3, "reset": 1500000}]'
    use_base
    [ "$status" -eq 0 ]
    # What is sent again is what was on its way.
    [ "$(counted .bytes_out)" -lt $((size + size / 10 + 20000)) ]
    [ "$(counted '[.requests[] | select(test("GET /v2/big/blobs/"))] | length')" -gt 5 ]
}

@test "a registry that ignores ranges sends everything again" {
    curl -fsS -o /dev/null "http://$REGISTRY/control" -d '{"ranges": false, "rules":
        [{"method": "GET", "path": "/blobs/", "skip": 2, "times": 1, "reset": 1500000}]}'
    use_base
    [ "$status" -eq 0 ]
}

@test "a layer that arrives damaged is named, and nothing of it is kept" {
    rules '[{"method": "GET", "path": "/blobs/", "skip": 1, "times": 99, "corrupt": true}]'
    use_base
    [ "$status" -ne 0 ]
    [[ $output == *"big blob sha256:"*": its content is sha256:"* ]]
    [[ $output != *"gzip:"* ]]
    [ -z "$(ls "$COOPER_ROOT/layers")" ]
    [ -z "$(find "$COOPER_ROOT/blobs" -size +1M)" ]
    rules '[]'
    use_base
    [ "$status" -eq 0 ]
}

@test "a layer that never arrives complete is an error of the registry" {
    rules '[{"method": "GET", "path": "/blobs/", "skip": 1, "times": 99, "status": 500}]'
    use_base
    [ "$status" -ne 0 ]
    [[ $output == *500* ]]
    [ -z "$(ls "$COOPER_ROOT/layers")" ]
}

@test "a pulled layer is written once as a blob and once as files" {
    need strace
    rules '[]'
    printf 'FROM %s/big:1\nRUN ["/bin/busybox", "true"]\n' "$REGISTRY" >Dockerfile
    strace -f -y -s 0 -o "$T/trace" -e trace=write,pwrite64,writev,copy_file_range \
        "$COOPER" build -q -t app:1 . >/dev/null
    written=$(awk -v below="<$COOPER_ROOT/" '$2 ~ /^(write|pwrite64|writev|copy_file_range)/ &&
        index($0, below) && $NF ~ /^[0-9]+$/ { n += $NF } END { printf "%.0f\n", n }' "$T/trace")
    blobs=$(size_of_layers)
    files=$((9000000 + $(stat -L -c %s "$(command -v busybox)")))
    echo "$written bytes for blobs of $blobs and files of $files"
    [ "$written" -lt $(((blobs + files) * 11 / 10)) ]
}

@test "of an index one image is pulled, which is shown although it is for another machine" {
    rules '[]'
    printf 'FROM scratch\nARG TARGETARCH\nLABEL of=$TARGETARCH\n' >Dockerfile
    "$COOPER" build -q --platform linux/s390x,linux/riscv64 -t "$REGISTRY/both:1" --push .
    "$COOPER" pull -q --platform linux/riscv64 "$REGISTRY/both:1"
    [[ "$("$COOPER" images)" != *damaged* ]]
    [ "$("$COOPER" inspect "$REGISTRY/both:1" | jq -r .platform)" = linux/riscv64 ]
    "$COOPER" history "$REGISTRY/both:1"
    run "$COOPER" inspect --platform linux/s390x "$REGISTRY/both:1"
    [ "$status" -eq 4 ]
}
