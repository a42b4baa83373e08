#!/usr/bin/env bats
# Files that a build is given: what is no regular file is not waited for, what lies
# outside of a stranger's directory is not shown.
load helpers

# refused STATUS TEXT…: the last command ended like that, in time, with one message.
refused() {
    local want=$1 text
    shift
    echo "$output"
    [ "$status" -eq "$want" ] || return 1
    for text in "$@"; do
        [[ "$output" == *"$text"* ]] || { echo "missing: $text"; return 1; }
    done
    [ "$(grep -c '^ERROR:' <<<"$output")" -eq 1 ]
}

soon() {
    run timeout 20 "$COOPER" build --progress=quiet "$@"
}

# odd NAME KIND: makes NAME something that is no file to read.
odd() {
    rm -rf "$1"
    case $2 in
    fifo) mkfifo "$1" ;;
    directory) mkdir "$1" ;;
    socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1" ;;
    *) ln -s "$2" "$1" ;;
    esac
}

ODD="fifo directory socket /dev/zero /dev/full /dev/tty ../secret"

@test "a Dockerfile that is not a regular file, or a link out of its context" {
    echo "TOPSECRET a" >"$T/secret"
    for kind in $ODD; do
        odd Dockerfile "$kind"
        for given in "" "-f Dockerfile" "-f $PWD/Dockerfile" "-f ./Dockerfile"; do
            echo "$kind $given"
            # shellcheck disable=SC2086
            soon $given .
            refused 4 "failed to read dockerfile" Dockerfile
            [[ "$output" != *TOPSECRET* ]]
        done
    done
}

@test "an ignore file that is not a regular file, or a link out of its context" {
    printf 'FROM scratch\nCOPY a /\n' >Dockerfile
    echo a >a
    echo "[TOPSECRET" >"$T/secret"
    mkdir "$T/named"
    for file in .dockerignore Dockerfile.dockerignore "$T/named/.dockerignore"; do
        for kind in $ODD; do
            echo "$file $kind"
            odd "$file" "$kind"
            soon --build-context "n=$T/named" .
            refused 4 .dockerignore
            soon --build-context "n=$T/named" -f Dockerfile .
            refused 4 .dockerignore
            [[ "$output" != *TOPSECRET* ]]
        done
        rm -rf "$file"
    done
}

@test "an endless stream is not read forever" {
    echo hello >file
    tar cf "$T/a.tar" file
    gzip -k "$T/a.tar"
    xz -k "$T/a.tar"
    for first in /dev/null "$T/a.tar" "$T/a.tar.gz" "$T/a.tar.xz"; do
        run timeout 60 bash -c "cat '$first' /dev/zero | '$COOPER' build -q -"
        refused 9 "more than 16 MiB of padding follow the end of the archive"
    done
    run timeout 60 bash -c "yes | '$COOPER' build -q -"
    refused 3 "more than 16777216 bytes"
    run timeout 60 bash -c "yes | '$COOPER' build -q -f - ."
    refused 3 "more than 16777216 bytes"
    # What tar pads with is passed over.
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    tar -b 8192 -cf - Dockerfile file | "$COOPER" build -q -o "type=local,dest=$T/out" -
    cmp file "$T/out/file"
}

@test "links inside a context are followed, whatever names them" {
    mkdir docker "$T/other"
    printf 'FROM scratch\nCOPY a /\n' >docker/real
    echo a >a
    ln -s docker/real Dockerfile
    ln -s /docker/real absolute
    ln -s ../Dockerfile docker/up
    ln -s ../ctx/docker/real "$T/other/from-outside"
    for given in "" "-f Dockerfile" "-f docker/up" "-f $T/other/from-outside" "-f ./docker/../Dockerfile"; do
        # shellcheck disable=SC2086
        soon $given .
        echo "$given $output"
        [ "$status" -eq 0 ]
    done
}

@test "a Dockerfile from an open descriptor: standard input, a command's output" {
    printf 'FROM scratch\nCOPY a /\n' >"$T/text"
    echo a >a
    soon -f - . <"$T/text"
    [ "$status" -eq 0 ]
    soon -f /dev/stdin . <"$T/text"
    [ "$status" -eq 0 ]
    soon -f <(cat "$T/text") .
    [ "$status" -eq 0 ]
    run bash -c "sleep 0.3 | cat - '$T/text' | timeout 20 '$COOPER' build -q -f /dev/stdin ."
    [ "$status" -eq 0 ]
}

@test "an endless Dockerfile is refused" {
    soon -f /dev/zero .
    refused 4 "/dev/zero is not a regular file"
    for way in -f\ - -f\ /dev/stdin; do
        # shellcheck disable=SC2086
        run bash -c "yes | timeout 20 '$COOPER' build $way ."
        refused 3 "more than 16777216 bytes"
    done
    run bash -c "yes | timeout 20 '$COOPER' build -"
    refused 3 "more than 16777216 bytes"
    truncate -s 1T Dockerfile
    soon .
    refused 3 "more than 16777216 bytes"
}

@test "a context on standard input that is a directory" {
    run bash -c "'$COOPER' build - </"
    [ "$status" -eq 4 ]
    [[ $output == *"context on standard input: is a directory"* ]]
}

@test "a build that waits for its Dockerfile can be stopped" {
    for way in - /dev/stdin; do
        # On a busy machine it takes its time to begin to wait.
        run bash -c "timeout -s TERM 5 '$COOPER' build -f $way . < <(sleep 20 2>/dev/null 3>&-)"
        [ "$status" -eq 124 ]
        [[ "$output" == *"ERROR: cancelled"* ]]
    done
}

@test "a secret whose file cannot be read" {
    printf 'FROM scratch\nCOPY a /\n' >Dockerfile
    echo a >a
    for kind in fifo directory socket /dev/zero /dev/full; do
        echo "$kind"
        odd "$T/s" "$kind"
        soon --secret "id=x,src=$T/s" .
        refused 4 "--secret x" "$T/s"
    done
    truncate -s 1T "$T/large"
    soon --secret "id=x,src=$T/large" .
    refused 2 "--secret x" "500 KiB"
    soon --secret "id=x,src=$T/none" .
    refused 4 "--secret x" "no such file"
    soon --secret id=x,src=/dev/null --secret id=y,src=<(echo value) .
    [ "$status" -eq 0 ]
}
