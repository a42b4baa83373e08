#!/usr/bin/env bats
# Bytes that come from outside or from the store are never trusted and never final: what
# is broken, damaged, cut or missing is tried again, had elsewhere, or made again.
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
    export SOURCE_DATE_EPOCH=1700000000
    BASE=$BATS_FILE_TMPDIR/base
    mkdir -p "$BASE/root/bin" "$BASE/root/etc"
    cp "$(command -v busybox)" "$BASE/root/bin/busybox"
    for name in sh cat echo rm sha256sum; do ln -s busybox "$BASE/root/bin/$name"; done
    echo 'root:x:0:0:root:/root:/bin/sh' >"$BASE/root/etc/passwd"
    head -c 300000 /dev/urandom >"$BASE/big"
    printf 'FROM scratch\nCOPY root /\nCOPY big /\nENV PATH=/bin\n' >"$BASE/Dockerfile"
    "$ROOT/cooper" build -q --root "$BATS_FILE_TMPDIR/store" -t "$REGISTRY/base:1" --push "$BASE"
}

teardown_file() {
    kill "$FAULTY"
}

# rules JSON: what goes wrong from now on.
rules() {
    curl -fsS -o /dev/null "http://$REGISTRY/control" -d "{\"rules\": $1}"
}

# Faults that a server may have for ever, as parts of rules.
FAULTS=('"status": 404' '"status": 500' '"status": 403' '"corrupt": true' '"reset": 5'
    '"short": 5' '"status": 200, "body": "<html>sign in</html>"' '"status": 200')

# Two steps on the base; each says that it runs.
two_steps() {
    cat >Dockerfile <<EOD
FROM $REGISTRY/base:1
RUN echo ran-one-\$((1 + 1)) && echo one >/one
RUN echo ran-two-\$((1 + 1)) && cat /one /one >/two
EOD
}

@test "a cache whose layers are unavailable is a miss when they are needed" {
    two_steps
    build --root "$T/first" --digest-file "$T/want" -t app:1 \
        --cache-to "type=registry,ref=$REGISTRY/cache:1,mode=max" .
    [ "$status" -eq 0 ]
    cp Dockerfile Dockerfile.more
    echo 'RUN ["/bin/cat", "/two"]' >>Dockerfile.more
    for fault in "${FAULTS[@]}"; do
        # The config comes, the layers do not.
        rules "[{\"method\": \"GET\", \"path\": \"/cache/blobs/\", \"skip\": 1, \"times\": 999, $fault}]"
        rm -rf "$T/second"
        build --root "$T/second" --digest-file "$T/got" -t app:1 --cache-from "$REGISTRY/cache:1" .
        [ "$status" -eq 0 ]
        [[ $output == *"the cache lacks a layer"* && $output == *ran-one-2* && $output == *ran-two-2* ]]
        cmp "$T/want" "$T/got"
        # The same in the middle of a step.
        rm -rf "$T/second"
        rules "[{\"method\": \"GET\", \"path\": \"/cache/blobs/\", \"skip\": 1, \"times\": 999, $fault}]"
        build --root "$T/second" -f Dockerfile.more --cache-from "$REGISTRY/cache:1" .
        [ "$status" -eq 0 ]
        [[ $output == *"runs again"* && $output == *ran-two-2* ]]
    done
}

@test "a cache whose documents are unavailable is a warning" {
    two_steps
    build --root "$T/first" --digest-file "$T/want" -t app:1 \
        --cache-to "type=registry,ref=$REGISTRY/cache:2,mode=max" .
    [ "$status" -eq 0 ]
    for path in manifests blobs; do
        for fault in "${FAULTS[@]}"; do
            rules "[{\"method\": \"GET\", \"path\": \"/cache/$path/\", \"times\": 999, $fault}]"
            rm -rf "$T/second"
            build --root "$T/second" --digest-file "$T/got" -t app:1 --cache-from "$REGISTRY/cache:2" .
            [ "$status" -eq 0 ]
            [[ $output == *"no cache from"* && $output == *ran-one-2* ]]
            cmp "$T/want" "$T/got"
        done
    done
}

