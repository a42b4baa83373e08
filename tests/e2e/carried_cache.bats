#!/usr/bin/env bats
# --cache-to and --cache-from: what one machine did need not be done by another.
load helpers

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
}

# A base that both machines find in the registry, and two stages on it. Each RUN says
# that it runs.
scene() {
    export SOURCE_DATE_EPOCH=1700000000
    busybox_image
    "$COOPER" push -q busybox:1 "$REGISTRY/base:1"
    echo one >f
    cat >Dockerfile <<EOF
FROM $REGISTRY/base:1 AS made
COPY f /f
RUN echo ran-made-\$((1 + 1)) && cat /f >/made && rm /f && ln /made /again
FROM $REGISTRY/base:1
WORKDIR /work
COPY --from=made /made /again ./
RUN echo ran-used-\$((1 + 1)) && cat made >>result && chown app:app result
ENV A=b
RUN --mount=from=made,target=/m cat /m/made >/bound
EOF
}

# on MACHINE ARGS…: a build there; its manifest in $T/MACHINE.digest.
on() {
    local machine=$1
    shift
    build --root "$T/$machine" --digest-file "$T/$machine.digest" \
        -t app:1 -o "type=oci,tar=false,dest=$T/$machine.oci" "$@" .
    [ "$status" -eq 0 ]
}

# None of the steps ran on the last machine.
all_cached() {
    [[ $output != *"ran-made-2"* && $output != *"ran-used-2"* ]]
    [ "$(grep -cx '#[0-9]* CACHED' <<<"$output")" -ge 4 ]
    [ "$(cat "$T/first.digest")" = "$(cat "$T/second.digest")" ]
}

@test "an inline cache is added to a config with odd values" {
    printf 'FROM scratch\nCOPY . /\nLABEL a=x\0y\n' >Dockerfile
    build -t odd:1 --cache-to type=inline .
    [ "$status" -eq 0 ]
    # A name with such a byte cannot be read again.
    printf 'FROM scratch\nCOPY . /\nVOLUME /x\0y\n' >Dockerfile
    build -t odd:2 --cache-to type=inline .
    [ "$status" -ne 0 ] && [ "$status" -lt 100 ]
    [[ "$output" == *"ERROR: "*"config: "* ]]
}

@test "a cache in a directory serves another machine, whole or for the image alone" {
    need docker-registry
    scene
    for mode in min max; do
        rm -rf "$T/first" "$T/second" "$T/cache"
        on first --cache-to "type=local,dest=$T/cache,mode=$mode"
        [[ $output == *"ran-made-2"* && $output == *"ran-used-2"* ]]
        on second --cache-from "type=local,src=$T/cache"
        all_cached
    done
    # With all stages in it, a change of the second stage needs nothing of the first.
    rm -rf "$T/second"
    sed -i 's/^ENV A=b/ENV A=c/; s/chown app:app result/chown app result/' Dockerfile
    on second --cache-from "type=local,src=$T/cache"
    [[ $output != *"ran-made-2"* && $output == *"ran-used-2"* ]]
}

@test "a cache in a registry serves another machine, and is not downloaded if nothing needs it" {
    need docker-registry
    scene
    on first --cache-to "type=registry,ref=$REGISTRY/cache:1,mode=max"
    rm -rf "$T/second"
    build --root "$T/second" -t "$REGISTRY/cache:app" --push --cache-from "$REGISTRY/cache:1" .
    [ "$status" -eq 0 ]
    [[ $output != *"ran-made-2"* && $output != *"pulling sha256"* ]]
    [ -z "$(ls "$T/second/layers")" ]
    # A file that is another: what depends on it runs, the rest does not.
    rm -rf "$T/second"
    echo two >f
    on second --cache-from "$REGISTRY/cache:1"
    [[ $output == *"ran-made-2"* && $output == *"ran-used-2"* ]]
    [[ $output == *"WORKDIR /work"*CACHED* ]]
    on first
    [ "$(cat "$T/first.digest")" = "$(cat "$T/second.digest")" ]
}

@test "a cache inside an image works wherever the image is" {
    need docker-registry
    scene
    build --root "$T/first" -t "$REGISTRY/inline:1" --push --cache-to type=inline .
    [ "$status" -eq 0 ]
    build --root "$T/second" -t "$REGISTRY/inline:2" --push --cache-to type=inline --cache-from "$REGISTRY/inline:1" .
    [ "$status" -eq 0 ]
    [[ $output != *"ran-used-2"* ]]
    for tag in 1 2; do
        curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/inline/manifests/$tag" >"$T/manifest.$tag"
    done
    cmp "$T/manifest.1" "$T/manifest.2"
    build --root "$T/third" -t "$REGISTRY/inline:3" --push --build-arg BUILDKIT_INLINE_CACHE=1 .
    [ "$status" -eq 0 ]
    skopeo inspect --tls-verify=false --config --raw "docker://$REGISTRY/inline:3" | jq -e '."cooper.cache".records | length > 3'
}

