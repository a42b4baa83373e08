#!/usr/bin/env bats
# Signals stop a build, unless whoever started it had them ignored (nohup, "&" of a
# script); steps and helper programs are started with all of them as usual.
load helpers

# slow_build HOW…: starts a build whose step waits a second.
slow_build() {
    [ -d "$T/busybox" ] || busybox_image
    printf 'FROM busybox:1\nRUN sleep 1 && echo done > /done\n' >Dockerfile
    "$@" "$COOPER" build --no-cache --progress=plain . >"$T/out" 2>&1 3>&- &
    PID=$!
    for _ in $(seq 100); do
        ! grep -q "RUN sleep" "$T/out" || break
        sleep 0.1
    done
    sleep 0.2
}

@test "signals that are ignored stay ignored" {
    for signal in HUP INT TERM; do
        slow_build env --default-signal --ignore-signal="$signal"
        kill -"$signal" "$PID"
        kill -"$signal" "$PID"
        cat "$T/out"
        wait "$PID"
        ! grep -q "cancelled" "$T/out"
    done
}

@test "a build under nohup goes on when its terminal closes" {
    slow_build nohup
    kill -HUP "$PID"
    wait "$PID"
}

@test "signals that are not ignored stop a build, even if another one is ignored" {
    for signal in HUP INT TERM; do
        slow_build env --default-signal
        kill -"$signal" "$PID"
        status=0
        wait "$PID" || status=$?
        cat "$T/out"
        [ "$status" -eq 130 ]
        grep -q "ERROR: cancelled" "$T/out"
    done
    slow_build env --default-signal --ignore-signal=HUP
    kill -HUP "$PID"
    kill -TERM "$PID"
    status=0
    wait "$PID" || status=$?
    [ "$status" -eq 130 ]
}

@test "no signal is ignored in a step" {
    busybox_image
    printf 'FROM busybox:1\nRUN grep SigIgn /proc/self/status | tee /dev/stderr | grep -q 0000000000000000\n' >Dockerfile
    run env --ignore-signal=HUP,INT,TERM,QUIT "$COOPER" build --progress=plain .
    echo "$output"
    [ "$status" -eq 0 ]
}
