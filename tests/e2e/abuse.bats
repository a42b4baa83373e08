#!/usr/bin/env bats
# Steps that wear out their supervisor, and kills at random moments, in engine trap: the
# build ends, nothing survives it, the next one is right. COOPER_SOAK=1 kills 300 times.
load helpers

if [ -n "${COOPER_SOAK:-}" ]; then KILLS=${KILLS:-300}; else KILLS=${KILLS:-12}; fi

setup_file() {
    W=$(mktemp -d "${TMPDIR:-/tmp}/cooper-abuse.XXXXXX")
    chmod 755 "$W"
    cc -static -std=gnu17 -D_GNU_SOURCE -O1 -pthread -o "$W/abuse" "$BATS_TEST_DIRNAME/../abuse/abuse.c"
    export W
    [ "$(id -u)" -eq 0 ] || return 0
    somebody=cooper-abuse-$$
    useradd --create-home "$somebody"
    sed -i "/^$somebody:/d" /etc/subuid /etc/subgid
    export somebody
}

teardown_file() {
    [ -z "${somebody:-}" ] || userdel --remove "$somebody" >/dev/null 2>&1
    rm -rf "$W"
}

# trapped COMMAND…: without any privilege.
trapped() {
    timeout -k 5 180 setpriv --reuid "$somebody" --regid "$somebody" --clear-groups --no-new-privs \
        --bounding-set=-all --inh-caps=-all \
        env -u COOPER_ROOT "HOME=/home/$somebody" SOURCE_DATE_EPOCH=1700000000 "$@"
}

nobody_is_left() {
    for _ in $(seq 100); do
        pgrep -u "$somebody" >/dev/null || return 0
        sleep 0.05
    done
    pgrep -au "$somebody"
    return 1
}

# abused WAY SECONDS
abused() {
    need_root
    cp "$W/abuse" "$T/ctx/"
    printf 'FROM scratch\nCOPY abuse /\nRUN ["/abuse", "%s", "%s"]\nRUN ["/abuse", "nothing", "0"]\n' \
        "$1" "$2" >"$T/ctx/Dockerfile"
    chmod -R a+rX "$T/ctx"
    run trapped "$COOPER" build --isolation=trap --no-cache --progress=plain "$T/ctx"
    echo "$output"
    nobody_is_left
    [ "$status" -eq 0 ]
    [[ "$output" == *"done $1"* ]]
}

@test "a step may make any calls with any arguments" {
    abused flood 3
}

@test "a step's processes that fork all the time end with it" {
    abused forks 1
}

@test "a step may wait for named pipes more often than somebody waits for it" {
    abused pipes 2
}

@test "a step's processes are stopped, interrupted and killed in the middle of calls" {
    abused signals 3
}

@test "a step without free descriptors gets the kernel's errors" {
    abused descriptors 1
}

@test "a step without free memory is served" {
    abused memory 1
}

@test "a step may have many roots, users and masks" {
    abused identities 1
}

@test "the end of a child interrupts no call, whatever its handler asks for" {
    abused children 1
    # With a single id, other supervisors do the same.
    for engine in ns chroot; do
        run setpriv --reuid "$somebody" --regid "$somebody" --clear-groups env -u COOPER_ROOT "HOME=/home/$somebody" \
            "$COOPER" build --isolation="$engine" --no-cache --progress=plain "$T/ctx"
        echo "$output"
        [ "$status" -eq 0 ]
        [[ "$output" == *"done children"* ]]
    done
}

@test "more programs may start at once than a supervisor has room for" {
    abused crowd 1
}

@test "calls that wait for others leave room for other calls" {
    abused callers 1
}

# The number of descriptors of the supervisor, when the step has made its calls.
@test "a supervisor has as many descriptors after 80,000 calls as after a few" {
    need_root
    cp "$W/abuse" "$T/ctx/"
    printf 'FROM scratch\nCOPY abuse /\nRUN ["/abuse", "calls", "0"]\n' >"$T/ctx/Dockerfile"
    chmod -R a+rX "$T/ctx"
    trapped "$COOPER" build --isolation=trap --no-cache --progress=plain "$T/ctx" >"$T/log" 2>&1 3>&- &
    for _ in $(seq 1200); do
        ! grep -q 'after the calls' "$T/log" || break
        sleep 0.1
    done
    n=$(ls "/proc/$(pgrep -xu "$somebody" supervisor | tail -1)/fd" | wc -l)
    wait $! || { cat "$T/log"; false; }
    echo "$n descriptors"
    [ "$n" -gt 5 ]
    [ "$n" -lt 128 ]
    grep -q 'done calls' "$T/log"
}

@test "a step under trap leaves no core file" {
    need_root
    busybox_image
    printf 'FROM busybox:1\nRUN ulimit -c unlimited; sh -c "kill -SEGV \\$\\$"; ls /core* 2>/dev/null; true\n' \
        >"$T/ctx/Dockerfile"
    chmod -R a+rX "$T/ctx"
    "$COOPER" save -o "$T/busybox.tar" busybox:1
    chmod a+r "$T/busybox.tar"
    trapped "$COOPER" load -i "$T/busybox.tar"
    run trapped "$COOPER" build --isolation=trap --no-cache --progress=plain "$T/ctx"
    echo "$output"
    [ "$status" -eq 0 ]
    run grep -E "^#[0-9]+ [0-9.]+ /core" <<<"$output"
    [ "$status" -eq 1 ]
}

# One of the builder's processes: the builder itself, its spawner, a guard, or a supervisor.
victim() {
    case $(($1 % 4)) in
    0) pgrep -xu "$somebody" cooper ;;
    1) pgrep -xu "$somebody" cooper-spawner ;;
    2) pgrep -xu "$somebody" guard ;;
    *) pgrep -xu "$somebody" supervisor ;;
    esac | shuf -n 1
}

@test "builder, spawner and supervisor may be killed at random moments" {
    need_root
    signals=(KILL TERM INT KILL)
    cp "$W/abuse" "$T/ctx/"
    printf 'FROM scratch\nCOPY abuse /\nRUN ["/abuse", "signals", "1"]\nRUN ["/abuse", "nothing", "0"]\n' \
        >"$T/ctx/Dockerfile"
    chmod -R a+rX "$T/ctx"
    store=/home/$somebody/.local/share/cooper
    trapped "$COOPER" build --isolation=trap -q -t app:1 "$T/ctx" >"$T/want"
    HIT=0
    for i in $(seq "$KILLS"); do
        trapped "$COOPER" build --isolation=trap --no-cache -q -t app:1 "$T/ctx" >"$T/log" 2>&1 3>&- &
        sleep "$(printf '0.%03d' $((RANDOM % 600)))"
        pid=$(victim "$i")
        [ -z "$pid" ] || ! kill "-${signals[$((RANDOM % 4))]}" "$pid" 2>/dev/null || HIT=$((HIT + 1))
        wait || true
        nobody_is_left
        [ $((i % 6)) -eq 0 ] || continue
        trapped "$COOPER" build --isolation=trap --no-cache -q -t app:1 "$T/ctx" >"$T/got"
        cmp "$T/want" "$T/got"
        [ -z "$(ls -A "$store/tmp")" ] || { ls -A "$store/tmp"; false; }
    done
    echo "$HIT of $KILLS were hit"
    [ "$HIT" -ge $((KILLS / 4)) ]
}
