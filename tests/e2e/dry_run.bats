#!/usr/bin/env bats
# What would a build do? Nothing of it may be done, and then the build must do it.
load helpers
. "${BATS_TEST_DIRNAME%/*}/lib/registry.sh"

teardown() {
    registry_stop
    cd / || return 1
    rm -rf "$T"
}

dry() {
    run "$COOPER" build --dry-run --progress=quiet "$@"
}

project() {
    busybox_image
    echo a >f
    cat >Dockerfile <<'E'
FROM busybox:1 AS tool
RUN echo tool >/tool
FROM busybox:1
COPY --from=tool /tool /tool
COPY f /f
RUN cat /f >/out
E
}

# content: of the store, without what tells when it was used.
content() {
    (cd "$COOPER_ROOT" && find blobs layers steps index.json contexts/built-* mounts -type f ! -name '*.lock' -exec sha256sum {} + | sort)
}

@test "verdicts, reasons and the status" {
    project
    dry .
    [ "$status" -eq 11 ]
    [[ $output == *"4 of 4 steps would run."* ]]
    build .
    dry .
    [ "$status" -eq 0 ]
    [[ $output == *"HIT      [stage-1 4/4] RUN cat /f >/out"*"all is cached."* ]]
    echo b >f
    dry .
    [ "$status" -eq 11 ]
    [[ $output == *"SKIPPED  [tool 2/2] RUN echo tool >/tool"* ]]
    [[ $output == *"HIT      [stage-1 2/4] COPY --from=tool /tool /tool"* ]]
    [[ $output == *"MISS     [stage-1 3/4] COPY f /f
         f changed
MISS     [stage-1 4/4] RUN cat /f >/out
         \"COPY f /f\" changed ([stage-1 3/4] ran again)
2 of 4 steps would run."* ]]
    # With -q only the status tells.
    run "$COOPER" build --dry-run -q .
    [ "$status" -eq 11 ]
    [ -z "$output" ]
}

@test "nothing is run, written or noted" {
    project
    build .
    echo b >f
    dry .
    content >before
    touch -d 2001-01-01 d.tar
    sha256sum d.tar >sum
    dry -t new:1 -o type=oci,dest=d.tar --iidfile iid --cache-to type=local,dest=cache --cache-max-size 1 .
    [ "$status" -eq 11 ]
    [[ $output == *"Would write d.tar."* ]]
    sha256sum -c sum
    [ ! -e iid ] && [ ! -e cache ]
    content >after
    cmp before after
    # What was not built is nothing to compare with.
    echo c >f
    build .
    [[ $output == *"MISS: f changed"* ]]
    ! "$COOPER" inspect new:1
}

@test "what would be downloaded and pushed, without a request for it" {
    project
    registry_start "$T/registry"
    "$COOPER" push -q busybox:1 "$REGISTRY/base:1"
    sed -i "s,busybox:1,$REGISTRY/base:1," Dockerfile
    export COOPER_ROOT=$T/other
    dry --push -t "$REGISTRY/app:1" .
    [ "$status" -eq 11 ]
    [[ $output == *"Would download 1 layer of $REGISTRY/base:1, "*B.* ]]
    [[ $output == *"Would push $REGISTRY/app:1."* ]]
    run "$COOPER" build --dry-run --format json --progress=quiet --push -t "$REGISTRY/app:1" .
    "$ROOT/tests/schemas/validate" dry-run <<<"$output"
    size=$(curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/base/manifests/1" | jq '.layers[0].size')
    jq -e --argjson size "$size" --arg name "$REGISTRY/app:1" \
        '.downloads[0].bytes == $size and .pushes == [$name] and (.allCached | not)' <<<"$output"
    [ "$(du -sk "$COOPER_ROOT" | cut -f1)" -lt 200 ]
    ! curl -fsS "http://$REGISTRY/v2/app/tags/list"
    build --push -t "$REGISTRY/app:1" .
    dry --push -t "$REGISTRY/app:1" .
    [ "$status" -eq 0 ]
    [[ $output != *"Would download"* ]]
    [[ $output == *"Would push"* ]]
}

@test "mistakes have their usual statuses, and answers do not mix" {
    printf 'FROM scratch\nCOPY missing /\n' >Dockerfile
    dry .
    [ "$status" -eq 4 ]
    printf 'FROM scratch\nNO\n' >Dockerfile
    dry .
    [ "$status" -eq 3 ]
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    dry --check .
    [ "$status" -eq 2 ]
    dry --print-plan=json .
    [ "$status" -eq 2 ]
}

@test "several platforms, and a machine that cannot run the step" {
    busybox_image
    printf 'FROM scratch\nCOPY f /f\n' >Dockerfile
    echo a >f
    dry --platform linux/amd64,linux/arm64 .
    [ "$status" -eq 11 ]
    build --platform linux/amd64,linux/arm64 .
    dry --platform linux/amd64,linux/arm64 .
    [ "$status" -eq 0 ]
    printf 'FROM busybox:1\nRUN true\n' >Dockerfile
    dry --isolation=chroot .
    [ "$status" -eq 11 ]
}
