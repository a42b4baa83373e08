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

@test "a foreign program runs, for root in a user name space of its own" {
    need_root
    need_emulation
    hello_context
    build --platform linux/arm64 -t a:1 .
    [ "$status" -eq 0 ]
    [[ "$output" == *"hello from arm64"* ]]
    [ "$("$COOPER" inspect a:1 | jq -r .platform)" = linux/arm64 ]
    machine_has_not_changed
}

# The machine runs no such program: what does is registered in the build's own name space.
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

@test "without --platform a foreign program is an error that says so" {
    need_emulation
    [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || skip "the machine runs them"
    hello_context
    build .
    [ "$status" -eq 5 ]
    [[ "$output" == *"another architecture"* ]]
}
