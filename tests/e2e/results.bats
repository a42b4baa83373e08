#!/usr/bin/env bats
# Where results go: files, links, devices, FIFOs, descriptors and directories that the user
# names. Nothing is destroyed, nothing is half, and what cannot be written is told before
# the build.
load helpers

setup_results() {
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    mkdir "$T/d"
}

# Each kind of file that a build writes; X is put after the option.
OPTIONS=("-o type=tar,dest=" "-o type=oci,dest=" "-o type=docker,dest="
    "-t n --iidfile=" "-t n --metadata-file=" "-t n --digest-file=")

# to OPTION PATH [ARGS…]: a build that writes to PATH.
to() {
    local words=$1 path=$2
    shift 2
    # shellcheck disable=SC2086
    run timeout 60 "$COOPER" build -q $words"$path" "$@" .
    [ "$status" -eq 0 ] || printf '%s%s: %s\n' "$words" "$path" "$output"
}

# refuses STATUS TEXT ARGS…: ends so before the first step, which would fail with 4.
refuses() {
    local want=$1 text=$2
    shift 2
    run timeout 30 "$COOPER" build -q "$@" -f "$T/never" "$T/ctx"
    if [ "$status" -ne "$want" ] || [[ "$output" != *"$text"* ]]; then
        printf '%s: %s: %s\n' "$*" "$status" "$output"
        false
    fi
}

never() {
    printf 'FROM scratch\nCOPY missing /\n' >"$T/never"
}

# nobody COMMAND…: as a user who owns nothing.
nobody() {
    setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$T/home" "$@"
}

# What a build may leave beside its result: nothing.
is_clean() {
    [ "$(find "$T/d" -name '.cooper*' -o -name '*.tmp' | wc -l)" -eq 0 ]
}

# in_mounts SCRIPT: in a mount namespace with a /dev of its own.
in_mounts() {
    need_root
    export T COOPER
    run unshare -m --propagation private sh -euc '
        mkdir "$T/dev"; mount -t tmpfs none "$T/dev"
        mknod -m 666 "$T/dev/null" c 1 3; mknod -m 666 "$T/dev/full" c 1 7
        mknod -m 666 "$T/dev/urandom" c 1 9; mknod -m 666 "$T/dev/zero" c 1 5
        mkdir "$T/dev/shm"; ln -s /proc/self/fd "$T/dev/fd"
        ln -s /proc/self/fd/1 "$T/dev/stdout"; ln -s /proc/self/fd/2 "$T/dev/stderr"
        mount --move "$T/dev" /dev
        eval "$0"' "$1"
    echo "$output"
}

@test "a device is written to and stays a device" {
    need_root
    setup_results
    for option in "${OPTIONS[@]}"; do
        rm -f "$T/d/x"
        mknod -m 666 "$T/d/x" c 1 3
        to "$option" "$T/d/x"
        [ "$status" -eq 0 ]
        [ "$(stat -c %F,%t,%T "$T/d/x")" = "character special file,1,3" ]
        rm "$T/d/x"
        mknod -m 666 "$T/d/x" c 1 7
        to "$option" "$T/d/x"
        [ "$status" -eq 10 ]
        [[ "$output" == *"$T/d/x: No space left on device"* ]]
        [ "$(stat -c %F,%t,%T "$T/d/x")" = "character special file,1,7" ]
        is_clean
    done
}

@test "the devices of /dev are never replaced" {
    setup_results
    in_mounts '
        for o in "-o type=tar,dest=/dev/null" "-t n --iidfile /dev/null" \
                "-t n --iidfile /dev/null --metadata-file /dev/null" \
                "-o type=oci,dest=/dev/null -o type=tar,dest=/dev/null" "-o type=tar,dest=/dev/full"; do
            "$COOPER" build -q $o . || [ "$o" = "-o type=tar,dest=/dev/full" ]
        done
        "$COOPER" build -q -t n --iidfile /dev/stdout --digest-file /dev/stderr . >"$T/1" 2>"$T/2"
        for n in null full; do [ -c /dev/$n ]; done
        [ -L /dev/stdout ] && [ -L /dev/stderr ]
        [ "$(ls /dev | wc -l)" -eq 8 ]'
    [ "$status" -eq 0 ]
    grep -qx 'sha256:[0-9a-f]*' "$T/1"
    grep -qx 'sha256:[0-9a-f]*' "$T/2"
}

@test "links are followed, and stay links" {
    setup_results
    for option in "${OPTIONS[@]}"; do
        rm -rf "$T/d"
        mkdir -p "$T/d/e"
        echo old >"$T/d/e/real"
        ln -s e/real "$T/d/one"
        ln -s "$T/d/one" "$T/d/two"
        ln -s e/new "$T/d/new"
        to "$option" "$T/d/two"
        [ "$status" -eq 0 ]
        to "$option" "$T/d/new"
        [ "$status" -eq 0 ]
        [ -L "$T/d/two" ] && [ -L "$T/d/one" ] && [ -L "$T/d/new" ]
        [ -f "$T/d/e/real" ] && [ ! -L "$T/d/e/real" ]
        [ "$(cat "$T/d/e/real")" != old ]
        [ -s "$T/d/e/new" ]
        is_clean
    done
}

@test "a FIFO is written to, and needs a reader" {
    setup_results
    never
    for option in "${OPTIONS[@]}"; do
        rm -f "$T/d/x"
        mkfifo "$T/d/x"
        # shellcheck disable=SC2086
        refuses 2 "$T/d/x: nobody reads this FIFO" $option"$T/d/x"
        (sleep 0.5; exec cat "$T/d/x") >"$T/got" 3>&- &
        to "$option" "$T/d/x"
        [ "$status" -eq 0 ]
        wait $!
        [ -s "$T/got" ]
        [ -p "$T/d/x" ]
    done
}

@test "a signal ends a build whose output nobody reads" {
    setup_results
    head -c 4M /dev/zero >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    mkfifo "$T/d/x"
    sleep 60 <"$T/d/x" 3>&- &
    reader=$!
    "$COOPER" build -q -o "type=tar,dest=$T/d/x" . 2>"$T/err" 3>&- &
    builder=$!
    sleep 2
    kill "$builder"
    for _ in $(seq 100); do
        kill -0 "$builder" 2>/dev/null || break
        sleep 0.1
    done
    run kill -0 "$builder"
    kill "$reader"
    [ "$status" -ne 0 ]
    grep -q "cancelled" "$T/err"
}

