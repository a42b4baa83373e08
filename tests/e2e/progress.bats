#!/usr/bin/env bats
# What a build shows while it runs: in plain text, to services that read logs, in files,
# and on a terminal (a real one: tmux).
load helpers

# ------------------------------------------------------------ terminal

# screen COLUMNS ROWS WORDS…: starts cooper on a terminal; its status goes to file done.
screen() {
    local columns=$1 rows=$2 words
    shift 2
    need tmux
    words=$(printf ' %q' "$@")
    rm -f "$T/done"
    tmux -S "$T/tmux" -f /dev/null new-session -d -x "$columns" -y "$rows" \
        "export LC_ALL=C.UTF-8 COOPER_ROOT=$COOPER_ROOT; cd $PWD; $COOPER$words; echo \$? >$T/done; sleep 60"
}

# What the screen shows now.
shown() {
    tmux -S "$T/tmux" capture-pane -p
}

# until_shown PATTERN: what the screen shows as soon as a line matches.
until_shown() {
    local tries=0
    until shown | grep -qE -- "$1"; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { shown; echo "never shown: $1"; return 1; }
        sleep 0.1
    done
    shown
}

ended() {
    local tries=0
    until [ -s "$T/done" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { shown; return 1; }
        sleep 0.1
    done
    cat "$T/done"
}

leave() {
    tmux -S "$T/tmux" kill-server 2>/dev/null || true
}

# stages N: a Dockerfile of N RUN steps that run side by side.
stages() {
    for i in $(seq "$1"); do
        printf 'FROM busybox:1 AS s%d\nRUN sleep %s; echo %d >/out\n' "$i" "${2:-0}" "$i"
    done
    printf 'FROM scratch\n'
    for i in $(seq "$1"); do printf 'COPY --from=s%d /out /%d\n' "$i" "$i"; done
}

@test "two steps on a screen of 80 columns: their number, reasons, results" {
    busybox_image
    echo a >file
    printf 'FROM busybox:1\nCOPY file /\nRUN sleep 1; echo done\n' >Dockerfile
    "$COOPER" build -q . >/dev/null
    echo b >file
    screen 80 24 build .
    until_shown '^ => \[3/3\] RUN sleep 1' >now
    cat now
    grep -E '^\[\+\] Building [0-9.]+s \([3-5]/6\)$' now
    grep -x ' => => MISS: file changed' now
    grep -E '^ => => MISS: "COPY file /" changed' now
    [ "$(ended)" = 0 ]
    until_shown FINISHED >now
    cat now
    grep -E '^\[\+\] Building [0-9.]+s \(7/7\) FINISHED$' now
    grep -E '^ => \[3/3\] RUN sleep 1; echo done +1\.[0-9]s$' now
    leave
    screen 80 24 build .
    [ "$(ended)" = 0 ]
    until_shown FINISHED >now
    grep -E '^\[\+\] Building [0-9.]+s \(7/7\) FINISHED, 2 cached$' now
    grep -E '^ => CACHED \[2/3\] COPY file / +0\.0s$' now
    leave
}

@test "twenty and forty-four steps on three screens: what there is no room for is counted" {
    busybox_image
    stages 10 3 >Dockerfile
    screen 120 40 build --jobs 20 .
    until_shown 's10 2/2\] RUN' >now
    cat now
    grep -E '^\[\+\] Building [0-9.]+s \([0-9]+/2[0-9]\)' now
    ! grep 'more running' now
    leave
    stages 22 4 >Dockerfile
    for size in "80 24" "40 10"; do
        rm -rf "$COOPER_ROOT/steps"
        # shellcheck disable=SC2086
        screen $size build --jobs 44 .
        until_shown "$([ "$size" = "40 10" ] && echo 'more running' || echo 's22 2/2')" >now
        cat now
        [ "$(wc -l <now)" -le "${size#* }" ]
        [ "$(wc -L <now)" -le "${size% *}" ]
        grep -E '^\[\+\] Building [0-9.]+s \([0-9]+/4[0-9]\)' now
        leave
    done
    grep -E '^ => \.\.\. 1[0-9] more running' now
    grep -E '^ => \[s[0-9]+ 2/2\] RUN .*s$' now
}

@test "a pull of 68 MB: bar, bytes, rate, time left; the time is not that of the first RUN" {
    PORT=$(free_port)
    REGISTRY=127.0.0.1:$PORT
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$PORT" >"$T/registry" 2>&1 </dev/null 3>&- &
    FAULTY=$!
    for _ in $(seq 100); do
        curl -fsS -o /dev/null "http://$REGISTRY/v2/" 2>/dev/null && break
        sleep 0.1
    done
    mkdir base
    cp "$(command -v busybox)" base/busybox
    head -c 68000000 /dev/urandom >base/big
    printf 'FROM scratch\nCOPY busybox /bin/\nCOPY big /\n' >base/Dockerfile
    "$COOPER" build -q -t "$REGISTRY/big:1" --push base >/dev/null
    curl -fsS -o /dev/null "http://$REGISTRY/control" \
        -d '{"rules": [{"method": "GET", "path": "/blobs/", "times": 99, "rate": 20000000}]}'
    rm -rf base
    printf 'FROM %s/big:1\nRUN ["/bin/busybox", "id"]\n' "$REGISTRY" >Dockerfile
    export COOPER_ROOT=$T/store2
    screen 80 24 build .
    until_shown '[0-9]/68\.0 MB  [0-9.]+ MB/s  [0-9]+s ' >now
    cat now
    grep -E '^ => => sha256:[0-9a-f]{12}  [━─]+  +[0-9]+%  [0-9.]+/68\.0 MB  [0-9.]+ MB/s  [0-9]+s +[0-9.]+s$' now
    grep -E '^ => \[1/2\] FROM 127.*….*s$' now
    ! grep RUN now
    [ "$(wc -L <now)" -le 80 ]
    [ "$(ended)" = 0 ]
    until_shown FINISHED >now
    cat now
    of_base=$(sed -n 's/^ => \[1\/2\] FROM .* \([0-9.]*\)s$/\1/p' now)
    of_run=$(sed -n 's/^ => \[2\/2\] RUN .* \([0-9.]*\)s$/\1/p' now)
    awk "BEGIN { exit !($of_base > 2 && $of_run < $of_base / 2) }"
    grep -E '^ => => sha256:[0-9a-f]{12} 68\.[0-9]*MB / 68\.[0-9]*MB ' now
    grep -E '^ => => unpacking sha256:[0-9a-f]{12} ' now
    leave
    # The same for a log.
    rm -rf "$COOPER_ROOT"
    COOPER_ROOT=$T/store3 "$COOPER" build --progress=plain . >log 2>&1
    from=$(sed -n 's/^#\([0-9]*\) \[1\/2\] FROM.*/\1/p' log | head -n 1)
    grep -E "^#$from sha256:[0-9a-f]{12} .* done$" log
    grep -E "^#$from unpacking sha256:[0-9a-f]{12}.* done$" log
    of_base=$(sed -n "s/^#$from DONE \\([0-9.]*\\)s\$/\\1/p" log)
    of_run=$(sed -n '/\[2\/2\] RUN/,/DONE/s/^#[0-9]* DONE \([0-9.]*\)s$/\1/p' log)
    awk "BEGIN { exit !($of_base > 2 && $of_run < $of_base / 2) }"
    rm -rf "$T/store3"
    kill "$FAULTY"
}

@test "a step that fails, and Ctrl-C" {
    busybox_image
    printf 'FROM busybox:1\nRUN echo before; exit 3\nRUN true\n' >Dockerfile
    screen 80 24 build .
    [ "$(ended)" = 5 ]
    until_shown '^ERROR: failed to build' >now
    cat now
    grep -E '^ => ERROR \[2/3\] RUN echo before; exit 3 +[0-9.]+s$' now
    grep -E '^   2 \| >>> RUN echo before; exit 3' now
    ! grep '3/3' now
    leave
    printf 'FROM busybox:1\nRUN sleep 50\n' >Dockerfile
    screen 80 24 build .
    until_shown '^ => \[2/2\] RUN sleep 50' >/dev/null
    before=$(date +%s%N)
    tmux -S "$T/tmux" send-keys C-c
    [ "$(ended)" = 130 ]
    [ $((($(date +%s%N) - before) / 1000000)) -lt 5000 ]
    until_shown '^ERROR: cancelled' >now
    cat now
    grep -E '^ => CANCELED \[2/2\] RUN sleep 50' now
    # The cursor is there again.
    [ "$(tmux -S "$T/tmux" display-message -p '#{cursor_flag}')" = 1 ]
    leave
}

@test "a resized screen has one picture" {
    busybox_image
    printf 'FROM busybox:1\nRUN sleep 3\n' >Dockerfile
    screen 120 40 build .
    until_shown '^ => \[2/2\] RUN sleep 3' >/dev/null
    tmux -S "$T/tmux" resize-window -x 50 -y 12
    sleep 0.5
    shown >now
    cat now
    [ "$(grep -c '^\[+\] Building' now)" = 1 ]
    [ "$(grep -c 'RUN sleep 3' now)" = 1 ]
    leave
}

# ------------------------------------------------------------ plain

@test "the plain progress of a build, word for word" {
    echo a >file
    printf 'FROM scratch AS a\nCOPY file /\nFROM a\nCOPY file /b\n' >Dockerfile
    "$COOPER" build --progress=plain . 2>/dev/null
    echo b >file
    build .
    sed -E 's/[0-9]+\.[0-9]s$/Ts/; s/sha256:[0-9a-f]{64}/DIGEST/' <<<"$output" >got
    cat >want <<'END'
#1 [internal] load build definition from Dockerfile
#1 DONE Ts

#2 [internal] load build context
#2 DONE Ts

#3 [a 1/1] COPY file /
#3 MISS: file changed
#3 DONE Ts

#4 [stage-1 1/1] COPY file /b
#4 MISS: file changed
#4 DONE Ts

#5 exporting to image
#5 exporting manifest DIGEST done
#5 exporting config DIGEST done
#5 DONE Ts
END
    diff want got
}

@test "a warning has its page" {
    printf 'FROM scratch as a\nCOPY Dockerfile /\n' >Dockerfile
    build .
    [[ $output == *"FromAsCasing"*$'\n   https://docs.docker.com/go/dockerfile/rule/from-as-casing/'* ]]
    screen 80 24 build .
    [ "$(ended)" = 0 ]
    leave
    # On a terminal that is a link.
    TERM=xterm script -qec "$COOPER build ." /dev/null >typescript </dev/null
    grep -q $'\033]8;;https://docs.docker.com/go/dockerfile/rule/from-as-casing/\033' typescript
    ! grep -q '^   https' typescript
}

# ------------------------------------------------------------ services

@test "GitHub: steps are folded, mistakes are annotated, a log commands nothing" {
    busybox_image
    export GITHUB_ACTIONS=true
    cat >Dockerfile <<'END'
FROM busybox:1 as a
RUN echo '::error::forged'; echo '##[set-env name=A]b'; printf '\n::add-mask::x\n'
RUN exit 3
END
    build .
    [ "$status" -eq 5 ]
    token=$(sed -n 's/^::stop-commands:://p' <<<"$output" | head -n 1)
    [[ $token =~ ^[0-9a-f]{32}$ ]]
    # What the service obeys: lines outside of what is stopped.
    awk -v on="::$token::" -v off="::stop-commands::$token" \
        '$0 == off { stopped = 1 } !stopped { print } $0 == on { stopped = 0 }' <<<"$output" >obeyed
    cat obeyed
    ! grep -E 'forged|set-env|add-mask|^#' obeyed
    grep -E '^::group::#[0-9]+ \[2/3\] RUN echo' obeyed
    [ "$(grep -c '^::group::' obeyed)" = "$(grep -c '^::endgroup::$' obeyed)" ]
    grep -E '^::warning file=Dockerfile,line=1,endLine=1,title=cooper::FromAsCasing: .*%0Ahttps://' obeyed
    grep -E '^::error file=Dockerfile,line=3,endLine=3,title=cooper::failed to build: .*exit code: 3' obeyed
    [ "${lines[-1]}" = "::$token::" ]
    # Another build has another token; the variable switches it off and on.
    build .
    [[ $output != *"$token"* ]]
    export COOPER_CI=none
    build .
    [[ $output != *::group::* ]]
    unset GITHUB_ACTIONS
    export COOPER_CI=github
    build .
    [[ $output == *::group::* ]]
    COOPER_CI= build .
    [[ $output != *::group::* ]]
    "$COOPER" build --progress=rawjson . >out 2>&1 || true
    ! grep '^::' out
}

@test "GitHub: an annotation names the Dockerfile from the root of the repository" {
    export COOPER_CI=github
    mkdir -p repo/sub
    cd repo
    printf 'FROM scratch as a\nCOPY none /\n' >sub/Dockerfile
    cp sub/Dockerfile sub/Other
    cp sub/Dockerfile Dockerfile
    expect() {
        local want=$1
        shift
        build "$@"
        [ "$(grep -c "^::\(warning\|error\) file=$want,line=" <<<"$output")" = 2 ]
    }
    expect Dockerfile .
    expect sub/Dockerfile sub
    expect sub/Dockerfile "$PWD/sub"
    expect sub/Other -f sub/Other sub
    expect Dockerfile -f Dockerfile sub
    cd sub
    GITHUB_WORKSPACE=$(dirname "$PWD") expect sub/Dockerfile .
    GITHUB_WORKSPACE=/none expect "$PWD/Dockerfile" .
}

@test "GitLab: each step is a section" {
    busybox_image
    export GITLAB_CI=true
    printf 'FROM busybox:1\nRUN printf "\\033[0Ksection_start:1:x\\r\\033[0Kforged\\n"\n' >Dockerfile
    build .
    [ "$status" -eq 0 ]
    grep -E $'^\033\\[0Ksection_start:[0-9]{10}:cooper_[0-9]+_[0-9]+\\[collapsed=true\\]\r\033\\[0K#[0-9]+ \\[2/2\\] RUN' <<<"$output"
    [ "$(grep -c $'^\033\\[0Ksection_start:' <<<"$output")" = "$(grep -c $'^\033\\[0Ksection_end:' <<<"$output")" ]
    # The names at the two ends are the same, and each occurs once.
    grep -oE 'cooper_[0-9]+_[0-9]+' <<<"$output" | sort | uniq -c | awk '$1 != 2 { exit 1 }'
    ! grep $'section_start:1:x\r' <<<"$output"
    COOPER_CI=none build .
    [[ $output != *:cooper_* ]]
}

# ------------------------------------------------------------ log-dir

@test "--log-dir: each step's output is a file of its own, whole" {
    busybox_image
    cat >Dockerfile <<'END'
FROM busybox:1 AS build
RUN yes 0123456789abcde | head -c 52428800
RUN echo out; printf 'no end' >&2
FROM busybox:1
RUN true
COPY --from=build /etc/passwd /
END
    build --log-dir "$T/logs" .
    [ "$status" -eq 0 ]
    ls "$T/logs"
    set -- "$T"/logs/*
    [ $# = 3 ]
    number=$(sed -n 's/^#\([0-9]*\) \[build 2\/3\].*/\1/p' <<<"$output" | head -n 1)
    cmp <(yes 0123456789abcde | head -c 52428800) "$T/logs/$(printf %02d "$number")-build.log"
    number=$(sed -n 's/^#\([0-9]*\) \[build 3\/3\].*/\1/p' <<<"$output" | head -n 1)
    cmp <(printf 'out\nno end') "$T/logs/$(printf %02d "$number")-build.log"
    number=$(sed -n 's/^#\([0-9]*\) \[stage-1 2\/3\].*/\1/p' <<<"$output" | head -n 1)
    [ -f "$T/logs/$(printf %02d "$number")-stage-1.log" ]
    # Cached steps say nothing; what was there stays.
    build --log-dir "$T/logs" .
    [ "$(ls "$T/logs" | wc -l)" = 3 ]
    # With any kind of progress, and of a step that fails.
    printf 'FROM busybox:1 AS a/b\nRUN true\n' >Dockerfile.bad
    printf 'FROM busybox:1 AS x_y.z-1\nRUN echo why; exit 3\n' >Dockerfile
    ! "$COOPER" build -q --log-dir "$T/other" . 2>/dev/null
    ls "$T/other"
    [ "$(cat "$T"/other/*-x_y.z-1.log)" = why ]
}

@test "--log-dir: secrets are masked, nothing but regular files is replaced" {
    busybox_image
    echo hidden-secret >secret
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=s cat /run/secrets/s\n' >Dockerfile
    mkdir "$T/logs"
    build --secret id=s,src=secret --log-dir "$T/logs" .
    [ "$status" -eq 0 ]
    name=$(basename "$T"/logs/*.log)
    [ "$(cat "$T/logs/$name")" = '***' ]
    for kind in link fifo directory; do
        rm -rf "$T/logs/$name"
        echo precious >"$T/precious"
        case $kind in
        link) ln -s "$T/precious" "$T/logs/$name" ;;
        fifo) mkfifo "$T/logs/$name" ;;
        directory) mkdir "$T/logs/$name" ;;
        esac
        build --no-cache --secret id=s,src=secret --log-dir "$T/logs" .
        [ "$status" -eq 10 ]
        [[ $output == *"ERROR: "*"--log-dir: $T/logs/$name: is there, and is no regular file"* ]]
        [ "$(cat "$T/precious")" = precious ]
        [ ! -f "$T/logs/$name" ] || [ -L "$T/logs/$name" ]
    done
    # A file with a second name keeps what it has there.
    rm -rf "$T/logs/$name"
    ln "$T/precious" "$T/logs/$name"
    build --no-cache --secret id=s,src=secret --log-dir "$T/logs" .
    [ "$status" -eq 0 ]
    [ "$(cat "$T/precious")" = precious ]
    [ "$(cat "$T/logs/$name")" = '***' ]
}

@test "--log-dir: a directory that cannot be used is refused before the build" {
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    echo a >file
    for dir in "" none/logs file /dev/null "$PWD"; do
        build --log-dir "$dir" .
        [ "$status" -eq 2 ]
        [[ $output == *"--log-dir"* ]]
        [[ $output != *"COPY"* ]]
    done
    [[ $output == *"hint: name another one"* ]]
    # One inside of the context is no part of it.
    mkdir in
    printf 'FROM scratch\nCOPY . /\n' >Dockerfile
    build --log-dir in -o type=tar,dest="$T/out.tar" .
    [ "$status" -eq 0 ]
    ! tar -tf "$T/out.tar" | grep -E '^(\./)?in'
}
