#!/usr/bin/env bats
# cooper index: lists of images, made and changed, also by many jobs at once.
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
    command -v docker-registry >/dev/null || return 0
    . "$BATS_TEST_DIRNAME/../lib/registry.sh"
    registry_start "$BATS_FILE_TMPDIR/one"
    export ONE=$REGISTRY ONE_PID=$REGISTRY_PID
    registry_start "$BATS_FILE_TMPDIR/two"
    export TWO=$REGISTRY TWO_PID=$REGISTRY_PID
}

teardown_file() {
    [ -z "${ONE_PID:-}" ] || kill "$ONE_PID" "$TWO_PID"
}

# image NAME PLATFORM [TEXT]: pushed.
image() {
    printf 'FROM scratch\nLABEL text="%s"\nCOPY Dockerfile /\n' "${3:-$2}" >Dockerfile
    "$COOPER" build -q --platform "$2" -t "$1" --push . >/dev/null
}

raw() {
    skopeo inspect --raw --tls-verify=false "docker://$1"
}

digest_of() {
    printf 'sha256:%s' "$(raw "$1" | sha256sum | cut -d' ' -f1)"
}

platforms() {
    raw "$1" | jq -c '[.manifests[].platform | .os + "/" + .architecture + (if .variant then "/" + .variant else "" end)]'
}

@test "create: images of several names, repositories and registries become one name" {
    need docker-registry
    need skopeo
    image "$ONE/make/amd:1" linux/amd64
    image "$ONE/make/arm:1" linux/arm/v7
    image "$TWO/make/s390:1" linux/s390x
    run -0 --separate-stderr "$COOPER" index create "$ONE/make/all:1" "$ONE/make/amd:1" "$ONE/make/arm@$(digest_of "$ONE/make/arm:1")" "$TWO/make/s390:1"
    [ "$output" = "$ONE/make/all:1@$(digest_of "$ONE/make/all:1")" ]
    [ "$(platforms "$ONE/make/all:1")" = '["linux/amd64","linux/arm/v7","linux/s390x"]' ]
    for arch in amd64 s390x; do
        skopeo copy -q --src-tls-verify=false --override-arch "$arch" "docker://$ONE/make/all:1" "dir:$T/$arch"
    done
    [ "$(raw "$ONE/make/all:1" | jq -r .mediaType)" = application/vnd.oci.image.index.v1+json ]
}