@test "a reader that goes away is reported" {
    setup_results
    head -c 4M /dev/zero >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    run bash -c "set -o pipefail; '$COOPER' build -q -o - . | head -c 1 >/dev/null"
    [ "$status" -eq 1 ]
    [[ "$output" == *"--output dest=-: Broken pipe"* ]]
}

@test "descriptors of the caller are written to at their current position" {
    setup_results
    id=$("$COOPER" build -q -t n .)
    (echo before; "$COOPER" build -t n --iidfile /dev/stdout . 2>/dev/null; echo; echo after) >"$T/log"
    [ "$(cat "$T/log")" = "$(printf 'before\n%s\nafter' "$id")" ]
    echo before >"$T/log"
    "$COOPER" build -t n --iidfile /proc/self/fd/9 . 9>>"$T/log" 2>/dev/null
    [ "$(cat "$T/log")" = "$(printf 'before\n%s' "$id")" ]
    "$COOPER" build -t n --iidfile - . 2>/dev/null >"$T/log"
    [ "$(cat "$T/log")" = "$id" ]
    ln -s /dev/fd/9 "$T/d/link"
    "$COOPER" build -t n --iidfile "$T/d/link" . 9>"$T/log" 2>/dev/null
    [ "$(cat "$T/log")" = "$id" ]
    [ -L "$T/d/link" ]
    "$COOPER" build -t n --iidfile >(cat >"$T/substituted") . 2>/dev/null
    for _ in $(seq 50); do
        [ -s "$T/substituted" ] && break
        sleep 0.1
    done
    [ "$(cat "$T/substituted")" = "$id" ]
    # A socket, which cannot be opened by its name.
    run python3 - "$COOPER" <<'PY'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
subprocess.run([sys.argv[1], "build", "-t", "n", "--iidfile", f"/dev/fd/{theirs.fileno()}", "."],
               pass_fds=[theirs.fileno()], check=True, stderr=subprocess.DEVNULL)
print(ours.recv(200).decode())
PY
    [ "$output" = "$id" ]
    # An archive alone: no id of -q behind it.
    "$COOPER" build -q -o type=tar . >"$T/out.tar"
    [ $(($(stat -c %s "$T/out.tar") % 512)) -eq 0 ]
}

@test "a closed standard stream never becomes a file of the build" {
    setup_results
    run bash -c "exec '$COOPER' build --no-cache -o 'type=tar,dest=$T/d/x.tar' . <&- 2>&-"
    [ "$status" -eq 0 ]
    [ "$(tar tf "$T/d/x.tar" Dockerfile)" = Dockerfile ]
    run bash -c "exec '$COOPER' build --no-cache -q -o 'type=tar,dest=$T/d/y.tar' . >&-"
    cmp "$T/d/x.tar" "$T/d/y.tar"
    run bash -c "exec timeout -k 5 30 '$COOPER' build - <&-"
    [ "$status" -eq 1 ]
    [[ $output == *"context on standard input: read: Bad file descriptor"* ]]
    [ -z "$(grep -rlE '^#[0-9]+ exporting' "$COOPER_ROOT")" ]
}

