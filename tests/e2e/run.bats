#!/usr/bin/env bats
# cooper run: one container in the foreground.
load helpers
load rootless

# crun ARGS…: with a limit, because a program that does not end is a fault.
crun() {
    run timeout 60 "$COOPER" run "$@"
    echo "$output"
}

# image NAME <DOCKERFILE: on busybox:1
image() {
    cat >Dockerfile
    "$COOPER" build -q -t "$1" . >/dev/null
}

# Starts it in the background, where a shell would let it ignore SIGINT and SIGQUIT.
background() {
    env --default-signal "$COOPER" run "$@" >out 2>&1 3>&- &
}

# Waits until TEXT is in FILE.
await() {
    for _ in $(seq 200); do
        grep -q "$1" "$2" && return 0
        sleep 0.05
    done
    echo "no $1 in $2"
    return 1
}

# No files of a run stay, and no mounts.
nothing_left() {
    [ -z "$(ls "$COOPER_ROOT/tmp")" ]
    [ "$(grep -c "$COOPER_ROOT" /proc/self/mountinfo)" -eq 0 ]
}

@test "what was built runs at once, as the image says" {
    busybox_image
    image app:1 <<'END'
FROM busybox:1
ENV NAME="two words"
RUN echo me:x:1234:1234::/home/me:/bin/sh >>/etc/passwd
WORKDIR /work/dir
USER me
VOLUME /new /etc
ENTRYPOINT ["sh", "-c", "echo \"$NAME|$HOME|$(pwd)|$(id -u)|$*\"; ls -d /new; head -1 /etc/passwd", "x"]
CMD ["default"]
END
    crun app:1
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "two words|/home/me|/work/dir|1234|default" ]
    [ "${lines[1]}" = /new ]
    [[ "${lines[2]}" = root:* ]]
    crun app:1 -x "a  b"
    [ "${lines[0]}" = "two words|/home/me|/work/dir|1234|-x a  b" ]
    id=$("$COOPER" images -q --no-trunc app:1 2>/dev/null || "$COOPER" inspect app:1 | sed -n 's/.*"id": "\(.*\)",/\1/p')
    id=${id#sha256:}
    crun "${id:0:12}"
    [ "$status" -eq 0 ]
    nothing_left
}

@test "options set the program, variables, user, directory and names" {
    busybox_image
    printf '# comment\nA=file\nB=file\n  C=3\nHERE\n' >env
    HERE=ours OTHER=other crun --env-file env -e B=given -e OTHER -e NOWHERE -u app:daemon -w /made/here \
        -h box --add-host there:1.2.3.4 --entrypoint sh busybox:1 \
        -c 'echo "$A|$B|$C|$HERE|$OTHER|${NOWHERE-unset}|$(id -u):$(id -g)|$(pwd)|$(hostname)"; grep there /etc/hosts'
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "file|given|3|ours|other|unset|1000:1|/made/here|box" ]
    [[ "${lines[1]}" == 1.2.3.4*there ]]
    image app:1 <<<$'FROM busybox:1\nENTRYPOINT ["echo"]\nCMD ["cmd"]'
    crun --entrypoint "" app:1 echo plain
    [ "$output" = plain ]
    crun --entrypoint "" app:1
    [ "$status" -eq 2 ]
    [[ "$output" == *"no command"* ]]
    crun app:1
    [ "$output" = cmd ]
    crun --rm -e "" busybox:1 true
    [ "$status" -eq 2 ]
}

@test "bytes pass unchanged, from and to files, pipes and nothing" {
    busybox_image
    head -c 3000000 /dev/urandom >bytes
    "$COOPER" run busybox:1 cat <bytes >copy
    cmp bytes copy
    cat bytes | "$COOPER" run busybox:1 cat | cmp - bytes
    "$COOPER" run busybox:1 cat <bytes >>copy
    [ "$(stat -c %s copy)" -eq 6000000 ]
    "$COOPER" run busybox:1 sh -c 'echo out; echo err >&2; echo out' >both 2>&1
    [ "$(cat both)" = $'out\nerr\nout' ]
    "$COOPER" run busybox:1 sh -c 'echo out; echo err >&2' >out 2>err
    [ "$(cat out)" = out ]
    [ "$(cat err)" = err ]
    [ -z "$("$COOPER" run busybox:1 cat </dev/null)" ]
    # A reader that leaves ends the program, not with an error of ours.
    run bash -c "'$COOPER' run busybox:1 yes 2>err | head -1; echo \${PIPESTATUS[0]}"
    [ "$output" = $'y\n141' ]
    [ ! -s err ]
    run bash -c "'$COOPER' run busybox:1 true </"
    [ "$status" -eq 2 ]
}