@test "a directory cache that lost its layers is a miss, unless another cache has them" {
    rules '[]'
    two_steps
    build --root "$T/first" --iidfile "$T/want" -t app:1 --cache-to "type=local,dest=$T/cache,mode=max" .
    [ "$status" -eq 0 ]
    for harm in rm "truncate -s 10" "truncate -s 0" "cp /bin/true" mkfifo-in "ln -sf /dev/zero"; do
        rm -rf "$T/second" "$T/bad"
        cp -r "$T/cache" "$T/bad"
        for blob in "$T/bad/blobs/sha256/"*; do
            head -c 1 "$blob" | grep -q '{' && continue
            case $harm in
            mkfifo-in) rm "$blob" && mkfifo "$blob" ;;
            *) $harm "$blob" ;;
            esac
        done
        build --root "$T/second" --iidfile "$T/got" -t app:1 --cache-from "type=local,src=$T/bad" .
        [ "$status" -eq 0 ]
        [[ $output == *"the cache lacks a layer"* && $output == *ran-one-2* ]]
        cmp "$T/want" "$T/got"
        rm -rf "$T/second"
        build --root "$T/second" --iidfile "$T/got" -t app:1 --cache-from "type=local,src=$T/bad" \
            --cache-from "type=local,src=$T/cache" .
        [ "$status" -eq 0 ]
        [[ $output != *ran-one-2* ]]
        cmp "$T/want" "$T/got"
    done
}

@test "a base layer that arrives damaged or truncated once is fetched again" {
    two_steps
    build --root "$T/first" --digest-file "$T/want" .
    for path in /base/manifests/ /base/blobs/; do
        for fault in '"corrupt": true' '"reset": 60' '"short": 60' '"status": 502' '"status": 200' \
            '"status": 200, "body": "<html>sign in</html>"'; do
            for skip in 0 1 2; do
                rules "[{\"method\": \"GET\", \"path\": \"$path\", \"skip\": $skip, $fault}]"
                rm -rf "$T/second"
                build --root "$T/second" --digest-file "$T/got" .
                [ "$status" -eq 0 ]
                cmp "$T/want" "$T/got"
            done
        done
    done
}

# harm HOW FILE…
harm() {
    local how=$1 file
    shift
    for file in "$@"; do
        case $how in
        byte) printf '\377' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc status=none ;;
        cut) truncate -s $(($(stat -c %s "$file") / 2)) "$file" ;;
        empty) : >"$file" ;;
        gone) rm "$file" ;;
        text) echo '{"a": [1]}' >"$file" ;;
        esac
    done
}

# The blobs of the store that are documents, or are not.
blobs_of() {
    local want=$1 blob
    for blob in "$COOPER_ROOT/blobs/sha256/"*; do
        if head -c 1 "$blob" | grep -q '{'; then
            [ "$want" = layers ] || echo "$blob"
        else
            [ "$want" = documents ] || echo "$blob"
        fi
    done
}

