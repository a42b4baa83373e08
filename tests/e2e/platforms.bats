#!/usr/bin/env bats
# Images for other architectures: copied, and run by an emulator.
load helpers

setup_file() {
    [ "$(id -u)" -eq 0 ] || return 0
    user=cooper-arch-$$
    useradd --create-home "$user"
    usermod --add-subuids 800000-865535 --add-subgids 800000-865535 "$user"
    single=cooper-arch-one-$$
    useradd --create-home "$single"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid
    export user single
}

teardown_file() {
    [ -n "${user:-}" ] || return 0
    userdel --remove "$user" >/dev/null 2>&1
    userdel --remove "$single" >/dev/null 2>&1
    true
}

need_emulation() {
    [ "$(uname -m)" = x86_64 ] || skip "the program is foreign to x86_64 only"
    "$COOPER" doctor --format json >"$T/doctor" || true
    jq -e '.rows[] | select(.name | test("platforms")) | .ok' "$T/doctor" >/dev/null \
        || skip "no emulator, or a kernel before 6.7"
}

hello_context() {
    "$ROOT/tests/lib/arm64_hello.py" hello
    printf 'FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\nCOPY hello /hello\nRUN ["/hello"]\n' >Dockerfile
    chmod -R a+rX "$T"
}

@test "files are put into images of several platforms without running anything" {
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    build --platform linux/arm64,linux/riscv64 -o "type=oci,dest=$T/a.tar" .
    [ "$status" -eq 0 ]
    mkdir "$T/layout" && tar -xf "$T/a.tar" -C "$T/layout"
    index=$(jq -r '.manifests[0].digest' "$T/layout/index.json")
    [ "$(jq -r '[.manifests[].platform.architecture] | join(" ")' "$T/layout/blobs/${index/://}")" = "arm64 riscv64" ]
}

@test "a foreign program runs, for root in its own user namespace" {
    need_root
    need_emulation
    hello_context
    build --platform linux/arm64 -t a:1 .
    [ "$status" -eq 0 ]
    [[ "$output" == *"hello from arm64"* ]]
    [ "$("$COOPER" inspect a:1 | jq -r .platform)" = linux/arm64 ]
    machine_has_not_changed
}

# The machine runs no such program: what does is registered in the build's own namespace.
machine_has_not_changed() {
    run "$T/ctx/hello"
    [ "$status" -eq 126 ] || [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]
}

# build_as USER: programs that are executed by others are emulated, too.
build_as() {
    hello_context
    printf '#!/hello\n' >script
    chmod 755 script
    sed -i '/^COPY/a COPY script /script' Dockerfile
    sed -i 's,RUN .*,RUN ["/script"],' Dockerfile
    run setpriv --reuid "$1" --regid "$1" --init-groups env -u COOPER_ROOT HOME="/home/$1" \
        "$COOPER" build --progress=plain --platform linux/arm64 "$T/ctx"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"hello from arm64"* ]]
}

@test "engine trap starts the emulator of a foreign program itself" {
    need_root
    need_emulation
    hello_context
    chmod -R a+rX "$T"
    run setpriv --reuid "$user" --regid "$user" --init-groups env -u COOPER_ROOT HOME="/home/$user" \
        "$COOPER" build --isolation=trap --progress=plain --platform linux/arm64 "$T/ctx"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"hello from arm64"* ]]
    [[ "$output" != *"cannot run"* ]]
}

@test "a foreign program runs for a normal user, without any set-up of the machine" {
    need_root
    need_emulation
    build_as "$user"
    machine_has_not_changed
}

@test "a foreign program runs for a user with a single id" {
    need_root
    need_emulation
    build_as "$single"
    machine_has_not_changed
}