@test "docker's recipe: one runner for each platform, pushed by digest, then one index" {
    need docker-registry
    need skopeo
    mkdir "$T/bin" "$T/digests"
    ln -s "$(realpath "$COOPER")" "$T/bin/docker"
    PATH=$T/bin:$PATH
    REGISTRY_IMAGE=$ONE/recipe/app
    echo 'FROM scratch' >Dockerfile
    echo 'COPY Dockerfile /' >>Dockerfile
    for platform in linux/amd64 linux/arm64 linux/arm/v6; do
        # What docker/build-push-action runs on each runner.
        COOPER_ROOT=$T/${platform//\//-} docker buildx build --platform "$platform" --metadata-file "$T/metadata.json" \
            --output "type=image,name=$REGISTRY_IMAGE,push-by-digest=true,name-canonical=true,push=true" .
        digest=$(jq -r '."containerimage.digest"' "$T/metadata.json")
        touch "$T/digests/${digest#sha256:}"
    done
    # The job that merges.
    cd "$T/digests"
    DOCKER_METADATA_OUTPUT_JSON='{"tags":["'$REGISTRY_IMAGE':1","'$REGISTRY_IMAGE':latest"]}'
    docker buildx imagetools create $(jq -cr '.tags | map("-t " + .) | join(" ")' <<< "$DOCKER_METADATA_OUTPUT_JSON") \
        $(printf "$REGISTRY_IMAGE@sha256:%s " *)
    run -0 --separate-stderr docker buildx imagetools inspect $REGISTRY_IMAGE:1
    [[ $output == "Name: "*"$REGISTRY_IMAGE:1"* ]]
    for platform in linux/amd64 linux/arm64 linux/arm/v6; do
        [[ $output == *"Platform:    $platform"* ]]
    done
    [ "$(platforms "$REGISTRY_IMAGE:1" | jq length)" -eq 3 ]
    [ "$(digest_of "$REGISTRY_IMAGE:1")" = "$(digest_of "$REGISTRY_IMAGE:latest")" ]
    [ "$(docker buildx imagetools inspect $REGISTRY_IMAGE:1 --format '{{json .Manifest}}' | jq -r .digest)" = "$(digest_of "$REGISTRY_IMAGE:1")" ]
    [ "$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' $REGISTRY_IMAGE:1)" = "$(digest_of "$REGISTRY_IMAGE:1")" ]
    [ "$(docker buildx imagetools inspect --format '{{json .Image}}' $REGISTRY_IMAGE:1 | jq -r '."linux/arm/v6".variant')" = v6 ]
    [ "$(docker buildx imagetools inspect --raw $REGISTRY_IMAGE:1 | sha256sum)" = "$(raw "$REGISTRY_IMAGE:1" | sha256sum)" ]
    docker buildx imagetools create --append -t $REGISTRY_IMAGE:1 "$REGISTRY_IMAGE@$digest"
    [ "$(platforms "$REGISTRY_IMAGE:1" | jq length)" -eq 3 ]
    run -2 docker buildx imagetools create "$REGISTRY_IMAGE@$digest"
    docker buildx imagetools create --dry-run "$REGISTRY_IMAGE@$digest" | jq -e '.manifests | length == 1'
}

@test "16 jobs with stores of their own append to one index at once, and nothing is lost" {
    need docker-registry
    need skopeo
    for i in $(seq 16); do image "$ONE/race/app:$i" linux/amd64 "$i"; done
    for i in $(seq 16); do
        COOPER_ROOT=$T/s$i "$COOPER" index append -q "$ONE/race/app:all" "$ONE/race/app:$i" >"$T/out$i" 2>&1 &
        jobs_of[i]=$!
    done
    for i in $(seq 16); do wait "${jobs_of[i]}" || { cat "$T/out$i"; false; }; done
    [ "$(raw "$ONE/race/app:all" | jq '.manifests | length')" -eq 16 ]
    for i in $(seq 16); do
        raw "$ONE/race/app:all" | jq -e '[.manifests[].digest] | index("'"$(digest_of "$ONE/race/app:$i")"'") != null'
    done
}

@test "jobs on machines that know nothing of each other lose nothing, either" {
    need docker-registry
    need skopeo
    port=$(free_port)
    mkdir -p "$T/reg/data"
    cat >"$T/reg/config.yml" <<EOC
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $T/reg/data}}
http: {addr: ":$port"}
EOC
    docker-registry serve "$T/reg/config.yml" >/dev/null 2>&1 </dev/null 3>&- &
    pid=$!
    for _ in $(seq 100); do curl -fsS -o /dev/null "http://127.0.0.1:$port/v2/" 2>/dev/null && break; sleep 0.1; done
    for i in $(seq 12); do image "127.0.0.1:$port/far:$i" linux/amd64 "$i"; done
    # Each job calls the registry by a name of its own, so that no lock of this machine is shared.
    for i in $(seq 12); do
        COOPER_ROOT=$T/s$i "$COOPER" index append -q "127.0.0.$i:$port/far:all" "127.0.0.$i:$port/far:$i" >"$T/out$i" 2>&1 &
        jobs_of[i]=$!
    done
    for i in $(seq 12); do wait "${jobs_of[i]}" || { cat "$T/out$i"; false; }; done
    [ "$(raw "127.0.0.1:$port/far:all" | jq '.manifests | length')" -eq 12 ]
    kill "$pid"
}

@test "append: an image becomes the first entry, what is there is not stored again, --replace takes the place of a platform" {
    need docker-registry
    need skopeo
    image "$ONE/app/a:amd" linux/amd64
    image "$ONE/app/a:arm" linux/arm64
    image "$ONE/app/a:new" linux/arm64 new
    "$COOPER" copy "$ONE/app/a:amd" "$ONE/app/a:all"
    "$COOPER" index append "$ONE/app/a:all" "$ONE/app/a:arm"
    [ "$(platforms "$ONE/app/a:all")" = '["linux/amd64","linux/arm64"]' ]
    run -0 --separate-stderr "$COOPER" index append --format json "$ONE/app/a:all" "$ONE/app/a:arm"
    jq -e '.unchanged and .tries == 1' <<<"$output"
    "$ROOT/tests/schemas/validate" index <<<"$output"
    "$COOPER" index inspect --format json "$ONE/app/a:all" | "$ROOT/tests/schemas/validate" index
    "$COOPER" index append "$ONE/app/a:all" "$ONE/app/a:new"
    [ "$(platforms "$ONE/app/a:all")" = '["linux/amd64","linux/arm64","linux/arm64"]' ]
    image "$ONE/app/a:newer" linux/arm64 newer
    "$COOPER" index append --replace "$ONE/app/a:all" "$ONE/app/a:newer"
    [ "$(platforms "$ONE/app/a:all")" = '["linux/amd64","linux/arm64"]' ]
    [ "$(raw "$ONE/app/a:all" | jq -r '.manifests[1].digest')" = "$(digest_of "$ONE/app/a:newer")" ]
    "$COOPER" index append "$ONE/app/none:1" "$ONE/app/a:arm"
    [ "$(platforms "$ONE/app/none:1")" = '["linux/arm64"]' ]
}