@test "an output that cannot be written is reported before the first step" {
    setup_results
    never
    echo file >"$T/d/file"
    ln -s loop "$T/d/loop"
    ln -s nowhere/x "$T/d/dangling"
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/d/socket"
    long=$(printf 'x%.0s' $(seq 300))
    for option in "${OPTIONS[@]}"; do
        name=${option##* }
        name=${name#type=*,}
        name=${name%=}
        while read -r path text; do
            # shellcheck disable=SC2086
            refuses 2 "$name" $option"$path"
            [[ "$output" == *"$path: $text"* ]] || { echo "$output"; false; }
            [ "$(printf '%s\n' "$output" | wc -l)" -le 2 ]
        done <<EOF
$T/d is a directory
$T/d/ is a directory
. is a directory
$T/d/file/x a file is where a directory should be
$T/d/loop Too many levels of symbolic links
$T/d/socket is a socket
$T/d/$long File name too long
/dev/fd/77 is no descriptor that is open for writing
/dev/fd/0 is no descriptor that is open for writing
EOF
        if [[ "$option" == -o* ]]; then
            # shellcheck disable=SC2086
            refuses 2 "the path is empty" $option
            continue
        fi
        # shellcheck disable=SC2086
        refuses 2 "its directory does not exist" $option"$T/d/no/x"
        # shellcheck disable=SC2086
        refuses 2 "its directory does not exist" $option"$T/d/dangling"
    done
    for option in "type=local," "type=oci,tar=false,"; do
        refuses 2 "$T/d/file: is a file, a directory is needed" -o "${option}dest=$T/d/file"
        refuses 2 "needs dest=DIRECTORY" -o "${option}dest=-"
        refuses 2 "the path is empty" -o "${option}dest="
        refuses 2 "Too many levels" -o "${option}dest=$T/d/loop"
    done
    refuses 2 "is a file, a directory is needed" -t n --cache-to "type=local,dest=$T/d/file"
    [ "$(cat "$T/d/file")" = file ]
    [ "$(find "$T/d" | wc -l)" -eq 5 ]
    run "$COOPER" push --digest-file "$T/d/no/x" nothing
    [ "$status" -eq 2 ]
    [[ "$output" == *"--digest-file $T/d/no/x: its directory does not exist"* ]]
}

@test "missing permission and read-only file systems are errors of the machine" {
    need_root
    setup_results
    never
    mkdir "$T/d/closed" "$T/d/own"
    chown 65534:65534 "$T/d/own"
    chmod 555 "$T/d/own"
    echo x >"$T/d/mine"
    for option in "${OPTIONS[@]}" "-o type=local,dest="; do
        for path in closed/x own/x mine; do
            [[ "$option/$path" != *local*/mine ]] || continue
            # shellcheck disable=SC2086
            run nobody "$COOPER" build -q $option"$T/d/$path" .
            [ "$status" -eq 10 ] || { echo "$option $path: $status $output"; false; }
            [[ "$output" == *"$T/d/$path: Permission denied"* ]]
        done
    done
    mkdir "$T/d/ro"
    in_mounts '
        mount -t tmpfs -o ro none "$T/d/ro"
        for o in "-o type=tar,dest=" "-o type=local,dest=" "-t n --iidfile="; do
            code=0; "$COOPER" build -q $o"$T/d/ro/x" -f "$T/never" . || code=$?
            [ $code -eq 10 ]
        done'
    [ "$status" -eq 0 ]
    [ "$(grep -c "$T/d/ro/x: Read-only file system" <<<"$output")" -eq 3 ]
}

@test "a full disk leaves the old file, and nothing else" {
    setup_results
    mkdir "$T/d/small"
    head -c 4M /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    in_mounts '
        mount -t tmpfs -o size=1M none "$T/d/small"
        echo old >"$T/d/small/x.tar"
        for o in type=tar type=oci; do
            code=0; "$COOPER" build -q -o $o,dest="$T/d/small/x.tar" . || code=$?
            [ $code -eq 10 ]
            [ "$(cat "$T/d/small/x.tar")" = old ]
            [ "$(ls -A "$T/d/small")" = x.tar ]
        done'
    [ "$status" -eq 0 ]
    [ "$(grep -c "x.tar: No space left on device" <<<"$output")" -eq 2 ]
}

@test "a file that is a mount point is written in place" {
    setup_results
    echo "an old content that is longer than a digest, so that its end would be seen if it stayed there" >"$T/d/a"
    cp "$T/d/a" "$T/d/b"
    in_mounts '
        cp "$T/d/a" /dev/termination-log; mount --bind "$T/d/a" /dev/termination-log
        mount --bind "$T/d/b" "$T/d/b"
        "$COOPER" build -q -t n --iidfile /dev/termination-log --digest-file "$T/d/b" .
        cat /dev/termination-log >"$T/1"
        "$COOPER" build -q -t n -o type=tar,dest=/dev/termination-log .
        tar tf /dev/termination-log >"$T/2"'
    [ "$status" -eq 0 ]
    grep -qx 'sha256:[0-9a-f]*' "$T/1"
    [ "$(cat "$T/2")" = Dockerfile ]
    grep -qx 'sha256:[0-9a-f]*' "$T/d/b"
    is_clean
}

@test "a file in a directory of another user is written in place" {
    need_root
    setup_results
    echo old >"$T/d/x"
    chown 65534 "$T/d/x"
    mkdir "$T/home"
    chown 65534:65534 "$T/home"
    COOPER_ROOT=$T/home/store run nobody "$COOPER" build -q -t n --iidfile "$T/d/x" .
    echo "$output"
    [ "$status" -eq 0 ]
    grep -qx 'sha256:[0-9a-f]*' "$T/d/x"
}

@test "a replaced file keeps its mode and owner, and its other names the old content" {
    setup_results
    for option in "${OPTIONS[@]}"; do
        rm -f "$T/d/"*
        echo old >"$T/d/x"
        ln "$T/d/x" "$T/d/other"
        chmod 640 "$T/d/x"
        [ "$(id -u)" -ne 0 ] || chown 1234:4321 "$T/d/x"
        owner=$(stat -c %u:%g "$T/d/x")
        to "$option" "$T/d/x"
        [ "$status" -eq 0 ]
        [ "$(stat -c %a,%u:%g "$T/d/x")" = "640,$owner" ]
        [ "$(cat "$T/d/other")" = old ]
        rm -f "$T/d/x"
        (umask 027; to "$option" "$T/d/x")
        [ "$(stat -c %a "$T/d/x")" = 640 ]
        is_clean
    done
}

@test "a build that fails or is killed leaves no output" {
    need busybox
    setup_results
    busybox_image
    printf 'FROM busybox:1\nRUN sleep 30\n' >Dockerfile
    echo old >"$T/d/old"
    for signals in TERM "TERM TERM" KILL; do
        "$COOPER" build -q -t n -o "type=tar,dest=$T/d/new/dir/a.tar" -o "type=oci,dest=$T/d/old" \
            -o "type=local,dest=$T/d/tree" --iidfile "$T/d/id" . 2>/dev/null 3>&- &
        builder=$!
        sleep 2
        [ ! -e "$T/d/id" ]
        for signal in $signals; do
            kill "-$signal" "$builder" || true
            sleep 0.1
        done
        wait "$builder" || true
        [ "$(cat "$T/d/old")" = old ]
        [ -z "$(find "$T/d" -type f ! -name old)" ]
        [ "$signals" != TERM ] || [ "$(find "$T/d" -mindepth 1)" = "$T/d/old" ]
    done
    never
    rm -rf "$T/d/new" "$T/d/tree"
    run "$COOPER" build -q -o "type=tar,dest=$T/d/new/dir/a.tar" -o "type=local,dest=$T/d/tree/a" -f "$T/never" .
    [ "$status" -eq 4 ]
    [ "$(find "$T/d" -mindepth 1)" = "$T/d/old" ]
}

@test "a killed build leaves only complete files in a directory" {
    setup_results
    mkdir many
    for i in $(seq 300); do head -c 20000 /dev/zero | tr '\0' x >"many/$i"; done
    head -c 60M /dev/zero | tr '\0' y >many/big
    printf 'FROM scratch\nCOPY many /\n' >Dockerfile
    "$COOPER" build -q -o type=none .
    HIT=0
    for i in $(seq 8); do
        rm -rf "$T/d/tree"
        "$COOPER" build -q -o "type=local,dest=$T/d/tree" . >"$T/log" 2>&1 3>&- &
        builder=$!
        while [ -z "$(ls "$T/d/tree" 2>/dev/null)" ] && kill -0 "$builder" 2>/dev/null; do :; done
        sleep "0.0$i"
        kill -KILL "$builder" 2>/dev/null || true
        wait "$builder" || HIT=$((HIT + 1))
        for f in $(ls -A "$T/d/tree"); do cmp "many/$f" "$T/d/tree/$f"; done
    done
    echo "$HIT of 8 were running"
    "$COOPER" build -q -o "type=local,dest=$T/d/tree" .
    diff -r many "$T/d/tree"
}

@test "the next build removes what a killed one left beside its outputs" {
    setup_results
    stale() { printf half >"$1/.cooper-0123456789abcdef.tmp"; }
    for option in "${OPTIONS[@]}"; do
        stale "$T/d"
        to "$option" "$T/d/x"
        [ "$status" -eq 0 ]
        is_clean
        # Somebody is writing it.
        stale "$T/d"
        flock "$T/d/.cooper-0123456789abcdef.tmp" "$COOPER" build -q -o "type=tar,dest=$T/d/x" .
        [ "$(cat "$T/d/.cooper-0123456789abcdef.tmp")" = half ]
    done
    mkdir -p "$T/d/tree/sub" "$T/d/layout/blobs/sha256" sub
    cp Dockerfile sub/f
    printf 'FROM scratch\nCOPY . /\n' >Dockerfile
    for dir in "$T/d/tree" "$T/d/tree/sub" "$T/d/layout" "$T/d/layout/blobs/sha256"; do stale "$dir"; done
    "$COOPER" build -q -o "type=local,dest=$T/d/tree" -o "type=oci,tar=false,dest=$T/d/layout" .
    rm "$T/d/.cooper-0123456789abcdef.tmp"
    is_clean
}

@test "missing directories above an archive are created" {
    setup_results
    for type in tar oci docker; do
        to "-o type=$type,dest=" "$T/d/$type/a/b.tar"
        [ "$status" -eq 0 ]
        tar tf "$T/d/$type/a/b.tar" >/dev/null
    done
}

@test "two outputs to one file are refused" {
    setup_results
    never
    echo old >"$T/d/x"
    ln -s x "$T/d/link"
    refuses 2 "are the same file" -t n --iidfile "$T/d/x" --digest-file "$T/d/link"
    refuses 2 "are the same file" -t n --iidfile "$T/d/new" --metadata-file "$T/d/../d/new"
    refuses 2 "are the same file" -o "type=tar,dest=$T/d/x" --iidfile "$T/d/x"
    refuses 2 "are the same file" -o type=tar -o type=oci
    refuses 2 "are the same file" -o type=tar -t n --iidfile /dev/stdout
    [ "$(cat "$T/d/x")" = old ]
    # Short texts one after the other, and what keeps nothing.
    "$COOPER" build -t n --iidfile /dev/stdout --digest-file /dev/stdout . >"$T/both" 2>/dev/null
    [ "$(grep -o sha256: "$T/both" | wc -l)" -eq 2 ]
    "$COOPER" build -q -o type=tar,dest=/dev/null -o type=oci,dest=/dev/null --iidfile /dev/null .
}

@test "files that the build reads are not overwritten" {
    setup_results
    cp Dockerfile "$T/Dockerfile"
    echo s >"$T/secret"
    echo x >.dockerignore
    ln -s Dockerfile link
    for args in "--iidfile Dockerfile" "--iidfile link" "-o type=tar,dest=Dockerfile" \
        "--iidfile .dockerignore" "--iidfile $T/Dockerfile -f $T/Dockerfile" \
        "--secret id=s,src=$T/secret --iidfile $T/secret"; do
        # shellcheck disable=SC2086
        run "$COOPER" build -q -t n $args .
        [ "$status" -eq 2 ] || { echo "$args: $output"; false; }
        [[ "$output" == *" of this build"* ]]
    done
    cmp Dockerfile "$T/Dockerfile"
    "$COOPER" build -q -t n . >/dev/null
    for args in "--iidfile $COOPER_ROOT/index.json" "--iidfile $COOPER_ROOT/new" \
        "-o type=oci,tar=false,dest=$COOPER_ROOT" "-o type=local,dest=$COOPER_ROOT/tmp/x"; do
        before=$(sha256sum <"$COOPER_ROOT/index.json")
        # shellcheck disable=SC2086
        run "$COOPER" build -q -t n $args .
        [ "$status" -eq 2 ]
        [[ "$output" == *"is in the store"* ]]
        [ "$(sha256sum <"$COOPER_ROOT/index.json")" = "$before" ]
    done
}

@test "one output that fails does not stop the others, and all failures are reported" {
    need_root
    setup_results
    mknod -m 666 "$T/d/full" c 1 7
    id=$("$COOPER" build -q -t n .)
    run "$COOPER" build -q -o "type=tar,dest=$T/d/full" -o "type=oci,dest=$T/d/oci.tar" \
        -o "type=docker,dest=$T/d/full" -o "type=local,dest=$T/d/tree" --iidfile "$T/d/id" \
        --digest-file "$T/d/digest" .
    echo "$output"
    [ "$status" -eq 10 ]
    [ "$(grep -c "dest=$T/d/full: No space left" <<<"$output")" -eq 2 ]
    tar tf "$T/d/oci.tar" index.json
    [ -f "$T/d/tree/Dockerfile" ]
    [ "$(cat "$T/d/id")" = "$id" ]
    # One of the images is not there: there is no digest of them all.
    [ ! -e "$T/d/digest" ]
    run "$COOPER" build -q -t n --iidfile "$T/d/full" --metadata-file "$T/d/metadata" .
    [ "$status" -eq 10 ]
    [ "$(jq -r '.["containerimage.config.digest"]' "$T/d/metadata")" = "$id" ]
}

# ------------------------------------------------------------ in the context

# files_of ARGS…: what COPY . takes.
files_of() {
    printf 'FROM scratch\nCOPY . /\n' >"$T/Dockerfile.all"
    "$COOPER" build -f "$T/Dockerfile.all" --progress=plain -o "type=tar,dest=$T/all.tar" "$@" 2>"$T/log" ||
        { cat "$T/log"; return 1; }
    tar tf "$T/all.tar" | sort
}

@test "the store is not part of the context, and cooper says so once" {
    setup_results
    mkdir -p sub other
    touch sub/f
    export COOPER_ROOT=$T/ctx/sub/.cooper
    files_of .
    [ "$(files_of .)" = "$(printf '%s\n' Dockerfile other/ sub/ sub/f)" ]
    files_of .
    [ "$(grep -c "the store $COOPER_ROOT is left out of the context" "$T/log")" -eq 1 ]
    files_of --platform linux/amd64,linux/arm64 .
    [ "$(grep -c "is left out of the context" "$T/log")" -eq 1 ]
    # Ignored or not taken, it is not told.
    echo 'sub/.cooper' >.dockerignore
    files_of .
    run grep "left out" "$T/log"
    [ "$status" -eq 1 ]
    rm .dockerignore
    printf 'FROM scratch\nCOPY --from=more . /\n' >"$T/Dockerfile.more"
    run "$COOPER" build --progress=plain -f "$T/Dockerfile.more" --build-context more=sub -o "$T/out" .
    [ "$(ls -A "$T/out")" = f ]
    # By a link into it, and as itself.
    ln -s sub/.cooper link
    printf 'FROM scratch\nCOPY link/index.json /\n' >"$T/Dockerfile.link"
    run "$COOPER" build --progress=plain -f "$T/Dockerfile.link" .
    [ "$status" -eq 4 ]
    run "$COOPER" build --progress=plain -f Dockerfile "$COOPER_ROOT"
    [ "$status" -eq 2 ]
    [[ "$output" == *"is the store"* ]]
}

@test "a cache in the context is not part of it" {
    setup_results
    printf 'FROM scratch\nCOPY . /\n' >Dockerfile
    for _ in 1 2 3; do
        build --cache-from type=local,src=old --cache-to type=local,dest=new -o "type=tar,dest=$T/all.tar" .
        [ "$(tar tf "$T/all.tar")" = Dockerfile ]
        rm -rf old
        mv new old
    done
    [[ $output == *"the cache old is left out of the context"* ]]
    [[ $output == *"COPY . /"*CACHED* ]]
}

@test "a store that is mounted into the context is excluded" {
    setup_results
    mkdir mounted
    printf 'FROM scratch\nCOPY . /\n' >"$T/Dockerfile.all"
    in_mounts '
        mkdir -p "$COOPER_ROOT"; mount --bind "$COOPER_ROOT" mounted
        "$COOPER" build -f "$T/Dockerfile.all" -o "type=tar,dest=$T/all.tar" --progress=plain .'
    [ "$status" -eq 0 ]
    [ "$(tar tf "$T/all.tar")" = Dockerfile ]
    [[ "$output" == *"the store $COOPER_ROOT is left out of the context"* ]]
}

@test "outputs are not part of the context that they are made from" {
    setup_results
    echo old >id.txt
    echo old >out.tar
    mkdir tree
    touch tree/source
    printf 'FROM scratch\nCOPY . /\n' >"$T/Dockerfile.all"
    for _ in 1 2; do
        "$COOPER" build -f "$T/Dockerfile.all" --progress=plain -t n -o type=tar,dest=out.tar -o new \
            -o tree -o type=image --iidfile id.txt --metadata-file meta.json . >stdout.log 2>stderr.log
        [ "$(tar tf out.tar | sort)" = "$(printf '%s\n' Dockerfile tree/ tree/source)" ]
        cp stderr.log "$T/log"
        rm -r stdout.log stderr.log new tree/Dockerfile tree/tree
    done
    [ "$(grep -c ' - --iidfile id.txt, a result of this build, is left out of the context' "$T/log")" -eq 1 ]
    [ "$(grep -c ' - the file of standard error is left out of the context' "$T/log")" -eq 1 ]
}

# ------------------------------------------------------------ forms of output

@test "several platforms in one tar, and in directories" {
    setup_results
    printf 'FROM scratch\nARG TARGETARCH\nCOPY f-$TARGETARCH l-$TARGETARCH /d/\n' >Dockerfile
    for a in amd64 arm; do
        echo "$a" >"f-$a"
        ln "f-$a" "l-$a"
    done
    build --platform linux/arm/v7,linux/amd64 -o "type=tar,dest=$T/d/a.tar" .
    [ "$status" -eq 0 ]
    [ "$(tar tf "$T/d/a.tar" | tr '\n' ' ')" = "linux_amd64/ linux_amd64/d/ linux_amd64/d/f-amd64 linux_amd64/d/l-amd64 linux_arm_v7/ linux_arm_v7/d/ linux_arm_v7/d/f-arm linux_arm_v7/d/l-arm " ]
    mkdir "$T/d/x"
    tar xf "$T/d/a.tar" -C "$T/d/x"
    [ "$(cat "$T/d/x/linux_arm_v7/d/l-arm")" = arm ]
    build --platform linux/arm/v7,linux/amd64 -o "type=local,dest=$T/d/flat,platform-split=false" \
        -o "type=tar,dest=$T/d/flat.tar,platform-split=false" .
    [ "$status" -eq 0 ]
    [ "$(ls "$T/d/flat/d" | tr '\n' ' ')" = "f-amd64 f-arm l-amd64 l-arm " ]
    tar tf "$T/d/flat.tar" d/f-amd64 d/f-arm
    build --platform linux/amd64 -o "type=local,dest=$T/d/one,platform-split=true" .
    [ "$(ls "$T/d/one")" = linux_amd64 ]
    printf 'FROM scratch\nCOPY Dockerfile /same\n' >Dockerfile
    build --platform linux/arm/v7,linux/amd64 -o "type=local,dest=$T/d/clash,platform-split=false" .
    [ "$status" -eq 2 ]
    [[ "$output" == *"same is of several platforms"* ]]
}

@test "mode=delete replaces a directory, below the working directory" {
    setup_results
    mkdir -p ../work/out/dir/deep ../work/out/Dockerfile.d
    cd ../work
    touch out/stale out/dir/deep/x
    ln -s /etc out/link
    build -o type=local,dest=out,mode=delete "$T/ctx"
    [ "$status" -eq 0 ]
    [ "$(ls -A out)" = Dockerfile ]
    [ -e /etc/passwd ]
    touch out/kept
    build -o type=local,dest=out "$T/ctx"
    [ -e out/kept ]
    mkdir "$T/elsewhere"
    touch "$T/elsewhere/mine"
    never
    refuses 8 "--allow buildx.local.delete" -o "type=local,dest=$T/elsewhere,mode=delete"
    refuses 2 "would remove the context" -o "type=local,dest=$T,mode=delete" --allow buildx.local.delete
    HOME=$T/elsewhere refuses 2 "is refused for this directory" \
        -o "type=local,dest=$T/elsewhere,mode=delete" --allow buildx.local.delete
    refuses 2 "must be copy or delete" -o type=local,dest=out,mode=move
    refuses 2 "type=tar has no mode=delete" -o type=tar,dest=x,mode=delete
    [ -e "$T/elsewhere/mine" ]
    build -o "type=local,dest=$T/elsewhere,mode=delete" --allow buildx.local.delete "$T/ctx"
    [ "$status" -eq 0 ]
    [ "$(ls -A "$T/elsewhere")" = Dockerfile ]
    # Several platforms: folders of others go.
    mkdir -p out/linux_s390x
    build --platform linux/amd64,linux/arm64 -o type=local,dest=out,mode=delete "$T/ctx"
    [ "$(ls -A out | tr '\n' ' ')" = "linux_amd64 linux_arm64 " ]
}

@test "a directory keeps its devices, FIFOs and sockets" {
    setup_results
    printf 'FROM scratch\nCOPY Dockerfile /a/x\n' >Dockerfile
    mkdir "$T/d/a"
    mkfifo "$T/d/a/x" "$T/d/fifo"
    run "$COOPER" build -q -o "type=local,dest=$T/d" .
    [ "$status" -eq 2 ]
    [[ "$output" == *"dest=$T/d: a/x: it is a device, FIFO or socket, which is not replaced"* ]]
    [ -p "$T/d/a/x" ]
    rm -r "$T/d/a"
    mkfifo "$T/d/a"
    run "$COOPER" build -q -o "type=local,dest=$T/d" .
    [ "$status" -eq 2 ]
    [ -p "$T/d/a" ]
    # What the image itself has is made anew.
    rm "$T/d/a" Dockerfile
    mkfifo fifo
    printf 'FROM scratch\nCOPY fifo /\n' >"$T/Dockerfile"
    for _ in 1 2; do
        "$COOPER" build -q -f "$T/Dockerfile" -o "type=local,dest=$T/d" .
    done
    [ -p "$T/d/fifo" ]
}

@test "equal files are not rewritten, and get mode and time of the image" {
    mkdir "$T/d" f
    for name in equal mode time other linked attribute; do echo "$name" >"f/$name"; done
    head -c 3M /dev/zero >f/big
    cp f/big f/late
    : >f/empty
    printf 'FROM scratch\nCOPY f /\n' >Dockerfile
    again() { "$COOPER" build -q -o "type=local,dest=$T/d" .; }
    again
    touch -d @5 "$T/d/time"
    chmod 600 "$T/d/mode"
    chmod 4755 "$T/d/equal"
    echo OTHER >"$T/d/other"
    ln "$T/d/linked" "$T/elsewhere"
    printf x | dd of="$T/d/late" bs=1 seek=3000000 conv=notrunc status=none
    replaced="late linked other"
    if setfattr -n user.x -v y "$T/d/attribute"; then
        replaced="attribute $replaced"
    fi
    exec 5<"$T/d/other"
    (cd "$T/d" && stat -c '%n %i' -- *) >"$T/before"
    again
    (cd "$T/d" && stat -c '%n %i' -- *) >"$T/after"
    diff -r f "$T/d"
    for name in equal mode time other linked attribute big late empty; do diff <(stat -c '%a %Y' "f/$name") <(stat -c '%a %Y' "$T/d/$name"); done
    # Who reads what was replaced has it still; nothing but the directory's files changes.
    [ "$(cat <&5)" = OTHER ]
    [ "$(cat "$T/elsewhere")" = linked ]
    [ -z "$(getfattr -d "$T/d/attribute")" ]
    changed=$(diff "$T/before" "$T/after" | sed -n 's/^> \([a-z]*\) .*/\1/p' | tr '\n' ' ')
    echo "$changed"
    [ "$changed" = "$replaced " ]
}

@test "exceeding a file size limit is an error, not a crash" {
    setup_results
    head -c 4M /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    "$COOPER" build -q -t n . >/dev/null
    run bash -c "ulimit -f 1024; '$COOPER' build -q -o 'type=tar,dest=$T/d/x' ."
    [ "$status" -eq 10 ]
    [[ "$output" == *"dest=$T/d/x: File too large"* ]]
    [ -z "$(ls -A "$T/d")" ]
}

@test "source-date-epoch of an output" {
    setup_results
    build -o "type=oci,dest=$T/d/a.tar,source-date-epoch=7" .
    [ "$status" -eq 0 ]
    tar xOf "$T/d/a.tar" index.json | grep -q 1970-01-01T00:00:07Z
    build -o "type=tar,dest=$T/d/c.tar,source-date-epoch=7" -o "type=tar,dest=$T/d/d.tar" .
    [ "$(tar --utc --full-time -tvf "$T/d/c.tar" | grep -c '1970-01-01 00:00:07')" -eq 1 ]
    [ "$(tar --utc --full-time -tvf "$T/d/d.tar" | grep -c 1970-01-01)" -eq 0 ]
    build -o "type=local,dest=$T/d/tree,source-date-epoch=7" .
    [ "$(stat -c %Y "$T/d/tree/Dockerfile")" = 7 ]
    # Empty: none, whatever the environment says.
    SOURCE_DATE_EPOCH=7 build -o "type=oci,dest=$T/d/a.tar,source-date-epoch=" .
    run bash -c "tar xOf '$T/d/a.tar' index.json | grep 1970"
    [ "$status" -eq 1 ]
    build -o "type=oci,dest=$T/d/a.tar,source-date-epoch=7" -o type=image -t n .
    [ "$status" -eq 2 ]
    [[ "$output" == *"same source-date-epoch"* ]]
    build -o "type=oci,dest=$T/d/a.tar,source-date-epoch=x" .
    [ "$status" -eq 2 ]
}

@test "a layout keeps the images it has" {
    setup_results
    build -t a:1 -o "type=oci,tar=false,dest=$T/d/l" .
    jq '.manifests[0].annotations = {"org.opencontainers.image.ref.name": "theirs"}' "$T/d/l/index.json" >"$T/index"
    cp "$T/index" "$T/d/l/index.json"
    echo '# new' >>Dockerfile
    build -t a:1 -t b:2 -o "type=oci,tar=false,dest=$T/d/l" .
    build -t a:1 -o "type=oci,tar=false,dest=$T/d/l" .
    [ "$status" -eq 0 ]
    [ "$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' "$T/d/l/index.json" | sort | tr '\n' ' ')" = "1 2 theirs " ]
    for digest in $(jq -r '.manifests[].digest' "$T/d/l/index.json"); do
        [ "$(sha256sum <"$T/d/l/blobs/sha256/${digest#sha256:}" | cut -d' ' -f1)" = "${digest#sha256:}" ]
    done
}

@test "an index.json that is not that of a layout is not overwritten" {
    setup_results
    never
    mkdir "$T/d/l"
    for text in mine '{"manifests":' '{"name":"app"}' '[]' '{"manifests":{}}'; do
        echo "$text" >"$T/d/l/index.json"
        refuses 2 "index.json there is no index of images" -o "type=oci,tar=false,dest=$T/d/l"
        [ "$(cat "$T/d/l/index.json")" = "$text" ]
    done
}

@test "an output that would silently become something else is refused" {
    setup_results
    never
    mkdir "$T/cwd"
    cd "$T/cwd"
    refuses 2 "did you mean type=oci,dest=/x/y" -o oci:/x/y
    refuses 2 "did you mean type=oci,dest=/x/y" -o oci-archive:/x/y
    refuses 2 "did you mean type=docker,dest=a.tar" -o docker-archive:a.tar
    refuses 2 "did you mean type=image,name=a:1" -o docker-daemon:a:1
    refuses 2 "did you mean type=local,dest=out" -o dir:out
    refuses 2 "did you mean type=registry" -o registry
    refuses 2 "did you mean type=oci" -o oci
    refuses 2 "the type is missing" -o dest=x
    refuses 2 '"": must be key=value' -o ,
    refuses 2 '"a": must be key=value' -o a,b
    refuses 2 "type=tar has no compression" -o type=tar,dest=x,compression=gzip
    # An empty value adds nothing, where several may be given.
    refuses 4 missing -o "" --cache-from "" --cache-to "" --annotation "" --build-arg "" --platform "" --allow ""
    refuses 2 "type=image has no dest" -o type=image,dest=x
    refuses 2 "type=oci has no push" -o type=oci,push=true,dest=x
    refuses 2 "type=local has no annotation" -o type=local,dest=x,annotation.a=b
    refuses 2 "know no zstd" -o type=oci,dest=x,oci-mediatypes=false,compression=zstd
    refuses 2 "annotations of manifests only" -o type=oci,dest=x,oci-mediatypes=false,annotation-manifest-descriptor.a=b
    refuses 2 "the tag of h.example/a:1 would not be pushed" -o type=image,push=true,push-by-digest=true -t h.example/a:1
    refuses 2 "the tag of h.example/a:1 would not be pushed" -o type=registry,push-by-digest=true,name=h.example/a:1
    refuses 2 "the image has no name" --push
    [ -z "$(ls -A)" ]
    # What is there, or said in full, is meant.
    mkdir oci
    for o in oci ./tar type=local,dest=oci:x; do
        run "$COOPER" build -q -o "$o" "$T/ctx"
        [ "$status" -eq 0 ]
    done
    [ "$(ls -A | tr '\n' ' ')" = "oci oci:x tar " ]
}

# ------------------------------------------------------------ annotations

# notes OPTIONS…: all annotations of an OCI layout: KIND PLATFORM KEY=VALUE.
notes() {
    rm -rf "$T/d/layout"
    "$COOPER" build -q -t n:1 -o "type=oci,tar=false,dest=$T/d/layout$ATTRIBUTES" "$@" . >/dev/null || return 1
    python3 - "$T/d/layout" <<'PY'
import json, sys
root = sys.argv[1]
def blob(d): return json.load(open(f"{root}/blobs/{d['digest'].replace(':', '/')}"))
def show(kind, what, document):
    for key, value in sorted((document.get("annotations") or {}).items()):
        if not key.startswith(("org.opencontainers", "io.containerd")):
            print(f"{kind} {what} {key}={value}")
entry = json.load(open(f"{root}/index.json"))["manifests"][0]
top = blob(entry)
if "manifests" in top:
    show("index-descriptor", "-", entry)
    show("index", "-", top)
    for d in top["manifests"]:
        p = d["platform"]["architecture"]
        show("manifest-descriptor", p, d)
        show("manifest", p, blob(d))
else:
    show("manifest-descriptor", "-", entry)
    show("manifest", "-", top)
PY
}

@test "annotations of one platform" {
    setup_results
    arch=$(dpkg --print-architecture)
    ATTRIBUTES=
    [ "$(notes --annotation a=1 --annotation manifest:b=2 --annotation "manifest[linux/$arch]:b=3" \
        --annotation manifest,manifest-descriptor:c=x=y --annotation manifest:d:e=5 --annotation f=)" = \
        "$(printf '%s\n' 'manifest-descriptor - c=x=y' 'manifest - a=1' 'manifest - b=3' 'manifest - c=x=y' 'manifest - d:e=5' 'manifest - f=')" ]
    ATTRIBUTES=",annotation.a=1,annotation-manifest.b=2,annotation-manifest-descriptor[linux/$arch].c=3,annotation[linux/$arch].d=4,annotation.e=5"
    [ "$(notes --annotation e=6)" = \
        "$(printf '%s\n' 'manifest-descriptor - c=3' 'manifest - a=1' 'manifest - b=2' 'manifest - d=4' 'manifest - e=6')" ]
    ATTRIBUTES=,oci-mediatypes=false
    [ "$(notes --annotation a=1)" = "manifest - a=1" ]
}

@test "annotations of several platforms" {
    setup_results
    ATTRIBUTES=,annotation-index.own=1
    [ "$(notes --platform linux/amd64,linux/arm64 --annotation index,manifest:a=1 \
        --annotation 'manifest[linux/arm64]:a=2' --annotation index-descriptor:b=3 \
        --annotation 'manifest-descriptor[linux/arm64/v8]:c=4' --annotation manifest-descriptor:d=5)" = \
        "$(printf '%s\n' 'index-descriptor - b=3' 'index - a=1' 'index - own=1' \
        'manifest-descriptor amd64 d=5' 'manifest amd64 a=1' \
        'manifest-descriptor arm64 c=4' 'manifest-descriptor arm64 d=5' 'manifest arm64 a=2')" ]
    # Docker's lists have no place for them.
    ATTRIBUTES=,oci-mediatypes=false
    [ "$(notes --platform linux/amd64,linux/arm64 --annotation index:a=1)" = "index - a=1" ]
    build --platform linux/amd64,linux/arm64 --annotation index:a=1 -o "type=oci,dest=$T/d/x.tar,oci-mediatypes=false" .
    [[ "$output" == *"oci-mediatypes=false is ignored"* ]]
}

@test "annotations reach the store and docker archives" {
    setup_results
    build -t n:1 --annotation a=1 -o type=image -o "type=docker,dest=$T/d/a.tar" .
    [ "$status" -eq 0 ]
    digest=$(jq -r '.manifests[] | select(.annotations["io.containerd.image.name"] == "docker.io/library/n:1").digest' "$COOPER_ROOT/index.json")
    [ "$(jq -r .annotations.a "$COOPER_ROOT/blobs/sha256/${digest#sha256:}")" = 1 ]
    digest=$(tar xOf "$T/d/a.tar" index.json | jq -r '.manifests[0].digest')
    [ "$(tar xOf "$T/d/a.tar" "blobs/sha256/${digest#sha256:}" | jq -r .annotations.a)" = 1 ]
    # Files have none.
    build --annotation a=1 -o "type=local,dest=$T/d/tree" .
    [ "$status" -eq 0 ]
    [[ "$output" == *"--annotation: no output is an image"* ]]
}

@test "annotations that apply to nothing are refused before the build" {
    setup_results
    never
    while IFS='|' read -r note text; do
        refuses 2 "$text" -t n --annotation "$note"
    done <<'EOF'
index:a=1|an image of one platform has no index
index-descriptor:a=1|an image of one platform has no index
manifest,index:a=1|an image of one platform has no index
manifest[linux/s390x]:a=1|linux/s390x is not built
manifest-descriptor[linux/s390x]:a=1|linux/s390x is not built
manifst:a=1|unknown annotation type "manifst"
Manifest:a=1|unknown annotation type "Manifest"
manifest,:a=1|unknown annotation type ""
:a=1|unknown annotation type ""
[linux/amd64]:a=1|unknown annotation type ""
manifest[linux/amd64:a=1|must be TYPE[OS/ARCH]
manifest[]:a=1|must be TYPE[OS/ARCH]
manifest:=1|must be key=value
manifest:a b=1|a key has no blanks
=1|must be key=value
manifest:a|must be key=value
EOF
    refuses 2 "linux/s390x is not built" --platform linux/amd64,linux/arm64 -t n --annotation 'manifest[linux/s390x]:a=1'
    refuses 2 'unknown annotation type "indx"' -o type=image,annotation-indx.a=1
    refuses 2 "must be annotation[-TYPE].KEY" -o type=image,annotation-index=1
    refuses 2 "an image of one platform has no index" -o type=image,annotation-index.a=1
    refuses 2 'unknown output attribute "annotations.a"' -o type=image,annotations.a=1
}

# ------------------------------------------------------------ pushes

# faulty [SETTINGS]: a registry that does what it is told.
faulty() {
    local port
    port=$(free_port)
    REGISTRY=127.0.0.1:$port
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" "$@" >"$T/registry.log" 2>&1 </dev/null 3>&- &
    FAULTY=$!
    for _ in $(seq 100); do
        curl -fsS -o /dev/null "http://$REGISTRY/control" 2>/dev/null && break
        sleep 0.1
    done
}

teardown() {
    [ -z "${FAULTY:-}" ] || kill "$FAULTY" || true
    cd / || return 1
    rm -rf "$T"
}

# asked METHOD PART: how often the registry was.
asked() {
    curl -fsS "http://$REGISTRY/control" | jq -r '.requests[]' | grep -c "^$1 .*$2" || true
}

@test "a push that is not allowed is reported before the first step" {
    setup_results
    never
    faulty '{"rules": [{"method": "POST", "path": "/a/", "times": 9, "status": 403}, {"method": "POST", "path": "/b/", "times": 9, "status": 401}]}'
    for args in "-t $REGISTRY/a:1 --push" "-t $REGISTRY/b:1 --push" "-t $REGISTRY/c:1 -t $REGISTRY/a:1 --push" \
        "-o type=image,push=true,name=$REGISTRY/a:1" "-o type=registry,name=$REGISTRY/b" \
        "-t n --cache-to $REGISTRY/a:cache"; do
        # shellcheck disable=SC2086
        refuses 7 "$REGISTRY/" $args
    done
    [ "$(asked PUT .)" -eq 0 ]
    # Nothing is asked for what is not pushed.
    before=$(asked POST .)
    refuses 4 missing -t "$REGISTRY/a:1"
    refuses 4 missing -t n --cache-to "type=registry,ref=$REGISTRY/a:cache,ignore-error=true"
    [ "$(asked POST .)" -eq "$before" ]
}

@test "checking whether a push is allowed costs two requests per repository" {
    setup_results
    faulty
    build -t "$REGISTRY/a:1" -t "$REGISTRY/a:2" -t "$REGISTRY/b:1" --push .
    [ "$status" -eq 0 ]
    # Two layers and configs in each of two places, and one try in each.
    [ "$(asked POST /a/blobs/uploads/)" -eq 3 ]
    [ "$(asked POST /b/blobs/uploads/)" -eq 3 ]
    [ "$(asked DELETE /uploads/)" -eq 2 ]
    curl -fsS -X POST "http://$REGISTRY/count" >/dev/null
    never
    refuses 4 missing -t "$REGISTRY/a:1" --push
    [ "$(asked POST .)" -eq 1 ]
    [ "$(asked DELETE .)" -eq 1 ]
}

@test "an unreachable registry is reported before the first step" {
    setup_results
    never
    REGISTRY=127.0.0.1:$(free_port)
    refuses 6 "$REGISTRY" -t "$REGISTRY/a:1" --push
    refuses 6 "not contacted because of --offline" --offline -t "$REGISTRY/a:1" --push
}

@test "one push that fails does not stop the other" {
    setup_results
    faulty '{"rules": [{"method": "PUT", "path": "/a/manifests", "times": 99, "status": 403}]}'
    run "$COOPER" build -q -o "type=registry,name=$REGISTRY/a:1" -o "type=registry,name=$REGISTRY/b:1" \
        --iidfile "$T/id" --digest-file "$T/digest" .
    echo "$output"
    [ "$status" -eq 7 ]
    curl -fsS -o /dev/null "http://$REGISTRY/v2/b/manifests/1"
    [ -s "$T/id" ]
    [ ! -e "$T/digest" ]
    # Several names of one output, too.
    run "$COOPER" build -q -t "$REGISTRY/a:1" -t "$REGISTRY/c:1" --push .
    [ "$status" -eq 7 ]
    curl -fsS -o /dev/null "http://$REGISTRY/v2/c/manifests/1"
}
