#!/usr/bin/env bats
# Where a normal user's subordinate ids come from, and what is said when they do not.
load helpers

setup_file() {
    [ "$(id -u)" -eq 0 ] || return 0
    ranged=cooper-range-$$ bare=cooper-bare-$$
    useradd --create-home "$ranged" && useradd --create-home "$bare"
    usermod --add-subuids 720000-785535 --add-subgids 720000-785535 "$ranged"
    sed -i "/^$bare:/d" /etc/subuid /etc/subgid
    export ranged bare
}

teardown_file() {
    [ -z "${ranged:-}" ] || userdel --remove "$ranged" >/dev/null 2>&1
    [ -z "${bare:-}" ] || userdel --remove "$bare" >/dev/null 2>&1
    true
}

# as USER SETPRIV-OPTIONS -- COMMAND…: FAKE, if set, comes first in PATH.
as() {
    local who=$1 options=()
    shift
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    setpriv --reuid "$who" --regid "$who" --init-groups "${options[@]}" env -u COOPER_ROOT \
        HOME="/home/$who" USER="$who" PATH="${FAKE:+$FAKE:}$PATH" "$@"
}

copy_context() {
    cp "$(command -v busybox)" busybox
    printf 'FROM scratch\nCOPY busybox /\nRUN ["/busybox", "true"]\n' >Dockerfile
    chmod -R a+rX "$T"
}

# Builds as USER with SETPRIV-OPTIONS: one warning, with TEXT; silence where it is asked for.
# said USER TEXT SETPRIV-OPTIONS…
said() {
    local who=$1 text=$2
    shift 2
    as "$who" "$@" -- "$COOPER" build --progress=plain --no-cache . >"$T/out" 2>&1
    cat "$T/out"
    [ "$(grep -c "$text" "$T/out")" -eq 1 ]
    [ "$(grep -ci 'newuidmap\|newgidmap\|usage' "$T/out")" -le 1 ]
    as "$who" "$@" -- "$COOPER" build -q . >"$T/out" 2>"$T/err"
    cat "$T/err"
    [ ! -s "$T/err" ]
    as "$who" "$@" -- "$COOPER" du >"$T/out" 2>"$T/err"
    [ ! -s "$T/err" ]
    as "$who" "$@" -- "$COOPER" doctor >"$T/out" 2>&1
    grep -A1 '^no  subordinate ids' "$T/out"
    grep -q "^no  subordinate ids.*$text" "$T/out"
    grep -A1 '^no  subordinate ids' "$T/out" | grep -q 'helps: '
}

@test "a failing newuidmap is one warning, with its output" {
    need_root
    copy_context
    FAKE=$T/bin
    mkdir "$FAKE"
    printf '#!/bin/sh\necho "usage: something" >&2\necho "newuidmap: write to uid_map failed: \033[31mNo" >&2\nexit 1\n' >"$FAKE/newuidmap"
    cp "$FAKE/newuidmap" "$FAKE/newgidmap"
    chmod -R a+rx "$FAKE"
    said "$ranged" 'write to uid_map failed: ?\[31mNo'
}

@test "where set-id programs lack capabilities, as in a pod, file capabilities help" {
    need_root
    need setcap
    copy_context
    said "$ranged" 'newuidmap' --bounding-set -sys_admin
    grep -A1 '^no  subordinate ids' "$T/out" | grep -q 'setcap cap_setuid'
    FAKE=$T/bin
    mkdir "$FAKE"
    cp "$(command -v newuidmap)" "$(command -v newgidmap)" "$FAKE/"
    chmod 755 "$FAKE"/*
    setcap cap_setuid=ep "$FAKE/newuidmap" && setcap cap_setgid=ep "$FAKE/newgidmap" || skip "needs file capabilities"
    run as "$ranged" --bounding-set -sys_admin -- "$COOPER" doctor
    echo "$output"
    [[ $output == *'ok  subordinate ids'* ]]
    [[ $output == *'a range of subordinate ids'* ]]
}

@test "no_new_privs is named where it is at fault" {
    need_root
    copy_context
    said "$ranged" 'no_new_privs is set' --no-new-privs
}

@test "missing subordinate ids and missing programs are reported" {
    need_root
    copy_context
    said "$bare" 'has no line in /etc/subuid'
    mkdir "$T/few"
    for program in "$COOPER" env; do ln -s "$(command -v "$program")" "$T/few/"; done
    run setpriv --reuid "$ranged" --regid "$ranged" --init-groups env -u COOPER_ROOT HOME="/home/$ranged" \
        PATH="$T/few" "$COOPER" doctor
    echo "$output"
    [[ $output == *'no  subordinate ids'*'newuidmap: not installed'*'apt-get install uidmap'* ]]
}

@test "subordinate ids from NSS are used" {
    need_root
    need getsubids
    copy_context
    local libraries
    libraries=$(dirname "$(find /usr/lib /lib -name 'libsubid.so.*' | head -n 1)")
    cc -shared -fPIC -o "$T/libsubid_cooper.so" "$ROOT/tests/lib/subid_nss.c"
    mkdir "$T/up" "$T/wk"
    export T libraries COOPER bare ranged
    export -f as
    in_nss() {
        mount -t tmpfs tmpfs "$T/up" && mkdir "$T/up/u" "$T/up/w" &&
            mount -t overlay o -o "lowerdir=$libraries,upperdir=$T/up/u,workdir=$T/up/w" "$libraries" &&
            cp "$T/libsubid_cooper.so" "$libraries/" &&
            { cat /etc/nsswitch.conf && echo 'subid: cooper'; } >"$T/nsswitch.conf" &&
            mount --bind "$T/nsswitch.conf" /etc/nsswitch.conf || return 99
        as "$bare" -- "$@"
    }
    export -f in_nss
    run unshare -m bash -c "in_nss $COOPER doctor"
    echo "$output"
    [ "$status" -ne 99 ] || skip "needs overlays on $libraries"
    [[ $output == *'ok  subordinate ids'* ]]
    # Without the program that asks, its package is named; the files do not count.
    mkdir "$T/few"
    for program in env newuidmap newgidmap; do ln -s "$(command -v "$program")" "$T/few/"; done
    run unshare -m bash -c "PATH_=$T/few; in_nss env PATH=$T/few $COOPER doctor"
    echo "$output"
    [[ $output == *'getsubids'*'not installed'* ]]
}