@test "a registry that compares gets to see what was read, and a change in between is made again" {
    need docker-registry
    image "$ONE/cmp/a:1" linux/amd64 one
    image "$ONE/cmp/a:2" linux/amd64 two
    port=$(free_port)
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" '{"etags":true}' >"$T/log" 2>&1 </dev/null 3>&- &
    pid=$!
    F=127.0.0.1:$port
    for _ in $(seq 100); do curl -fsS -o /dev/null "http://$F/v2/" 2>/dev/null && break; sleep 0.1; done
    "$COOPER" index create "$F/a:all" "$ONE/cmp/a:1"
    curl -fsS -o /dev/null "http://$F/control" -d '{"rules":[{"method":"PUT","path":"/manifests/all","status":412,"times":2}]}'
    run -0 --separate-stderr "$COOPER" index append --format json "$F/a:all" "$ONE/cmp/a:2"
    jq -e '.tries >= 3 and (.manifest.manifests | length == 2)' <<<"$output"
    for i in $(seq 6); do image "$ONE/cmp/b:$i" linux/amd64 "b$i"; done
    for i in $(seq 6); do "$COOPER" index append -q "$F/a:six" "$ONE/cmp/b:$i" & done
    wait $(jobs -p | grep -v "$pid")
    "$COOPER" index inspect "$F/a:six" | grep -c Platform: | grep -x 6
    curl -fsS "http://$F/control" | jq -e '[.requests[] | select(startswith("PUT /v2/a/manifests/six"))] | length >= 6'
    kill "$pid"
}

@test "--platform chooses, --set-platform and annotations say what the entries are" {
    need docker-registry
    need skopeo
    image "$ONE/ann/a:multi" linux/amd64,linux/arm64,linux/s390x
    image "$ONE/ann/a:one" linux/amd64
    "$COOPER" index create --platform linux/arm64,linux/s390x "$ONE/ann/a:two" "$ONE/ann/a:multi"
    [ "$(platforms "$ONE/ann/a:two")" = '["linux/arm64","linux/s390x"]' ]
    "$COOPER" index append --set-platform linux/riscv64 "$ONE/ann/a:two" "$ONE/ann/a:one"
    [ "$(platforms "$ONE/ann/a:two")" = '["linux/arm64","linux/s390x","linux/riscv64"]' ]
    "$COOPER" index annotate --annotation a=b --annotation 'manifest-descriptor[linux/s390x]:c=d' "$ONE/ann/a:two" linux/s390x linux/arm64
    raw "$ONE/ann/a:two" | jq -e '.annotations.a == "b" and .manifests[1].annotations.c == "d" and .manifests[0].annotations == null'
    "$COOPER" index annotate --set-platform linux/arm/v7 "$ONE/ann/a:two" "$(digest_of "$ONE/ann/a:one")"
    [ "$(platforms "$ONE/ann/a:two")" = '["linux/arm64","linux/s390x","linux/arm/v7"]' ]
    "$COOPER" index create --annotation x=y --annotation manifest-descriptor:k=v "$ONE/ann/a:noted" "$ONE/ann/a:multi"
    raw "$ONE/ann/a:noted" | jq -e '.annotations.x == "y" and ([.manifests[].annotations.k] == ["v","v","v"])'
    "$COOPER" index inspect "$ONE/ann/a:noted" | grep -A1 '^Annotations:' | grep 'x: y'
    run -2 "$COOPER" index create --annotation manifest:x=y "$ONE/ann/a:noted" "$ONE/ann/a:multi"
    run -2 "$COOPER" index append --set-platform linux/arm64 "$ONE/ann/a:noted" "$ONE/ann/a:multi"
}