@test "a program cannot reach the caller's files through its streams" {
    need_root
    busybox_image
    echo precious >file
    chmod 600 file
    "$COOPER" run busybox:1 sh -c 'echo bad >/proc/self/fd/0; chmod 777 /proc/self/fd/0; chown 1:1 /dev/stdin; true' <file
    [ "$(cat file)" = precious ]
    [ "$(stat -c %a:%u file)" = 600:0 ]
    mode=$(stat -c %a:%u /dev/null)
    "$COOPER" run busybox:1 sh -c 'chmod 600 /proc/self/fd/0; chown 7 /proc/self/fd/0 /proc/self/fd/1; true' </dev/null >/dev/null
    [ "$(stat -c %a:%u /dev/null)" = "$mode" ]
}

@test "the status is the program's; what is not the program's says ERROR" {
    busybox_image
    crun busybox:1 sh -c 'exit 42'
    [ "$status" -eq 42 ]
    [ -z "$output" ]
    crun busybox:1 sh -c 'kill -9 $$'
    [ "$status" -eq 137 ]
    crun busybox:1 nosuch
    [ "$status" -eq 5 ]
    [[ "$output" == *'ERROR: exec: "nosuch": executable file not found in $PATH'* ]]
    crun busybox:1 /etc/passwd
    [ "$status" -eq 5 ]
    crun -u nobody-here busybox:1 true
    [ "$status" -eq 4 ]
    crun --pull never nosuch:1 true
    [ "$status" -eq 4 ]
    crun --platform linux/s390x --pull never busybox:1 true
    [ "$status" -eq 4 ]
    nothing_left
}

@test "signals reach the program, and the second one kills" {
    busybox_image
    for isolation in ns $([ "$(id -u)" -eq 0 ] && echo chroot); do
        for signal in TERM INT HUP QUIT USR1; do
            background --isolation "$isolation" busybox:1 \
                sh -c "trap 'echo got; exit 9' $signal; echo ready; while :; do sleep 0.1; done"
            await ready out
            kill -$signal $!
            status=0
            wait $! || status=$?
            echo "$isolation $signal: $status $(cat out)"
            [ "$status" -eq 9 ]
            [[ "$(cat out)" == *got* ]]
        done
        background --isolation "$isolation" busybox:1 \
            sh -c "trap '' TERM; trap 'echo got' INT; echo ready; while :; do sleep 0.1; done"
        await ready out
        kill -INT $!
        await got out
        kill -TERM $!
        status=0
        wait $! || status=$?
        [ "$status" -eq 137 ]
        background --stop-timeout 1 --isolation "$isolation" busybox:1 \
            sh -c "trap '' TERM; echo ready; while :; do sleep 0.1; done"
        await ready out
        kill -TERM $!
        status=0
        wait $! || status=$?
        [ "$status" -eq 137 ]
    done
    nothing_left
}

@test "one signal that comes twice at once does not kill" {
    busybox_image
    run timeout -s TERM 2 "$COOPER" run busybox:1 \
        sh -c "trap 'echo in order; exit 3' TERM; while :; do sleep 0.1; done"
    [ "$status" -eq 124 ]
    [ "$output" = "in order" ]
}

@test "a killed run leaves nothing that the next command does not remove" {
    busybox_image
    background busybox:1 sh -c 'echo big >/file; echo ready; exec sleep 1000'
    await ready out
    kill -9 $!
    wait $! || true
    crun busybox:1 true
    [ "$status" -eq 0 ]
    nothing_left
    run pgrep -f "^sleep 1000$"
    [ -z "$output" ] || ! grep -q "$COOPER_ROOT" /proc/"${lines[0]}"/mountinfo
}

