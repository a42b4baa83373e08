#!/usr/bin/env bats
# Images that leave the store as archives, directories and into engines, and come back:
# what other tools read of them, and what becomes of archives from outside.

load helpers

setup_file() {
    need skopeo
}

eval "their_$(declare -f teardown)"

teardown() {
    [ -z "${ENGINE:-}" ] || kill "$ENGINE" 2>/dev/null || true
    their_teardown
}

# Podman with a storage of its own.
pod() {
    podman --storage-driver vfs --root "$T/podman" --runroot "$T/run" "$@"
}

# image NAME [LINE…]: an image with one layer of NAME's own.
image() {
    echo "$1" >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    printf '%s\n' "${@:2}" >>Dockerfile
    "$COOPER" build -q -t "$1" . >/dev/null
}

id_of() {
    "$COOPER" images -q --no-trunc "$1"
}

# Another store from here on.
other_store() {
    export COOPER_ROOT=$T/other-$RANDOM
}

# ------------------------------------------------------------ save

@test "what is saved is what docker load and skopeo read" {
    image app:1 'LABEL a=1'
    image other/tool:2 'LABEL a=2'
    run "$COOPER" save -q -o "$T/two.tar" app:1 other/tool:2
    [ "$status" -eq 0 ]
    tar xf "$T/two.tar" -C "$T/ctx" --one-top-level=x
    [ "$(jq -c '[.[].RepoTags[0]]' x/manifest.json)" = '["app:1","other/tool:2"]' ]
    [ "sha256:$(jq -r '.[0].Config' x/manifest.json | sed 's|.*/||')" = "$(id_of app:1)" ]
    # Layers are plain tars whose names are their digests.
    for path in $(jq -r '.[] | .Config, .Layers[]' x/manifest.json); do
        [ "$(sha256sum <"x/$path" | cut -d' ' -f1)" = "${path##*/}" ]
    done
    skopeo inspect "docker-archive:$T/two.tar:app:1" | jq -e '.Labels.a == "1"'
    skopeo inspect "docker-archive:$T/two.tar:other/tool:2" | jq -e '.Labels.a == "2"'
    # Blobs of both are there once.
    [ "$(tar tf "$T/two.tar" | sort | uniq -d)" = "" ]
    [ "$("$COOPER" save -q app:1 | sha256sum)" = "$("$COOPER" save app:1 -o - 2>/dev/null | sha256sum)" ]
}

@test "podman loads and runs what is saved" {
    need podman
    image "cooper-test-$$:1" 'LABEL a=1'
    "$COOPER" save -q "cooper-test-$$:1" | pod load -q
    [ "$(pod images -q --no-trunc "cooper-test-$$")" = "$(id_of "cooper-test-$$:1")" ]
}

@test "forms of save, and what they cannot hold" {
    image app:1
    image app:2
    "$COOPER" save -q --format oci-archive -o "$T/o.tar" app:1
    [ "$(skopeo inspect --raw "oci-archive:$T/o.tar:1" | jq -r .config.digest)" = "$(id_of app:1)" ]
    "$COOPER" save -q --format oci-dir -o "$T/layout" app:1 app:2
    [ "$(skopeo inspect --raw "oci:$T/layout:2" | jq -r .config.digest)" = "$(id_of app:2)" ]
    "$COOPER" save -q --format docker-dir -o "$T/dir" app:1
    [ "$(skopeo inspect --raw "dir:$T/dir" | jq -r .config.digest)" = "$(id_of app:1)" ]
    run "$COOPER" save --format docker-dir -o "$T/dir2" app:1 app:2
    [ "$status" -eq 2 ]
    for words in "" "--format x app:1" "nope" "app:1 nope" "-o $T/no/such/x/../../.. app:1" "--platform linux/x/y/z app:1"; do
        # shellcheck disable=SC2086
        run "$COOPER" save -q -o "$T/never" $words
        echo "$words: $output"
        [ "$status" -eq 2 ] || [ "$status" -eq 4 ]
        [ ! -e "$T/never" ]
    done
    run python3 "$ROOT/tests/lib/in_terminal.py" x x "$COOPER" save app:1
    [[ "$output" == *"terminal"*"--output FILE"* ]]
    # What is no file is not replaced.
    mkfifo "$T/fifo"
    run "$COOPER" save -o "$T/fifo" app:1
    [ "$status" -ne 0 ]
    [ -p "$T/fifo" ]
    "$COOPER" save -q -o /dev/null app:1
    [ -c /dev/null ]
    run bash -c '"$1" save -q app:1 >/dev/full' _ "$COOPER"
    [ "$status" -ne 0 ]
}