@test "a missing or unusable cache is a warning" {
    need docker-registry
    scene
    on first --cache-from "$REGISTRY/nothing:1" --cache-from "type=local,src=$T/nothing" --cache-from "$REGISTRY/base:1"
    [[ $output == *"no cache from $REGISTRY/nothing:1"* ]]
    [[ $output == *"no cache from $T/nothing"* ]]
    [[ $output == *"there is no cache in $REGISTRY/base:1"* ]]
    on first --cache-to "type=local,dest=$T/cache,mode=max"
    # Records that point nowhere, are of another version or no records at all.
    for damage in '.records[0].layer = 99' '.version = 2' '.records = 1' '.records[0].key = "x"' \
        '.records[0].created = 7' '.records[0].layer = -1' '.records[1] = null'; do
        rm -rf "$T/second" "$T/bad"
        cp -r "$T/cache" "$T/bad"
        python3 - "$T/bad" "$damage" <<'Y'
import hashlib, json, os, subprocess, sys
top, damage = sys.argv[1:]
blob = lambda d: f"{top}/blobs/sha256/" + d.split(":")[1]
def put(text):
    d = "sha256:" + hashlib.sha256(text).hexdigest()
    open(blob(d), "wb").write(text)
    return d
index = json.load(open(top + "/index.json"))
manifest = json.load(open(blob(index["manifests"][0]["digest"])))
config = json.load(open(blob(manifest["config"]["digest"])))
config["cooper.cache"] = json.loads(subprocess.run(["jq", "-c", damage], input=json.dumps(config["cooper.cache"]),
                                    text=True, capture_output=True, check=True).stdout)
text = json.dumps(config).encode()
manifest["config"].update(digest=put(text), size=len(text))
text = json.dumps(manifest).encode()
index["manifests"][0].update(digest=put(text), size=len(text))
json.dump(index, open(top + "/index.json", "w"))
Y
        on second --cache-from "type=local,src=$T/bad"
        [[ $output == *"no cache from $T/bad"* ]]
        [ "$(cat "$T/first.digest")" = "$(cat "$T/second.digest")" ]
    done
}

@test "a cached layer whose content does not match is noticed, and made again" {
    need docker-registry
    scene
    on first --cache-to "type=local,dest=$T/cache,mode=max"
    # The blobs of layers, not the documents.
    for blob in "$T/cache/blobs/sha256/"*; do
        head -c 1 "$blob" | grep -q '{' || printf 'x' | dd of="$blob" bs=1 seek=20 conv=notrunc status=none
    done
    echo 'RUN cat /bound' >>Dockerfile
    build --root "$T/second" -t app:1 --cache-from "type=local,src=$T/cache" .
    [ "$status" -eq 0 ]
    [[ $output == *"content is sha256:"* && $output == *"ran-used-2"* && $output == *"the cache lacks a layer"* ]]
    # None of it is in the store under the name of another.
    cd "$T/second/blobs/sha256"
    for f in *; do [ "$(sha256sum <"$f" | cut -d' ' -f1)" = "$f" ]; done
}

@test "--no-cache and --offline leave a cache alone; errors of --cache-to count unless they are ignored" {
    need docker-registry
    scene
    on first --cache-to "type=local,dest=$T/cache,mode=max"
    on second --no-cache --cache-from "type=local,src=$T/cache"
    [[ $output == *"ran-made-2"* ]]
    build --root "$T/first" --cache-to "type=registry,ref=127.0.0.1:1/x:1" .
    [ "$status" -ne 0 ]
    [[ $output == *"--cache-to: push 127.0.0.1:1/x"* ]]
    build --root "$T/first" --cache-to "type=registry,ref=127.0.0.1:1/x:1,ignore-error=true" .
    [ "$status" -eq 0 ]
    build --root "$T/first" --offline --cache-from "$REGISTRY/cache:9" .
    [ "$status" -eq 0 ]
    # A cache of a kind that is not there only adds something.
    build --cache-to type=gha,mode=max .
    [ "$status" -eq 0 ]
    [[ $output == *--cache-to* ]]
    for bad in type=local type=registry,mode=max type=local,dest=x,mode=most type=inlin; do
        build --cache-to "$bad" .
        [ "$status" -ne 0 ]
        [[ $output == *--cache-to* ]]
    done
}

@test "no secret is in a cache" {
    need docker-registry
    scene
    echo hidden-value >"$T/secret"
    echo 'RUN --mount=type=secret,id=s cat /run/secrets/s | wc -c >/n' >>Dockerfile
    on first --secret "id=s,src=$T/secret" --cache-to "type=local,dest=$T/cache,mode=max"
    run grep -r hidden-value "$T/cache"
    [ -z "$output" ]
}
