#!/usr/bin/env bats
# cooper copy: whole images between registries, the store, layouts and archives.
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

# two_platforms NAME: an index in a registry, of a store that is gone.
two_platforms() {
    head -c 300000 /dev/urandom >big
    printf 'FROM scratch\nARG TARGETARCH\nCOPY big /\nLABEL arch=$TARGETARCH\n' >Dockerfile
    COOPER_ROOT=$T/maker "$COOPER" build -q --platform "${2:-linux/amd64,linux/arm64}" -t "$1" --push . >/dev/null
}

raw() {
    skopeo inspect --raw --tls-verify=false "$1"
}

digest_of() {
    printf 'sha256:%s' "$(raw "$1" | sha256sum | cut -d' ' -f1)"
}

# put_blob NAME TEXT: into the repository NAME (HOST/REPO); its digest.
put_blob() {
    local host=${1%%/*} repo=${1#*/} digest at
    digest=sha256:$(printf %s "$2" | sha256sum | cut -d' ' -f1)
    at=$(curl -fsS -X POST -o /dev/null -D- "http://$host/v2/$repo/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    curl -fsS -X PUT -o /dev/null -H 'Content-Type: application/octet-stream' --data-binary "$2" "$at&digest=$digest"
    echo "$digest"
}

# put_manifest NAME REFERENCE TEXT [TYPE]
put_manifest() {
    local type=${4:-application/vnd.oci.image.manifest.v1+json}
    curl -fsS -X PUT -o /dev/null -H "Content-Type: $type" --data-binary "$3" "http://${1%%/*}/v2/${1#*/}/manifests/$2"
}

# put_referrer NAME SUBJECT: an SBOM of SUBJECT, listed under its tag; its digest.
put_referrer() {
    local empty sbom manifest digest size
    empty=$(put_blob "$1" '{}')
    sbom=$(put_blob "$1" '{"bom":1}')
    size=$(raw "docker://$1@$2" | wc -c)
    manifest='{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/spdx+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"'$empty'","size":2},"layers":[{"mediaType":"application/spdx+json","digest":"'$sbom'","size":9}],"subject":{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"'$2'","size":'$size'}}'
    digest=sha256:$(printf %s "$manifest" | sha256sum | cut -d' ' -f1)
    put_manifest "$1" "$digest" "$manifest"
    put_manifest "$1" "sha256-${2#sha256:}" '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"'"$digest"'","size":'${#manifest}',"artifactType":"application/spdx+json"}]}' application/vnd.oci.image.index.v1+json
    echo "$digest"
}

@test "an index with all its images goes from registry to registry, with the same digest and no copy on the disk" {
    need docker-registry
    need skopeo
    two_platforms "$ONE/all/a:1"
    "$COOPER" copy --digest-file "$T/digest" "$ONE/all/a:1" "$TWO/all/b:2" >"$T/out"
    [ "$(digest_of "docker://$TWO/all/b:2")" = "$(digest_of "docker://$ONE/all/a:1")" ]
    [ "$(cat "$T/digest")" = "$(digest_of "docker://$ONE/all/a:1")" ]
    [ "$(cat "$T/out")" = "$TWO/all/b:2@$(cat "$T/digest")" ]
    for arch in amd64 arm64; do
        skopeo copy -q --override-arch "$arch" --src-tls-verify=false "docker://$TWO/all/b:2" "dir:$T/$arch"
    done
    [ -z "$(find "$COOPER_ROOT" -type f -size +10k)" ]
}

@test "what is there is not sent, and said; another repository of the registry gives its blobs" {
    need docker-registry
    two_platforms "$ONE/again/a:1"
    "$COOPER" copy "$ONE/again/a:1" "$TWO/again/a:1"
    run -0 --separate-stderr "$COOPER" copy --format json "$ONE/again/a:1" "$TWO/again/a:1"
    jq -e '.unchanged and .blobsSent == 0 and .documentsSent == 0 and .bytesSent == 0' <<<"$output"
    [[ $stderr == *"has it already"* ]]
    run -0 --separate-stderr "$COOPER" copy --format json "$ONE/again/a:1" "$TWO/again/a:2"
    jq -e '(.unchanged | not) and .blobsSent == 0 and .documentsSent == 1' <<<"$output"
    run -0 --separate-stderr "$COOPER" copy --format json "$ONE/again/a:1" "$ONE/again/b:1"
    jq -e '.blobsSent == 0 and .blobsMounted == 3' <<<"$output"
}

@test "several destinations: the second one of a registry gets its blobs from the first" {
    need docker-registry
    need skopeo
    two_platforms "$ONE/many/a:1"
    run -0 --separate-stderr "$COOPER" copy --format json "$ONE/many/a:1" "$TWO/many/b:1" "$TWO/many/c:1" "$ONE/many/a:2"
    [ "${#lines[@]}" -eq 3 ]
    "$ROOT/tests/schemas/validate" copy lines <<<"$output"
    jq -e '.blobsSent == 3' <<<"${lines[0]}"
    jq -e '.blobsSent == 0 and .blobsMounted == 3' <<<"${lines[1]}"
    jq -e '.blobsSent == 0' <<<"${lines[2]}"
    [ "$(digest_of "docker://$TWO/many/c:1")" = "$(digest_of "docker://$ONE/many/a:1")" ]
}

@test "through layouts, archives and the store and back, an index keeps its digest" {
    need docker-registry
    need skopeo
    two_platforms "$ONE/way/a:1"
    want=$(digest_of "docker://$ONE/way/a:1")
    "$COOPER" copy "docker://$ONE/way/a:1" "oci:$T/layout:one"
    "$COOPER" copy "oci:$T/layout:one" "oci-archive:$T/a.tar:two"
    "$COOPER" copy "oci-archive:$T/a.tar:two" store:way:3
    "$COOPER" copy way:3 "oci:$T/layout:four"
    "$COOPER" copy "oci:$T/layout@$want" "$TWO/way/b:5"
    [ "$(digest_of "docker://$TWO/way/b:5")" = "$want" ]
    [ "$(digest_of "oci:$T/layout:four")" = "$want" ]
    skopeo copy -q "oci-archive:$T/a.tar:two" "dir:$T/read"
    jq -e '.manifests | length == 2' "$T/layout/index.json"
}

@test "dir: and docker-archive: hold one image, of the platform that is wanted" {
    need docker-registry
    need skopeo
    two_platforms "$ONE/single/a:1"
    arm=$(raw "docker://$ONE/single/a:1" | jq -r '.manifests[] | select(.platform.architecture == "arm64").digest')
    "$COOPER" copy --platform linux/arm64 "$ONE/single/a:1" "dir:$T/dir"
    [ "$(digest_of "dir:$T/dir")" = "$arm" ]
    "$COOPER" copy "dir:$T/dir" "docker-archive:$T/d.tar:arm:1"
    [ "$(skopeo inspect --config "docker-archive:$T/d.tar" | jq -r .config.Labels.arch)" = arm64 ]
    [ "$(tar -xOf "$T/d.tar" manifest.json | jq -r '.[0].RepoTags[0]')" = arm:1 ]
    "$COOPER" copy "docker-archive:$T/d.tar:arm:1" "$TWO/single/back:1"
    [ "$(skopeo inspect --override-arch arm64 --config --tls-verify=false "docker://$TWO/single/back:1" | jq -r .config.Labels.arch)" = arm64 ]
}

@test "--platform: one is the image alone, some are an index of these, one that is missing is named" {
    need docker-registry
    need skopeo
    two_platforms "$ONE/some/a:1" linux/amd64,linux/arm64,linux/s390x
    "$COOPER" copy --platform linux/s390x "$ONE/some/a:1" "$TWO/some/one:1"
    raw "docker://$TWO/some/one:1" | jq -e .layers
    "$COOPER" copy --platform linux/s390x,linux/amd64 "$ONE/some/a:1" "$TWO/some/two:1"
    [ "$(raw "docker://$TWO/some/two:1" | jq -c '[.manifests[].platform.architecture]')" = '["amd64","s390x"]' ]
    run -4 "$COOPER" copy --platform linux/arm/v5 "$ONE/some/a:1" "$TWO/some/none:1"
    [[ $output == *"it has linux/amd64, linux/arm64, linux/s390x"* ]]
    run -4 "$COOPER" copy --platform linux/amd64,linux/ppc64le "$ONE/some/a:1" "$TWO/some/none:1"
    run ! raw "docker://$TWO/some/none:1"
}

@test "what refers to an image comes with it, and is listed where the registry does not do it" {
    need docker-registry
    need skopeo
    two_platforms "$ONE/ref/a:1"
    subject=$(digest_of "docker://$ONE/ref/a:1")
    sbom=$(put_referrer "$ONE/ref/a" "$subject")
    run -0 --separate-stderr "$COOPER" copy --format json "$ONE/ref/a:1" "$TWO/ref/b:1"
    jq -e '.referrers == 1' <<<"$output"
    [ "$(raw "docker://$TWO/ref/b:sha256-${subject#sha256:}" | jq -r '.manifests[0].digest')" = "$sbom" ]
    raw "docker://$TWO/ref/b:sha256-${subject#sha256:}" | jq -e '.manifests[0].artifactType == "application/spdx+json"'
    raw "docker://$TWO/ref/b@$sbom" | jq -e '.subject.digest == "'"$subject"'"'
    # Again, and by way of a layout: it is listed once.
    "$COOPER" copy "$ONE/ref/a:1" "$TWO/ref/b:1"
    "$COOPER" copy "$ONE/ref/a:1" "oci:$T/layout:1"
    "$COOPER" copy "oci:$T/layout:1" "$TWO/ref/c:1"
    for name in b c; do
        raw "docker://$TWO/ref/$name:sha256-${subject#sha256:}" | jq -e '.manifests | length == 1'
    done
    "$COOPER" copy --referrers=false "$ONE/ref/a:1" "$TWO/ref/without:1"
    run ! raw "docker://$TWO/ref/without@$sbom"
}

@test "--digest-tags brings cosign's tags" {
    need docker-registry
    need skopeo
    two_platforms "$ONE/sign/a:1"
    subject=$(digest_of "docker://$ONE/sign/a:1")
    tag=sha256-${subject#sha256:}.sig
    two_platforms "$ONE/sign/a:$tag" linux/amd64
    "$COOPER" copy "$ONE/sign/a:1" "$TWO/sign/b:1"
    run ! raw "docker://$TWO/sign/b:$tag"
    "$COOPER" copy --digest-tags "$ONE/sign/a:1" "$TWO/sign/b:1"
    [ "$(digest_of "docker://$TWO/sign/b:$tag")" = "$(digest_of "docker://$ONE/sign/a:$tag")" ]
}

@test "an image made here leaves as push sends it; without a host a source is the store's" {
    need docker-registry
    echo x >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    build -t made:1 .
    "$COOPER" push made:1 "$ONE/made/pushed:1"
    "$COOPER" copy made:1 "$ONE/made/copied:1"
    "$COOPER" copy store:made:1 "$ONE/made/again:1"
    for name in copied again; do
        [ "$(digest_of "docker://$ONE/made/$name:1")" = "$(digest_of "docker://$ONE/made/pushed:1")" ]
    done
    run -4 "$COOPER" copy store:nosuch:1 "$ONE/made/x:1"
    [[ $output == *"store:nosuch:1"* ]]
}

@test "umoci, podman and buildah read what was copied" {
    need docker-registry
    need umoci
    busybox_image
    "$COOPER" push busybox:1 "$ONE/read/busybox:1"
    "$COOPER" copy "$ONE/read/busybox:1" "oci:$T/layout:1"
    umoci unpack --rootless --image "$T/layout:1" "$T/bundle"
    [ -x "$T/bundle/rootfs/bin/busybox" ]
    "$COOPER" copy "$ONE/read/busybox:1" "docker-archive:$T/b.tar:read:1"
    need podman
    need_root
    store=(--root "$T/podman" --runroot "$T/podman-run" --storage-driver vfs)
    podman "${store[@]}" load -q -i "$T/b.tar" | grep read:1
    podman "${store[@]}" rmi -f read:1
    buildah "${store[@]}" pull -q --tls-verify=false "docker://$ONE/read/busybox:1"
    rm -rf "$T/podman" "$T/podman-run"
}

@test "credentials of the two ends are apart; none are in a message" {
    need docker-registry
    need htpasswd
    mkdir -p "$T/auth/data"
    htpasswd -Bbn user secret-word >"$T/auth/htpasswd"
    port=$(free_port)
    cat >"$T/auth/config.yml" <<EOC
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $T/auth/data}}
http: {addr: 127.0.0.1:$port}
auth: {htpasswd: {realm: r, path: $T/auth/htpasswd}}
EOC
    docker-registry serve "$T/auth/config.yml" >/dev/null 2>&1 3>&- &
    pid=$!
    for _ in $(seq 50); do curl -sS -o /dev/null "http://127.0.0.1:$port/v2/" && break; sleep 0.1; done
    two_platforms "$ONE/creds/a:1"
    run -7 "$COOPER" copy "$ONE/creds/a:1" "127.0.0.1:$port/a:1"
    run -7 "$COOPER" copy --dest-creds user:wrong-word "$ONE/creds/a:1" "127.0.0.1:$port/a:1"
    [[ $output != *wrong-word* ]]
    "$COOPER" copy --dest-creds user:secret-word "$ONE/creds/a:1" "127.0.0.1:$port/a:1"
    "$COOPER" copy --src-creds user:secret-word "127.0.0.1:$port/a:1" "$ONE/creds/back:1"
    run -2 "$COOPER" copy --src-creds secret-word "127.0.0.1:$port/a:1" "$ONE/creds/back:1"
    [[ $output == *--src-creds* && $output != *secret-word* ]]
    kill "$pid"
}

@test "broken and damaged transfers are repeated, a server that keeps failing is not waited for forever" {
    need docker-registry
    two_platforms "$ONE/rough/a:1"
    port=$(free_port)
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" >/dev/null 2>&1 </dev/null 3>&- &
    pid=$!
    for _ in $(seq 100); do curl -fsS -o /dev/null "http://127.0.0.1:$port/v2/" 2>/dev/null && break; sleep 0.1; done
    curl -fsS -o /dev/null "http://127.0.0.1:$port/control" -d '{"rules":[{"method":"PUT","path":"uploads","reset":100000,"times":2},{"method":"POST","path":"uploads","status":503,"times":1}]}'
    "$COOPER" copy "$ONE/rough/a:1" "127.0.0.1:$port/b:1"
    curl -fsS -o /dev/null "http://127.0.0.1:$port/control" -d '{"rules":[{"method":"GET","path":"/blobs/","corrupt":true,"times":1},{"method":"GET","path":"/blobs/","reset":100000,"times":1}]}'
    run "$COOPER" copy "127.0.0.1:$port/b:1" "$TWO/rough/c:1"; echo "$output"; [ "$status" -eq 0 ]
    [ "$(digest_of "docker://$TWO/rough/c:1")" = "$(digest_of "docker://$ONE/rough/a:1")" ]
    curl -fsS -o /dev/null "http://127.0.0.1:$port/control" -d '{"rules":[{"method":"GET","path":"/manifests/","status":500,"times":99}]}'
    run -6 "$COOPER" copy --retry 1 "127.0.0.1:$port/b:1" "$TWO/rough/d:1"
    kill "$pid"
}

@test "a damaged layout or archive is refused, and nothing gets the name" {
    need docker-registry
    two_platforms "$ONE/bad/a:1"
    "$COOPER" copy "$ONE/bad/a:1" "oci:$T/layout:1"
    big=$(find "$T/layout/blobs" -size +100k)
    printf XXXXXXXXXXXXXXXX | dd of="$big" bs=1 seek=5000 conv=notrunc 2>/dev/null
    run -9 "$COOPER" copy "oci:$T/layout:1" "$TWO/bad/b:1"
    run ! raw "docker://$TWO/bad/b:1"
    run -9 "$COOPER" copy "oci:$T/layout:1" "oci-archive:$T/bad.tar:1"
    [ ! -e "$T/bad.tar" ]
    truncate -s 1000 "$big"
    run -9 "$COOPER" copy "oci:$T/layout:1" store:bad:1
    run -4 "$COOPER" inspect bad:1
    echo '{"manifests":1}' >"$T/layout/index.json"
    run "$COOPER" copy "oci:$T/layout:1" store:bad:1
    [[ $status == [49] ]]
    echo text >"$T/text.tar"
    run -4 "$COOPER" copy "oci-archive:$T/text.tar" store:bad:1
}

@test "words that name no place" {
    touch "$T/file"
    while IFS='|' read -r code source destination; do
        run "$COOPER" copy "${source//@T/$T}" "${destination//@T/$T}"
        [ "$status" -eq "$code" ] || { printf '%s: %s → %s: %s\n' "$status" "$source" "$destination" "$output"; false; }
        [[ $output == *"ERROR: "* ]]
    done <<'EOT'
2||store:a
2|store:|store:a
2|store:a|
2|store:a|store:
2|store:a|store:b@sha256:0000000000000000000000000000000000000000000000000000000000000000
2|A B|store:a
2|store:a|Upper/Case:1
2|oci:|store:a
2|store:a|oci:
2|store:a|oci:@T/x:
4|oci:@T/nosuch:1|store:a
4|oci:@T:1|store:a
4|oci:@T/file:1|store:a
4|dir:@T|store:a
4|docker-archive:@T/nosuch.tar|store:a
4|docker-archive:@T|store:a
4|oci-archive:@T/file|store:a
2|docker-daemon:a:1|store:a
2|containers-storage:a:1|store:a
4|store:nosuch|oci:@T/out:1
EOT
    run -2 "$COOPER" copy store:a
    run -2 "$COOPER" copy
    run -2 "$COOPER" copy --platform , store:a store:b
    run -2 "$COOPER" copy --platform linux/arm46 store:a store:b
    [ ! -e "$T/out" ]
}