@test "of several platforms a docker archive holds one" {
    echo x >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    "$COOPER" build -q -t two:1 --platform linux/amd64,linux/arm64 . >/dev/null
    "$COOPER" save -q --platform linux/arm64 -o "$T/arm.tar" two:1
    [ "$(skopeo inspect --config "docker-archive:$T/arm.tar" | jq -r .architecture)" = arm64 ]
    "$COOPER" save -q --format oci-archive -o "$T/all.tar" two:1
    [ "$(skopeo inspect --raw "oci-archive:$T/all.tar:1" | jq '.manifests | length')" = 2 ]
    run "$COOPER" save -q --platform linux/s390x -o "$T/x.tar" two:1
    [ "$status" -eq 4 ]
    other_store
    "$COOPER" load -q -i "$T/all.tar" two:1
    [ "$("$COOPER" inspect --platform linux/arm64 -f '{{.Architecture}}' two:1)" = arm64 ]
}

@test "damage in the store does not leave it" {
    image app:1
    blob=$("$COOPER" inspect app:1 | jq -r '.manifest.layers[0].digest' | cut -d: -f2)
    printf x | dd of="$COOPER_ROOT/blobs/sha256/$blob" bs=1 seek=600 conv=notrunc status=none
    for words in "save -o $T/d.tar" "push"; do
        # shellcheck disable=SC2086
        run "$COOPER" $words app:1 $([ "$words" = push ] && echo "oci-archive:$T/d.tar")
        [ "$status" -eq 9 ] || [ "$status" -eq 4 ]
        [[ "$output" == *ERROR* ]]
        [ ! -e "$T/d.tar" ]
    done
}

# ------------------------------------------------------------ transports

@test "destinations in the words of skopeo" {
    image app:1 'LABEL a=1'
    image app:2
    "$COOPER" push -q app:1 "oci:$T/layout:one"
    "$COOPER" push -q app:2 "oci:$T/layout"
    [ "$(skopeo inspect --raw "oci:$T/layout:one" | jq -r .config.digest)" = "$(id_of app:1)" ]
    [ "$(skopeo inspect --raw "oci:$T/layout:2" | jq -r .config.digest)" = "$(id_of app:2)" ]
    # The same name again is the new image.
    "$COOPER" push -q app:2 "oci:$T/layout:one"
    [ "$(jq '.manifests | length' "$T/layout/index.json")" = 2 ]
    [ "$(skopeo inspect --raw "oci:$T/layout:one" | jq -r .config.digest)" = "$(id_of app:2)" ]
    run "$COOPER" push -q --digest-file "$T/digest" app:1 "oci-archive:$T/a.tar:x"
    [ "$output" = "oci-archive:$T/a.tar:x@$(cat "$T/digest")" ]
    [ "$(skopeo inspect "oci-archive:$T/a.tar:x" | jq -r .Digest)" = "$(cat "$T/digest")" ]
    "$COOPER" push -q app:1 "docker-archive:$T/d.tar:host.example/y:3"
    [ "$(tar xOf "$T/d.tar" manifest.json | jq -c '.[0].RepoTags')" = '["host.example/y:3"]' ]
    "$COOPER" push -q app:1 "dir:$T/dir"
    [ "$(skopeo inspect "dir:$T/dir" | jq -r .Labels.a)" = 1 ]
    # zstd, as asked.
    "$COOPER" push -q --compression zstd app:1 "oci:$T/zstd:1"
    skopeo inspect --raw "oci:$T/zstd:1" | jq -e '.layers[0].mediaType | endswith("zstd")'
    for bad in oci: oci-archive: dir: docker-archive: docker:// docker-daemon: containers-storage: "oci:$T/l:" "dir:$T/d:x" \
        "docker-archive:$T/x.tar:A" "docker://A" "oci:/dev/null" "oci-archive:$T" "dir:" "oci:$T/file/below"; do
        : >"$T/file"
        run "$COOPER" push -q app:1 "$bad"
        echo "$bad: $output"
        [ "$status" -eq 2 ]
    done
    mkdir "$T/busy"
    echo '{"what":1}' >"$T/busy/index.json"
    run "$COOPER" push -q app:1 "oci:$T/busy"
    [ "$status" -eq 2 ]
    [ "$(cat "$T/busy/index.json")" = '{"what":1}' ]
}