@test "one index as a source stays what it is; attestations go with their images" {
    need docker-registry
    need skopeo
    echo 'FROM scratch' >Dockerfile
    echo 'COPY Dockerfile /' >>Dockerfile
    "$COOPER" build -q --platform linux/amd64,linux/arm64 -t "$ONE/same/a:1" --push .
    "$COOPER" index create "$ONE/same/b:1" "$ONE/same/a:1"
    [ "$(digest_of "$ONE/same/a:1")" = "$(digest_of "$ONE/same/b:1")" ]
    # An attestation as BuildKit lists it.
    amd=$(raw "$ONE/same/a:1" | jq -r '.manifests[0].digest')
    arm=$(raw "$ONE/same/a:1" | jq -r '.manifests[1].digest')
    raw "$ONE/same/a:1" | jq '.manifests += [.manifests[1] | .platform = {architecture: "unknown", os: "unknown"} | .annotations = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "'"$amd"'"}]' >"$T/index"
    curl -fsS -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary "@$T/index" "http://$ONE/v2/same/a/manifests/att"
    "$COOPER" index create --platform linux/amd64 "$ONE/same/c:1" "$ONE/same/a:att"
    [ "$(platforms "$ONE/same/c:1")" = '["linux/amd64","unknown/unknown"]' ]
    "$COOPER" index create --platform linux/arm64 "$ONE/same/c:2" "$ONE/same/a:att"
    [ "$(platforms "$ONE/same/c:2")" = '["linux/arm64"]' ]
    "$COOPER" index rm "$ONE/same/a:att" linux/amd64
    [ "$(platforms "$ONE/same/a:att")" = '["linux/arm64"]' ]
    run -4 "$COOPER" index rm "$ONE/same/a:att" linux/amd64
    run -4 "$COOPER" index rm "$ONE/same/nosuch:1" linux/amd64
    "$COOPER" index rm "$ONE/same/b:1" "${arm#sha256:}"
    [ "$(platforms "$ONE/same/b:1")" = '["linux/amd64"]' ]
}

@test "--dry-run stores nothing; digest and metadata go to files" {
    need docker-registry
    need skopeo
    image "$ONE/dry/a:1" linux/amd64
    run -0 --separate-stderr "$COOPER" index create --dry-run "$ONE/dry/all:1" "$ONE/dry/a:1"
    jq -e '.manifests | length == 1' <<<"$output"
    run ! raw "$ONE/dry/all:1"
    "$COOPER" index create --digest-file "$T/digest" --metadata-file "$T/metadata" "$ONE/dry/all:1" "$ONE/dry/a:1"
    [ "$(cat "$T/digest")" = "$(digest_of "$ONE/dry/all:1")" ]
    [ "$(jq -r '."containerimage.digest"' "$T/metadata")" = "$(cat "$T/digest")" ]
    before=$(digest_of "$ONE/dry/all:1")
    "$COOPER" index append --dry-run "$ONE/dry/all:1" "$ONE/dry/a:1" >/dev/null
    "$COOPER" index rm --dry-run "$ONE/dry/all:1" linux/amd64 | jq -e '.manifests == []'
    [ "$(digest_of "$ONE/dry/all:1")" = "$before" ]
    jq -n --arg d "$(digest_of "$ONE/dry/a:1")" '{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: 1}' >"$T/descriptor"
    "$COOPER" index create -f "$T/descriptor" -t "$ONE/dry/a:from-file"
    [ "$(platforms "$ONE/dry/a:from-file")" = '["linux/amd64"]' ]
    "$COOPER" index create "$ONE/dry/a:by-digest" "$(digest_of "$ONE/dry/a:1")"
    [ "$(digest_of "$ONE/dry/a:by-digest")" = "$(digest_of "$ONE/dry/a:from-file")" ]
}

@test "indexes in a layout and in the store" {
    need docker-registry
    image "$ONE/local/a:1" linux/amd64
    image "$ONE/local/a:2" linux/arm64
    "$COOPER" index create "oci:$T/layout:all" "$ONE/local/a:1"
    "$COOPER" index append "oci:$T/layout:all" "$ONE/local/a:2"
    "$COOPER" index create store:all:1 "oci:$T/layout:all"
    "$COOPER" copy store:all:1 "$ONE/local/back:1"
    [ "$(platforms "$ONE/local/back:1")" = '["linux/amd64","linux/arm64"]' ]
    "$COOPER" index rm store:all:1 linux/amd64
    "$COOPER" index inspect all:1 | grep -c Platform: | grep -x 1
    for i in 1 2 3 4; do "$COOPER" index append -q "oci:$T/layout:many" "$ONE/local/a:$((i % 2 + 1))" >/dev/null & done
    wait
    "$COOPER" index inspect "oci:$T/layout:many" | grep -c Platform: | grep -x 2
}

