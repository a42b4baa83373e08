#!/usr/bin/env bats
# A hostile RUN step finds nothing that docs/security.md does not admit.
load helpers

# $1 in the step: user, engine and what it may reach.
setup_file() {
    W=$(mktemp -d "${TMPDIR:-/tmp}/cooper-escape.XXXXXX")
    chmod 755 "$W"
    export W
    cc -static -std=gnu17 -D_GNU_SOURCE -O1 -o "$W/hostile" \
        "$BATS_TEST_DIRNAME/../escape/hostile.c"
    echo cooper-canary-token >"$W/canary"
    chmod 644 "$W/canary"
    NAME=cooper-escape-$$
    export NAME
    TOKEN=cooper-canary-token python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0" + sys.argv[1])
s.listen(8)
time.sleep(120)' "$NAME" </dev/null >/dev/null 2>&1 3>&- 4>&- &
    VICTIM=$!
    export VICTIM
    single=cooper-escape-$$
    [ "$(id -u)" -ne 0 ] || useradd --create-home "$single"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid 2>/dev/null || true
    export single
}

teardown_file() {
    kill "$VICTIM" 2>/dev/null
    [ "$(id -u)" -ne 0 ] || userdel --remove "$single" >/dev/null 2>&1
    rm -rf "$W"
}

# with_key COMMAND…: a key that steps must not find is in the session's keyring.
with_key() {
    python3 -c '
import ctypes, os, platform, sys
number = {"x86_64": 248, "aarch64": 217}[platform.machine()]
ctypes.CDLL(None).syscall(number, b"user", sys.argv[1].encode(), b"x", 1, -3)
os.environ["SECRET_OF_BUILDER"] = "cooper-canary-token"
os.execvp(sys.argv[2], sys.argv[2:])' "$NAME" "$@"
}

# hostile_build STORE COMMAND…: what a step reaches, on standard output, sorted.
hostile_build() {
    local store=$1
    shift
    mkdir -p "$T/ctx"
    cp "$W/hostile" "$T/ctx/hostile"
    cat >"$T/ctx/Dockerfile" <<EOF
FROM scratch
COPY hostile /
RUN ["/hostile", "$W/canary", "$VICTIM", "$NAME", "$NAME", "$store"]
EOF
    chmod -R a+rX "$T/ctx"
    with_key "$@" "$COOPER" build --progress=plain "$T/ctx" >"$T/log" 2>&1 || cat "$T/log" >&2
    grep -q ' tried [0-9][0-9]$' "$T/log" || echo "the step did not come to its end"
    sed -n 's/.* reached \([a-z-]*\)$/\1/p' "$T/log" | sort
}

@test "outside of any sandbox the tries do reach what they try" {
    run with_key "$W/hostile" "$W/canary" "$VICTIM" "$NAME" "$NAME" "$W"
    [[ "$output" == *"reached canary-by-name"* ]]
    [[ "$output" == *"reached environment-of-process"* ]]
    [[ "$output" == *"reached environment-of-builder"* ]]
    [[ "$output" == *"reached abstract-socket"* ]]
    [[ "$output" == *"reached key-of-builder"* ]]
    [[ "$output" == *"reached signal-to-process"* ]]
    rm -f "$W/canary.written"
}

@test "a step of root reaches the machine's network, nothing else" {
    need_root
    run hostile_build "$T/store" env
    echo "$output"
    [ "$output" = abstract-socket ]
}

@test "without a network it reaches nothing" {
    need_root
    run hostile_build "$T/store" env BUILD=none
    sed -i 's/^RUN /RUN --network=none /' "$T/ctx/Dockerfile"
    run with_key "$COOPER" build --progress=plain "$T/ctx"
    echo "$output"
    [[ "$output" == *" tried "* ]]
    [[ "$output" != *" reached "* ]]
}

@test "a step of a user with a single id reaches the machine's network, nothing else" {
    need_root
    local home=/home/$single
    run hostile_build "$home/.local/share/cooper" \
        setpriv --reuid "$single" --regid "$single" --clear-groups env -u COOPER_ROOT HOME="$home"
    echo "$output"
    [ "$output" = abstract-socket ]
}

@test "a step under chroot and Landlock reaches what the documentation admits" {
    need_root
    "$COOPER" doctor | grep -q '^ok  Landlock' || skip "needs Landlock"
    hostile_build "$T/store" env >/dev/null
    run with_key "$COOPER" build --progress=plain --no-cache --isolation=chroot "$T/ctx"
    echo "$output"
    [[ "$output" == *" tried "* ]]
    reached=$(sed -n 's/.* reached \([a-z-]*\)$/\1/p' <<<"$output" | sort | tr '\n' ' ')
    # Landlock knows nothing of limits.
    [ "$reached" = "limits-of-process " ]
    [ ! -e "$W/canary.written" ]
}