@test "a layout is read in place by podman" {
    need podman
    image app:1 'LABEL a=1'
    "$COOPER" push -q app:1 oci:layout:one
    pod pull -q oci:layout:one >"$T/id"
    [ "sha256:$(tail -1 "$T/id")" = "$(id_of app:1)" ]
}

@test "docker:// is a registry, and every tag can be pushed at once" {
    need docker-registry
    registry_start "$T/registry"
    image "$REGISTRY/app:1"
    image "$REGISTRY/app:2"
    image "$REGISTRY/app/other:3"
    run "$COOPER" push -q "$REGISTRY/app:1" "docker://$REGISTRY/copy:9"
    [ "$status" -eq 0 ]
    curl -fsS "http://$REGISTRY/v2/copy/tags/list" | jq -e '.tags == ["9"]'
    run "$COOPER" push -q --all-tags "$REGISTRY/app"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 2 ]
    curl -fsS "http://$REGISTRY/v2/app/tags/list" | jq -e '.tags | sort == ["1","2"]'
    for words in "--all-tags $REGISTRY/app:1" "-a $REGISTRY/app x" "-a $REGISTRY/none" "-a --digestfile $T/d $REGISTRY/app"; do
        # shellcheck disable=SC2086
        run "$COOPER" push -q $words
        [ "$status" -eq 2 ] || [ "$status" -eq 4 ]
    done
    registry_stop
}

# ------------------------------------------------------------ engines

# engine [HOW]: a Docker that does it so.
engine() {
    python3 "$ROOT/tests/lib/fake_engine.py" "$T/docker.sock" "$T/got.tar" "$@" >"$T/engine.log" 2>&1 </dev/null 3>&- &
    ENGINE=$!
    for _ in $(seq 100); do
        [ -S "$T/docker.sock" ] && break
        sleep 0.1
    done
    export DOCKER_HOST=unix://$T/docker.sock
}

@test "docker gets an image by its socket" {
    engine
    image app:1 'LABEL a=1'
    run "$COOPER" push -q app:1 docker-daemon:app:new
    [ "$status" -eq 0 ]
    [ "$(cat "$T/got.tar.request")" = "/images/load?quiet=1 application/x-tar" ]
    [ "$(skopeo inspect "docker-archive:$T/got.tar:app:new" | jq -r .Labels.a)" = 1 ]
}

@test "what docker says is told" {
    head -c 3000000 /dev/urandom >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    "$COOPER" build -q -t app:1 . >/dev/null
    for how in error status early close; do
        engine "$how"
        run timeout 60 "$COOPER" push -q app:1 docker-daemon:app:1
        echo "$how: $output"
        [ "$status" -eq 10 ]
        [[ "$output" == *"load into Docker at $T/docker.sock"* && "$output" != *$'\033'* ]]
        case $how in
        error) [[ "$output" == *"invalid tar header"* ]] ;;
        status) [[ "$output" == *"cannot do it"* ]] ;;
        # Who answers early and closes may be faster than its answer is read.
        early) [[ "$output" == *"no space"* || "$output" == *"Broken pipe"* || "$output" == *"reset"* ]] ;;
        esac
        kill "$ENGINE"
        wait "$ENGINE" 2>/dev/null || true
        rm -f "$T/docker.sock"
    done
}