# intact_layout DIR: every blob is what its name says, and what index.json names is there.
intact_layout() {
    local wrong
    wrong=$(cd "$1/blobs/sha256" && sha256sum ./* | awk '"./" $1 != $2 { print $2 }')
    [ -z "$wrong" ] || { echo "not what they say: $wrong"; return 1; }
    for blob in $(jq -r '.manifests[].digest' "$1/index.json"); do
        [ -f "$1/blobs/${blob/:/\/}" ] || return 1
    done
}

@test "damage in the store is found when content leaves it, reported, and repaired" {
    rules '[]'
    two_steps
    echo 'COPY Dockerfile /f' >>Dockerfile
    build --root "$T/whole" -t app:1 -o "type=oci,tar=false,dest=$T/want.oci" .
    build --root "$T/whole" -o "type=tar,dest=$T/want.tar" .
    [ "$status" -eq 0 ]
    for how in byte cut empty gone; do
        for way in oci oci-dir oci-stdout docker tar local registry; do
            rm -rf "$T/broken" "$T/out"
            cp -a "$T/whole" "$T/broken"
            export COOPER_ROOT=$T/broken
            mapfile -t blobs < <(blobs_of layers)
            [ ${#blobs[@]} -ge 3 ]
            harm "$how" "${blobs[@]}"
            mkdir "$T/out"
            case $way in
            oci | docker) build -t app:1 -o "type=$way,dest=$T/out/x.tar" . ;;
            oci-dir) build -t app:1 -o "type=oci,tar=false,dest=$T/out" . ;;
            oci-stdout) "$COOPER" build -t app:1 -o "type=oci,dest=-" . >"$T/out/x.tar" 2>"$T/log" && status=0 ;;
            tar) build -o "type=tar,dest=$T/out.tar" . ;;
            local) build -o "type=local,dest=$T/out" . ;;
            registry) build -t "$REGISTRY/out/$how:1" --push . ;;
            esac
            echo "$how $way: $status"
            [ "$status" -eq 0 ]
            [ ! -f "$T/out/x.tar" ] || tar -xf "$T/out/x.tar" -C "$T/out"
            case $way in
            oci* | docker) intact_layout "$T/out" && cmp "$T/want.oci/index.json" "$T/out/index.json" ;;
            tar) cmp "$T/want.tar" "$T/out.tar" ;;
            local) [ "$(cat "$T/out/two")" = $'one\none' ] && cmp "$T/out/big" "$BATS_FILE_TMPDIR/base/big" ;;
            registry) COOPER_ROOT=$T/out "$COOPER" pull -q "$REGISTRY/out/$how:1" ;;
            esac
        done
    done
}

@test "any damaged document of the store is a miss" {
    rules '[]'
    two_steps
    build --root "$T/whole" --digest-file "$T/want" -t app:1 .
    [ "$status" -eq 0 ]
    for how in byte cut empty gone text; do
        for kind in blobs refs steps index.json oci-layout boot trees compressed contexts; do
            rm -rf "$T/broken"
            cp -a "$T/whole" "$T/broken"
            export COOPER_ROOT=$T/broken
            case $kind in
            blobs) mapfile -t files < <(blobs_of documents) ;;
            index.json | oci-layout | boot) files=("$COOPER_ROOT/$kind") ;;
            *) mapfile -t files < <(find "$COOPER_ROOT/$kind" -type f) ;;
            esac
            [ ${#files[@]} -eq 0 ] || harm "$how" "${files[@]}"
            build --digest-file "$T/got" -t app:1 .
            echo "$how $kind"
            [ "$status" -eq 0 ]
            cmp "$T/want" "$T/got"
            build --digest-file "$T/got" -t app:1 .
            [ "$status" -eq 0 ]
            [[ $output != *damaged* ]]
            "$COOPER" images
            "$COOPER" inspect app:1 >/dev/null
            "$COOPER" prune
            [ -f "$COOPER_ROOT/oci-layout" ] && [ -f "$COOPER_ROOT/boot" ]
            grep -q imageLayoutVersion "$COOPER_ROOT/oci-layout"
        done
    done
}

@test "damaged files of a step do not leave the store" {
    rules '[]'
    two_steps
    build --root "$T/whole" -t app:1 -o "type=oci,dest=$T/want.oci" .
    build --root "$T/whole" -o "type=tar,dest=$T/want.tar" .
    [ "$status" -eq 0 ]
    for how in byte cut empty gone; do
        for way in oci tar local; do
            rm -rf "$T/broken" "$T/out"
            cp -a "$T/whole" "$T/broken"
            export COOPER_ROOT=$T/broken
            # Layers of steps have short names; without a compressed blob there is no copy.
            mapfile -t files < <(find "$COOPER_ROOT"/layers/????????????????????????????????/diff -type f)
            [ ${#files[@]} -eq 2 ]
            harm "$how" "${files[@]}"
            rm -rf "$COOPER_ROOT/compressed"
            build -t app:1 -o "type=$way,dest=$T/out" .
            echo "$how $way: $status"
            [ "$status" -eq 0 ]
            [[ $output == *"runs again"* && $output == *ran-two-2* ]]
            case $way in
            local) [ "$(cat "$T/out/two")" = $'one\none' ] ;;
            *) cmp "$T/want.$way" "$T/out" ;;
            esac
        done
    done
}

# What a layout holds, one thing in it replaced by another.
@test "a layout with a special file, or a file of another size, is refused at once" {
    rules '[]'
    echo x >f
    printf 'FROM scratch\nCOPY f /\n' >Dockerfile
    build -o "type=oci,tar=false,dest=$T/layout" -t x:1 .
    [ "$status" -eq 0 ]
    manifest=$(jq -r '.manifests[0].digest' "$T/layout/index.json")
    config=$(jq -r .config.digest "$T/layout/blobs/${manifest/://}")
    layer=$(jq -r '.layers[0].digest' "$T/layout/blobs/${manifest/://}")
    printf 'FROM base\nCOPY f /g\nRUN ["/x"]\n' >Dockerfile
    for thing in index.json "blobs/${manifest/://}" "blobs/${config/://}" "blobs/${layer/://}"; do
        for how in fifo zero self full long short dir gone; do
            rm -rf "$T/bad"
            cp -r "$T/layout" "$T/bad"
            file=$T/bad/$thing
            case $how in
            long) head -c 1000000 /dev/zero >>"$file" ;;
            short) truncate -s 3 "$file" ;;
            *) rm "$file" ;;&
            fifo) mkfifo "$file" ;;
            zero) ln -s /dev/zero "$file" ;;
            self) ln -s self "$file" ;;
            full) ln -s /proc/self/mem "$file" ;;
            dir) mkdir "$file" ;;
            esac
            run timeout 20 "$COOPER" build --root "$T/new" --build-context "base=oci-layout://$T/bad" .
            echo "$thing $how: $status $output"
            [ "$status" -ne 0 ] && [ "$status" -lt 11 ]
            [[ $output == *"${thing##*/}"* || $output == *oci-layout* || $output == *index.json* ]]
            rm -rf "$T/new"
        done
    done
    # Links to files elsewhere are what some build tools leave.
    rm -rf "$T/bad"
    cp -r "$T/layout" "$T/bad"
    mv "$T/bad/blobs/${layer/://}" "$T/elsewhere"
    ln -s "$T/elsewhere" "$T/bad/blobs/${layer/://}"
    printf 'FROM base\nCOPY f /g\n' >Dockerfile
    build --root "$T/new" --build-context "base=oci-layout://$T/bad" -o "type=local,dest=$T/files" .
    [ "$status" -eq 0 ] && [ "$(cat "$T/files/f")" = x ]
}