@test "a terminal of its own: its size, its mode, keys and the status" {
    busybox_image
    run timeout 60 "$ROOT/tests/lib/in_terminal.py" '#' \
        $'test -t 0 && test -t 1 && echo is a "terminal"; exit 4\n' "$COOPER" run -it busybox:1
    echo "$output"
    [ "$status" -eq 4 ]
    [[ "$output" == *"is a terminal"* ]]
    # Ctrl-C is the program's.
    run timeout 60 "$ROOT/tests/lib/in_terminal.py" ready $'\x03' \
        "$COOPER" run -it busybox:1 sh -c 'trap "echo interrupted; exit 6" INT; echo ready; while :; do sleep 0.1; done'
    echo "$output"
    [ "$status" -eq 6 ]
    [[ "$output" == *interrupted* ]]
    # The mode of the caller's terminal is as before, whatever the end.
    for command in true 'kill -9 $$' 'stty raw -echo'; do
        run timeout 60 "$ROOT/tests/lib/in_terminal.py" nothing x \
            sh -c "stty >before; '$COOPER' run -it busybox:1 sh -c '$command'; stty >after; cmp before after && echo same"
        echo "$output"
        [[ "$output" == *same* ]]
    done
    crun -it busybox:1 true </dev/null
    [ "$status" -eq 2 ]
    crun -t busybox:1 sh -c 'test -t 1 && echo yes' </dev/null
    [[ "$output" == yes* ]]
    # Without -i a terminal is not read from.
    run timeout 60 "$ROOT/tests/lib/in_terminal.py" nothing x "$COOPER" run busybox:1 cat
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "directories, files and memory are mounted; what cannot be is refused" {
    busybox_image
    mkdir dir
    echo one >dir/one
    mkfifo pipe
    crun -v ./dir:/m -v "$PWD/dir/one:/etc/one:ro" --mount type=tmpfs,target=/t --tmpfs /s:size=64k,mode=700 \
        busybox:1 sh -c 'cat /m/one /etc/one; echo two >/m/two; echo x 2>/dev/null >/etc/one || echo refused; stat -c %a /t /s'
    [ "$output" = $'one\none\nrefused\n1777\n700' ]
    [ "$(cat dir/two)" = two ]
    crun -v ./dir:/m:ro busybox:1 touch /m/x
    [ "$status" -eq 1 ]
    crun --mount type=bind,src=dir/,dst=/m,readonly busybox:1 touch /m/x
    [ "$status" -eq 1 ]
    for bad in "" : :/m ./dir: ./dir:m ./dir:/ ./dir:/m:what name:/m ./dir:/m: m; do
        crun -v "$bad" busybox:1 true
        [ "$status" -eq 2 ]
    done
    for bad in ./nosuch ./pipe /dev/null; do
        crun -v "$bad:/m" busybox:1 true
        [ "$status" -eq 4 ]
    done
    crun -v ./dir:/etc/passwd busybox:1 true
    [ "$status" -eq 4 ]
    for bad in "" type=bind type=what,target=/m type=bind,target=/m type=tmpfs,source=./dir,target=/m \
        type=tmpfs,target=/m,tmpfs-size=x type=bind,source=dir,target=/m; do
        crun --mount "$bad" busybox:1 true
        [ "$status" -eq 2 ]
    done
    nothing_left
}

@test "a root that is read-only still has its volumes" {
    busybox_image
    image app:1 <<<$'FROM busybox:1\nRUN mkdir /kept && echo kept >/kept/file\nVOLUME /kept /new\nWORKDIR /w'
    crun --read-only app:1 sh -c 'cat /kept/file; touch /kept/x /new/x && echo written; touch /w/x || touch /x || echo refused; pwd'
    [[ "$output" == kept*written*refused*/w ]]
}

@test "an image cannot lead mounts and directories out of its root" {
    need_root
    busybox_image
    mkdir "$T/outside" dir
    image app:1 <<END
FROM busybox:1
RUN ln -s ../../../../../../$T/outside /escape && ln -s /proc/1/root /proc-root && ln -s $T/outside /abs
VOLUME /escape/volume ../../../up
END
    crun -v ./dir:/escape/a -v ./dir:/abs/b --tmpfs /escape/c -w /abs/d app:1 sh -c 'pwd; ls -d /up'
    [ "$status" -eq 0 ]
    [[ "$output" == *outside/d*/up ]]
    [ -z "$(ls "$T/outside")" ]
    [ -z "$(ls dir)" ]
    crun -w /proc-root/tmp app:1 true
    [ "$status" -ne 0 ]
    [ -z "$(ls dir)" ]
}

@test "what a container has is what a RUN step has" {
    busybox_image
    image app:1 <<<$'FROM busybox:1\nRUN grep -E "^(Cap|Seccomp|NoNewPrivs)" /proc/self/status >/step'
    crun app:1 sh -c 'grep -E "^(Cap|Seccomp|NoNewPrivs)" /proc/self/status | cmp - /step && echo same; ls /proc/self/fd | wc -l'
    [ "$output" = $'same\n4' ]
    crun --cap-drop ALL --cap-add chown busybox:1 grep CapEff /proc/self/status
    [[ "$output" == *0000000000000001 ]]
    crun --network none busybox:1 sh -c 'cat /proc/net/dev | grep -c :'
    [ "$output" = 1 ]
    crun --ulimit nofile=77:88 busybox:1 sh -c 'ulimit -n'
    [ "$output" = 77 ]
}

@test "options of which nothing comes say so" {
    busybox_image
    crun -d busybox:1 true
    [ "$status" -eq 2 ]
    [[ "$output" == *foreground* ]]
    crun --rm=false busybox:1 true
    [ "$status" -eq 2 ]
    crun --privileged busybox:1 true
    [ "$status" -eq 8 ]
    crun -p 8080:80 -p 1:1 --name x --init busybox:1 true
    [ "$status" -eq 0 ]
    [ "$(grep -c 'maps nothing' <<<"$output")" -eq 1 ]
    for option in --network --pull --isolation --cap-drop --cap-add --add-host --ulimit --cpus -m --shm-size \
        --pids-limit --stop-timeout --tmpfs -p --mount -e -v; do
        crun "$option" "" busybox:1 true
        echo "$option: $status"
        [ "$status" -eq 2 ]
    done
    for option in --env-file; do
        crun "$option" "" busybox:1 true
        [ "$status" -eq 4 ]
    done
    for option in -u -w --hostname --name --platform; do
        crun "$option" "" busybox:1 true
        [ "$status" -eq 0 ]
    done
    crun -w relative busybox:1 true
    [ "$status" -eq 2 ]
    crun "" true
    [ "$status" -eq 2 ]
    crun
    [ "$status" -eq 2 ]
}

@test "a health check ends with its answer" {
    busybox_image
    image good:1 <<'END'
FROM busybox:1
USER app
WORKDIR /tmp
ENV WORD=right
HEALTHCHECK --interval=1s --retries=30 --timeout=5s CMD test -f ready && echo "the $WORD $(id -u)"
CMD sleep 1; touch ready; exec sleep 1000
END
    image bad:1 <<'END'
FROM busybox:1
HEALTHCHECK --interval=1s --retries=2 CMD ["sh", "-c", "echo because; exit 3"]
CMD ["sleep", "1000"]
END
    image slow:1 <<'END'
FROM busybox:1
HEALTHCHECK --interval=1s --retries=1 --timeout=1s CMD sleep 50
CMD ["sleep", "1000"]
END
    for isolation in ns $([ "$(id -u)" -eq 0 ] && echo chroot); do
        crun --isolation "$isolation" --check-health good:1
        [ "$status" -eq 0 ]
        [[ "$output" == *"healthy: the right 1000"* ]]
        crun --isolation "$isolation" --check-health bad:1
        [ "$status" -eq 1 ]
        [[ "$output" == *"ERROR: unhealthy: 2 probes failed"*"exit status 3: because"* ]]
        crun --isolation "$isolation" --check-health slow:1
        [ "$status" -eq 1 ]
        [[ "$output" == *"took too long"* ]]
    done
    crun --check-health bad:1 sh -c 'exit 5'
    [ "$status" -eq 1 ]
    [[ "$output" == *"ended with status 5"* ]]
    crun --check-health busybox:1
    [ "$status" -eq 4 ]
    [[ "$output" == *"no HEALTHCHECK"* ]]
    image none:1 <<<$'FROM bad:1\nHEALTHCHECK NONE'
    crun --check-health none:1
    [ "$status" -eq 4 ]
    nothing_left
}

@test "users with subordinate ids, and with one id, run images, too" {
    need_root
    busybox_image
    image app:1 <<'END'
FROM busybox:1
RUN mkdir /d && chown app:app /d
HEALTHCHECK --interval=1s --retries=30 CMD test -f /d/ready && stat -c %u:%g /d/ready
USER app
CMD echo ready; touch /d/ready; exec sleep 1000
END
    "$COOPER" save -o "$T/app.tar" app:1
    chmod 644 "$T/app.tar"
    for who in "$user" "$single"; do
        as "$who" "$COOPER" load -i "$T/app.tar"
        run as "$who" timeout 60 "$COOPER" run app:1 sh -c 'id -u; touch /d/x && stat -c %u:%g /d/x; cat' </etc/hostname
        echo "$output"
        [ "$status" -eq 0 ]
        [[ "$output" == *$'1000\n1000:1000\n'"$(cat /etc/hostname)" ]]
        run as "$who" timeout 60 "$COOPER" run --check-health app:1
        echo "$output"
        [ "$status" -eq 0 ]
        [[ "$output" == *"healthy: 1000:1000"* ]]
        as "$who" "$COOPER" run app:1 sh -c "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done" >out 3>&- &
        await ready out
        pkill -TERM -P $! 2>/dev/null || kill -TERM $!
        status=0
        wait $! || status=$?
        [ "$status" -eq 9 ]
    done
}