@test "an engine that is not there is named, with what to do" {
    image app:1
    for host in "unix://$T/none.sock" tcp://127.0.0.1:1 "ssh://h" "unix://" "unix:///dev/null" "unix://$(printf '%0200d' 0)"; do
        DOCKER_HOST=$host run "$COOPER" push -q app:1 docker-daemon:app:1
        [ "$status" -eq 10 ]
        [[ "$output" == *"Docker is not reached"* ]]
    done
    CONTAINER_HOST=tcp://127.0.0.1:1 run "$COOPER" push -q app:1 containers-storage:app:1
    [ "$status" -eq 10 ]
    [[ "$output" == *"Podman is not reached"* ]]
}

@test "podman gets an image, and what it says is told" {
    mkdir "$T/bin"
    printf '#!/bin/sh\ncat >"%s/got.tar"; echo "$@" >"%s/words"; exit 0\n' "$T" "$T" >"$T/bin/podman"
    chmod +x "$T/bin/podman"
    image app:1
    PATH=$T/bin:$PATH run "$COOPER" push -q app:1 containers-storage:me/app:2
    [ "$status" -eq 0 ]
    [ "$(cat "$T/words")" = "load -q" ]
    skopeo inspect "docker-archive:$T/got.tar:me/app:2" >/dev/null
    printf '#!/bin/sh\necho "Error: no space" >&2; exit 125\n' >"$T/bin/podman"
    PATH=$T/bin:$PATH run "$COOPER" push -q app:1 containers-storage:me/app:2
    [ "$status" -eq 10 ]
    [[ "$output" == *"podman load: no space"* ]]
}

# ------------------------------------------------------------ build --load

@test "build --load gives the image to docker, and says so" {
    engine
    unset COOPER_LOAD
    printf 'FROM scratch\nLABEL a=1\n' >Dockerfile
    run "$COOPER" build --progress plain --load -t app -t host.example/other:2 .
    [ "$status" -eq 0 ]
    [[ "$output" == *"loaded into Docker at $T/docker.sock: app"* && "$output" == *"host.example/other:2"* ]]
    # The last one that it got; app:latest came before.
    skopeo inspect "docker-archive:$T/got.tar:host.example/other:2" | jq -e '.Labels.a == "1"'
    "$COOPER" inspect app >/dev/null
    rm "$T/got.tar"
    # Not without the option, and nothing is said with -q.
    "$COOPER" build -q -t app . >/dev/null
    [ ! -e "$T/got.tar" ]
    run bash -c '"$1" build -q --load -t app . 2>&1 >/dev/null' _ "$COOPER"
    [ "$output" = "" ]
    [ -e "$T/got.tar" ]
    rm "$T/got.tar"
    COOPER_LOAD=none "$COOPER" build -q --load -t app . >/dev/null
    "$COOPER" build -q --load . >/dev/null
    printf 'FROM nothing.invalid/a\n' >Dockerfile
    run "$COOPER" build --load -t app .
    [ "$status" -ne 0 ]
    [ ! -e "$T/got.tar" ]
    COOPER_LOAD=x run "$COOPER" build --load -t app .
    [ "$status" -eq 2 ]
    [[ "$output" == *COOPER_LOAD* ]]
}

@test "a build can be named for docker" {
    engine
    printf 'FROM scratch\nLABEL a=1\n' >Dockerfile
    run "$COOPER" build --progress plain -t docker-daemon:app:1 .
    [ "$status" -eq 0 ]
    skopeo inspect "docker-archive:$T/got.tar:app:1" | jq -e '.Labels.a == "1"'
    DOCKER_HOST=unix://$T/none.sock run "$COOPER" build --progress plain -t docker-daemon:app:1 .
    [ "$status" -eq 10 ]
    [[ "$output" == *"Docker is not reached"* ]]
}

@test "build --load without an engine is as it was" {
    export DOCKER_HOST=unix://$T/none.sock CONTAINER_HOST=unix://$T/none.sock
    unset COOPER_LOAD
    printf 'FROM scratch\nLABEL a=1\n' >Dockerfile
    run "$COOPER" build --progress plain --load -t app .
    [ "$status" -eq 0 ]
    [[ "$output" != *oaded* ]]
    "$COOPER" inspect app >/dev/null
}