# flip: another byte in the middle of each larger blob of the store.
flip() {
    local f
    for f in $(find "$COOPER_ROOT/blobs" -type f -size +100k); do
        printf '\1\2\3\4' | dd of="$f" bs=1 seek=50000 conv=notrunc status=none
    done
}

@test "nothing is copied from damaged content of the store" {
    cp "$BATS_FILE_TMPDIR/base/big" big
    mkdir www
    cp big www/file
    "$ROOT/tests/lib/web_server.py" "$PWD/www" >url 3>&- &
    local server=$! from
    for _ in $(seq 50); do [ -s url ] && break; sleep 0.1; done
    printf 'FROM scratch AS a\nCOPY big /f\n' >Dockerfile.stored
    printf 'FROM scratch AS a\nADD %s/file /f\n' "$(cat url)" >Dockerfile.http
    printf 'FROM %s/base:1 AS a\nCOPY Dockerfile.stored /x\n' "$REGISTRY" >Dockerfile.pulled
    for from in stored http pulled; do
        local file=/f
        [ "$from" != pulled ] || file=/big
        { cat "Dockerfile.$from"; printf 'FROM scratch\nCOPY --from=a %s /one\n' "$file"; } >Dockerfile
        build --insecure-registry "$REGISTRY" .
        [ "$status" -eq 0 ]
        flip
        sed -i "s,/one,/two," Dockerfile
        build --insecure-registry "$REGISTRY" -o "type=local,dest=$T/$from" .
        echo "$from: $output"
        [ "$status" -eq 0 ]
        cmp big "$T/$from/two"
        # A step of its own takes the file itself.
        flip
        { cat "Dockerfile.$from"; echo 'LABEL a=b'; } >Dockerfile
        build --no-cache --insecure-registry "$REGISTRY" -o "type=local,dest=$T/$from.own" .
        echo "$from: $output"
        [ "$status" -eq 0 ]
        cmp big "$T/$from.own/${file#/}"
    done
    kill $server
}