@test "docker manifest and podman manifest: lists are kept in the store until they are pushed" {
    need docker-registry
    need skopeo
    image "$ONE/man/a:amd" linux/amd64
    image "$ONE/man/a:arm" linux/arm64
    "$COOPER" docker manifest create "$ONE/man/list:1" "$ONE/man/a:amd" --amend "$ONE/man/a:arm"
    "$COOPER" docker manifest annotate --arch arm --variant v7 --os linux "$ONE/man/list:1" "$ONE/man/a:arm"
    run ! raw "$ONE/man/list:1"
    "$COOPER" docker manifest push --purge "$ONE/man/list:1"
    [ "$(platforms "$ONE/man/list:1")" = '["linux/amd64","linux/arm/v7"]' ]
    [ "$("$COOPER" docker manifest inspect "$ONE/man/list:1" | sha256sum)" = "$(raw "$ONE/man/list:1" | sha256sum)" ]
    "$COOPER" podman manifest create mine
    "$COOPER" podman manifest add mine "docker://$ONE/man/a:amd"
    "$COOPER" buildah manifest add --os linux --arch=s390x mine "docker://$ONE/man/a:arm"
    "$COOPER" podman manifest push --all mine "docker://$ONE/man/mine:1"
    [ "$(platforms "$ONE/man/mine:1")" = '["linux/amd64","linux/s390x"]' ]
    "$COOPER" podman manifest remove mine "$(digest_of "$ONE/man/a:amd")"
    "$COOPER" podman manifest push mine "oci:$T/layout:mine"
    "$COOPER" index inspect "oci:$T/layout:mine" | grep -c Platform: | grep -x 1
    "$COOPER" podman manifest rm mine
    run -4 "$COOPER" podman manifest push mine "docker://$ONE/man/mine:2"
    run -2 "$COOPER" docker manifest
    run -2 "$COOPER" docker manifest make
    run -2 "$COOPER" docker manifest create
}

@test "an index whose members are not what they should be is refused, or changed all the same" {
    need docker-registry
    image "$ONE/odd/a:1" linux/amd64
    port=$(free_port)
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" >"$T/log" 2>&1 </dev/null 3>&- &
    pid=$!
    F=127.0.0.1:$port
    for _ in $(seq 100); do curl -fsS -o /dev/null "http://$F/v2/" 2>/dev/null && break; sleep 0.1; done
    while IFS='|' read -r code index; do
        for words in "append NAME $ONE/odd/a:1" "annotate --annotation a=b NAME" "rm NAME linux/s390x"; do
            curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' \
                --data-binary "$index" "http://$F/v2/a/manifests/odd"
            # shellcheck disable=SC2086
            run "$COOPER" index ${words/NAME/$F/a:odd}
            [[ " $code " == *" $status "* ]] || { printf '%s: %s: %s: %s\n' "$status" "$index" "$words" "$output"; false; }
            [[ $output != *"(null)"* ]]
        done
    done <<'EOT'
0 4|{"schemaVersion":2,"mediaType":null,"manifests":[]}
0 4|{"schemaVersion":2,"manifests":[]}
9|{"schemaVersion":2,"mediaType":5,"manifests":[]}
9|{"schemaVersion":2,"manifests":{}}
EOT
    kill "$pid"
}

@test "words that are no index" {
    while IFS='|' read -r code words; do
        # shellcheck disable=SC2086
        run "$COOPER" index $words
        [ "$status" -eq "$code" ] || { printf '%s: %s: %s\n' "$status" "$words" "$output"; false; }
        [[ $output == *"ERROR: "* ]]
    done <<'EOT'
2|
2|make a b
2|create
2|create a
2|create A/B:1 store:nosuch
2|create --annotation x a store:nosuch
2|create --platform linux/arm46 a store:nosuch
2|create --set-platform / a store:nosuch
2|create docker-archive:x.tar store:nosuch
2|create dir:x store:nosuch
2|append
2|append a
2|rm
2|rm store:a
2|annotate store:a
2|annotate store:a linux/amd64
2|annotate --set-platform linux/amd64 store:a
2|inspect
2|inspect a b
2|inspect --format {{ store:a
4|inspect store:nosuch
4|inspect oci:nosuch
4|create store:a store:nosuch
4|create store:a -f nosuch
4|rm store:nosuch linux/amd64
EOT
    run -2 "$COOPER" index create "" store:a
    run -2 "$COOPER" index create store:a ""
    run -2 "$COOPER" index create store:a --tag ""
    run -2 "$COOPER" index inspect ""
}