@test "a docker that fails fails the build, a podman that is not set up is told" {
    engine error
    unset COOPER_LOAD
    printf 'FROM scratch\nLABEL a=1\n' >Dockerfile
    run "$COOPER" build --progress plain --load -t app .
    [ "$status" -eq 10 ]
    [[ "$output" == *"load into Docker"*"invalid tar header"* ]]
    "$COOPER" inspect app >/dev/null
    mkdir "$T/bin"
    printf '#!/bin/sh\necho "Error: no storage" >&2; exit 125\n' >"$T/bin/podman"
    chmod +x "$T/bin/podman"
    export DOCKER_HOST=unix://$T/none.sock
    PATH=$T/bin:$PATH run "$COOPER" build --progress plain --load -t app .
    [ "$status" -eq 0 ]
    [[ "$output" == *"WARNING: --load: the image is in cooper's store only"*"no storage"* ]]
    printf '#!/bin/sh\ncat >"%s/got.tar"\n' "$T" >"$T/bin/podman"
    PATH=$T/bin:$PATH run "$COOPER" build --progress plain --load -t app .
    [[ "$output" == *"loaded into Podman: app"* ]]
    skopeo inspect "docker-archive:$T/got.tar:app" >/dev/null
}

@test "a user of docker's group gets an image there, from a user namespace" {
    need_root
    need setpriv
    engine
    chown root:12345 "$T/docker.sock"
    chmod 660 "$T/docker.sock"
    unset COOPER_LOAD
    mkdir "$T/user"
    chown 4321:4321 "$T/user" "$T/ctx"
    printf 'FROM scratch\nLABEL a=1\n' >Dockerfile
    COOPER_ROOT=$T/user/store HOME=$T/user run setpriv --reuid 4321 --regid 4321 --groups 12345 "$COOPER" build --load -t app .
    [ "$status" -eq 0 ]
    [[ "$output" == *"loaded into Docker at $T/docker.sock: app"* ]]
    [ -s "$T/got.tar" ]
}

# ------------------------------------------------------------ load

@test "archives of cooper, podman and skopeo come into the store" {
    need podman
    image app:1 'LABEL a=1'
    id=$(id_of app:1)
    "$COOPER" save -q -o "$T/cooper.tar" app:1
    pod load -q -i "$T/cooper.tar"
    pod save -q -o "$T/docker.tar" app:1
    pod save -q --format oci-archive -o "$T/oci.tar" app:1
    skopeo copy -q "docker-archive:$T/docker.tar" "oci:$T/layout:host.example/app:5"
    gzip -k "$T/cooper.tar"
    zstd -q "$T/docker.tar"
    xz -k "$T/docker.tar"
    for file in cooper.tar cooper.tar.gz docker.tar docker.tar.zst docker.tar.xz oci.tar layout; do
        other_store
        run "$COOPER" load -q -i "$T/$file"
        echo "$file: $output"
        [ "$status" -eq 0 ]
        # skopeo writes the config anew when it makes a layout of another form.
        [ "$file" = layout ] || [ "$(id_of "$("$COOPER" images --format '{{.Name}}')")" = "$id" ]
        [ "$(cat_of "$("$COOPER" images --format '{{.Name}}')" file)" = app:1 ]
        if [ -f "$T/$file" ]; then
            other_store
            "$COOPER" load <"$T/$file"
            [ "$(id_of "$("$COOPER" images --format '{{.Name}}')")" = "$id" ]
        fi
    done
    [[ "$output" == "Loaded image: "* ]]
    # It is whole: it can be pushed and saved again.
    "$COOPER" push -q host.example/app:5 "oci:$T/again:x"
}

@test "an image without a name gets the one that is given" {
    image app:1
    "$COOPER" push -q app:1 "oci-archive:$T/a.tar:5"
    other_store
    run "$COOPER" load -q -i "$T/a.tar"
    [ "$status" -eq 2 ]
    [[ "$output" == *"load -i FILE NAME"* ]]
    [ -z "$("$COOPER" images -q)" ]
    "$COOPER" load -q -i "$T/a.tar" mine:7
    [ "$("$COOPER" images --format '{{.Name}}')" = mine:7 ]
}