@test "without --platform, a foreign program fails with an error that says why" {
    need_emulation
    [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || skip "the machine runs them"
    hello_context
    build .
    [ "$status" -eq 5 ]
    [[ "$output" == *"another architecture"* ]]
}

# ------------------------------------------------------------ one graph

# A base of this machine for RUN, and what is built in it for others.
cross_context() {
    busybox_image
    echo x >f
    cat >Dockerfile <<'EOF'
FROM --platform=$BUILDPLATFORM busybox:1 AS prepare
RUN echo "prepared" >>/log
COPY f /f
FROM prepare AS compile
ARG TARGETARCH
RUN echo "for $TARGETARCH" >/out && cat /log >>/out
FROM scratch
COPY --from=compile /out /out
COPY f /f
EOF
}

@test "steps that do not depend on the platform run once, even in the first build" {
    cross_context
    build --platform linux/amd64,linux/arm64,linux/riscv64 -o "type=oci,dest=$T/a.tar" .
    [ "$status" -eq 0 ]
    [ "$(grep -c 'RUN echo "prepared"' <<<"$output")" -eq 1 ]
    [ "$(grep -c 'COPY f /f$' <<<"$output")" -eq 4 ]
    [ "$(grep -c 'load build context' <<<"$output")" -eq 1 ]
    [ "$(grep -c '] FROM ' <<<"$output")" -eq 1 ]
    [ "$(grep -c 'internal. load metadata' <<<"$output")" -eq 1 ]
    for name in '[linux/amd64 prepare 2/3] RUN echo' '[linux/amd64 compile 1/1] RUN echo "for amd64"' \
        '[linux/amd64->arm64 compile 1/1] RUN echo "for arm64"' \
        '[linux/amd64->riscv64 compile 1/1] RUN echo "for riscv64"' \
        '[linux/arm64 stage-2 1/2] COPY --from=compile' '[linux/riscv64 stage-2 2/2] COPY f /f'; do
        [ "$(uname -m)" != x86_64 ] || [[ $output == *"$name"* ]]
    done
    build --platform linux/riscv64,linux/s390x -o type=cacheonly .
    [ "$status" -eq 0 ]
    [ "$(grep -c 'CACHED' <<<"$output")" -ge 4 ]
    [[ $output == *'->s390x compile 1/1]'* ]]
}

@test "platforms are built in parallel" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM --platform=$BUILDPLATFORM busybox:1
ARG TARGETARCH
RUN --mount=type=cache,target=/c touch /c/$TARGETARCH; i=0; until [ -e /c/amd64 ] && [ -e /c/arm64 ] && [ -e /c/s390x ]; do i=$((i + 1)); [ $i -lt 300 ] || exit 9; sleep 0.1; done
EOF
    build --platform linux/amd64,linux/arm64,linux/s390x .
    [ "$status" -eq 0 ]
}

@test "the image of one platform is the same in a build of several" {
    cross_context
    export SOURCE_DATE_EPOCH=1700000000
    for arch in amd64 arm64 riscv64; do
        build --platform "linux/$arch" --cache-to type=inline -o "type=oci,dest=$T/$arch.tar" .
        [ "$status" -eq 0 ]
        tar -xOf "$T/$arch.tar" index.json | jq -r '.manifests[0].digest' >>"$T/alone"
    done
    for cached in "" --no-cache; do
        build $cached --platform linux/amd64,linux/arm64,linux/riscv64 --cache-to type=inline -o "type=oci,dest=$T/all.tar" .
        [ "$status" -eq 0 ]
        index=$(tar -xOf "$T/all.tar" index.json | jq -r '.manifests[0].digest')
        tar -xOf "$T/all.tar" "blobs/${index/://}" | jq -r '.manifests[].digest' >"$T/together"
        # Records have the time at which a step ran.
        [ -n "$cached" ] || diff "$T/alone" "$T/together"
        [ "$(wc -l <"$T/together")" -eq 3 ]
    done
}

@test "a failure says which platform failed, and ends the others" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM --platform=$BUILDPLATFORM busybox:1
ARG TARGETARCH
RUN [ $TARGETARCH != arm64 ] || exit 7; sleep 60
EOF
    SECONDS=0
    build --platform linux/amd64,linux/arm64 .
    [ "$status" -eq 5 ]
    [[ $output == *" > [linux/amd64->arm64 2/2] RUN"* || $output == *" > [linux/arm64 2/2] RUN"* ]]
    [[ $output == *"exit code: 7"* ]]
    [ "$SECONDS" -lt 40 ]
    printf 'FROM scratch AS s-amd64\nFROM s-$TARGETARCH\n' >Dockerfile
    build --platform linux/amd64,linux/arm64 --offline .
    [ "$status" -ne 0 ]
    [[ $output == *"[linux/arm64 internal] load metadata for docker.io/library/s-arm64"* ]]
}

@test "a check covers all platforms" {
    busybox_image
    printf 'FROM busybox:1\nMAINTAINER me\n' >Dockerfile
    run "$COOPER" build --check --platform linux/amd64,linux/arm64,linux/arm64/v8 .
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$(grep -c MaintainerDeprecated <<<"$output")" -eq 1 ]
    [ "$(grep -c InvalidBaseImagePlatform <<<"$output")" -eq 1 ]
    printf '# check=error=true\nFROM busybox:1\n' >Dockerfile
    build --platform linux/arm64,linux/amd64 .
    [ "$status" -ne 0 ]
    [[ $output == *InvalidBaseImagePlatform* ]]
}

@test "several platforms have one plan" {
    cross_context
    "$COOPER" build --print-plan=json --platform linux/amd64,linux/arm64 . >"$T/plan"
    [ "$(jq '[.steps[] | select(.kind == "local" or .kind == "image")] | length' "$T/plan")" -eq 2 ]
    [ "$(jq -r '.image.platform, .others[].platform' "$T/plan" | tr '\n' ' ')" = "linux/amd64 linux/arm64 " ]
}
