#!/usr/bin/env bats
# What a machine or a user's name for a file is to blame for has its own exit status
# (docs/exit-codes.md), not that of a fault of cooper's.
load helpers

ends() {
    local want=$1 text
    shift
    echo "$output"
    [ "$status" -eq "$want" ] || return 1
    for text in "$@"; do
        [[ "$output" == *"$text"* ]] || { echo "missing: $text"; return 1; }
    done
    [ "$(grep -c '^ERROR:' <<<"$output")" -eq 1 ]
}

simple() {
    echo a >a
    printf 'FROM scratch\nCOPY a /\n' >Dockerfile
}

# read_only ARGS…: cooper, with the store on a file system that is read-only.
read_only() {
    run unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"' sh \
        "$COOPER_ROOT" "$COOPER" "$@"
}

@test "a read-only store: commands that would change it end with 10, others work" {
    need_root
    simple
    build -t x:1 .
    [ "$status" -eq 0 ]
    for words in "build --no-cache ." "prune -a" "tag x:1 y:1" "rmi x:1"; do
        # shellcheck disable=SC2086
        read_only $words
        ends 10 "Read-only file system" "hint:"
    done
    for words in images "inspect x:1" "prune -a --dry-run" du; do
        # shellcheck disable=SC2086
        read_only $words
        [ "$status" -eq 0 ]
    done
}

@test "a store in a place that is not writable, or not a directory" {
    simple
    if [ "$(id -u)" -eq 0 ]; then
        run setpriv --reuid 65533 --regid 65533 --clear-groups "$COOPER" build --root /root/x .
        ends 10 "Permission denied" "--root"
    fi
    touch "$T/file"
    ln -s loop "$T/loop"
    for place in "$T/file" "$T/file/below" "$T/loop" "/dev/null" "$T/$(printf 'a%.0s' $(seq 300))"; do
        run "$COOPER" build --root "$place" .
        ends 2 "--root"
        COOPER_ROOT=$place run "$COOPER" images
        ends 2 "COOPER_ROOT"
    done
}

@test "a lack of descriptors is not reported as a lack of sandboxes" {
    busybox_image
    printf 'FROM busybox:1\nRUN true\n' >Dockerfile
    for n in 12 16 20 24 40 64 79; do
        run bash -c "ulimit -n $n; exec '$COOPER' build --no-cache ."
        ends 10 "ulimit -n 1024"
        [[ "$output" != *"allows none"* ]]
    done
    run bash -c "ulimit -n 100; exec '$COOPER' build --no-cache ."
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "an impossible working directory is not the machine's fault" {
    busybox_image
    for dir in /proc/x /proc/self/fd/30 /sys/x /dev/null/x /proc/1/cwd; do
        printf 'FROM busybox:1\nWORKDIR %s\nRUN true\n' "$dir" >Dockerfile
        run "$COOPER" build -q --isolation=ns .
        ends 5 "make the working directory: $dir"
    done
}