# pack FILE: the files of x as FILE.
pack() {
    tar cf "$1" -C x .
}

@test "hostile and damaged archives are refused, and change nothing" {
    image app:1
    "$COOPER" save -q -o "$T/good.tar" app:1
    mkdir x
    tar xf "$T/good.tar" -C x
    layer=$(jq -r '.[0].Layers[0]' x/manifest.json)
    cp -a x good
    echo secret >"$T/secret"

    try() {
        pack "$T/bad.tar"
        rm -rf x
        cp -a good x
        other_store
        run "$COOPER" load -q -i "$T/bad.tar"
        echo "$1: $output"
        [ "$status" -eq "$2" ]
        [ -z "$("$COOPER" images -q)" ]
        ! grep -rq secret "$COOPER_ROOT"
        [ -z "$(ls -A "$COOPER_ROOT/tmp")" ]
    }

    printf x | dd of="x/$layer" bs=1 seek=600 conv=notrunc status=none
    try "a changed layer" 9
    truncate -s 100 "x/$layer"
    try "a short layer" 9
    rm "x/$layer"
    try "no layer" 4
    ln -sf "$T/secret" "x/$layer"
    try "a layer that is a link out of it" 4
    rm "x/$layer"
    mkfifo "x/$layer"
    try "a layer that is a pipe" 9
    rm x/index.json x/oci-layout
    jq '.[0].Layers[0] = "../../../../etc/passwd"' good/manifest.json >x/manifest.json
    try "a path out of it" 4
    rm x/index.json
    jq '.[0].Layers = []' good/manifest.json >x/manifest.json
    try "fewer layers" 9
    for text in '' '[' '{}' '[]' '[1]' '[{"Config":5}]' '[{"Config":"x","Layers":7}]' '[{}]' 'null' '[{"Config":"../x"}]'; do
        rm -f x/index.json
        printf '%s' "$text" >x/manifest.json
        pack "$T/bad.tar"
        other_store
        run "$COOPER" load -q -i "$T/bad.tar"
        echo "$text: $output"
        [ "$status" -eq 4 ] || [ "$status" -eq 9 ]
    done
    rm -rf x
    cp -a good x
    for text in '' '[' '[]' '{"manifests":[]}' '{"manifests":[{}]}' '{"manifests":{}}' \
        '{"manifests":[{"mediaType":"a","digest":"sha256:00","size":1}]}' \
        "$(jq -c '.manifests[0].annotations["io.containerd.image.name"]="A B"' good/index.json)" \
        "$(jq -c '.manifests[0].size=99999999999' good/index.json)"; do
        printf '%s' "$text" >x/index.json
        pack "$T/bad.tar"
        other_store
        run "$COOPER" load -q -i "$T/bad.tar"
        echo "$text: $output"
        [ "$status" -eq 2 ] || [ "$status" -eq 4 ] || [ "$status" -eq 9 ]
        [ -z "$("$COOPER" images -q)" ]
    done
    head -c 5000 "$T/good.tar" >"$T/cut.tar"
    run "$COOPER" load -q -i "$T/cut.tar"
    [ "$status" -eq 9 ] || [ "$status" -eq 4 ]
}

@test "what is no archive is named" {
    mkfifo "$T/fifo"
    mkdir "$T/empty"
    echo text >"$T/text"
    for path in "$T/none" "$T/empty" "$T/text" /dev/zero /dev/null "$T/fifo" "$T/text/below"; do
        run timeout 20 "$COOPER" load -q -i "$path"
        echo "$path: $output"
        [ "$status" -eq 4 ]
        [[ "$output" == *"$path"* ]]
    done
    run "$COOPER" load -q </dev/null
    [ "$status" -eq 4 ]
    run timeout 20 bash -c 'head -c 200000 /dev/zero | "$1" load -q' _ "$COOPER"
    [ "$status" -eq 4 ]
    run "$COOPER" load a b
    [ "$status" -eq 2 ]
    run python3 "$ROOT/tests/lib/in_terminal.py" x x "$COOPER" load
    [[ "$output" == *terminal* ]]
}
