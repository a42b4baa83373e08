#!/usr/bin/env bats
# --on-error=shell: where a step failed.
load helpers

@test "a shell opens where the step failed, with its files, variables, user and mounts" {
    busybox_image
    echo from-the-context >file
    cat >Dockerfile <<'EOF'
FROM busybox:1
ENV NAME=value
WORKDIR /work
RUN chmod 777 /work
USER app
RUN --mount=target=/ctx echo made > here; exit 3
EOF
    run "$ROOT/tests/lib/in_terminal.py" '"exit" ends it' \
        $'echo "<$NAME $(pwd) $(cat here) $(id -u) $(cat /ctx/file)>"; tty; exit 0\n' \
        "$COOPER" build --progress=plain --on-error=shell -t app:1 .
    echo "$output"
    [ "$status" -eq 5 ]
    [[ "$output" == *'<value /work made 1000 from-the-context>'* ]]
    [[ "$output" == *'exit code: 3'* ]]
    # What was kept for it is gone.
    [ -z "$(find "$COOPER_ROOT/tmp" -mindepth 1 -maxdepth 1 -name 'lease-*')" ]
    [ "$(grep -c "$COOPER_ROOT" /proc/self/mountinfo)" -eq 0 ]
}

@test "a shell needs a terminal" {
    echo 'FROM scratch' >Dockerfile
    run "$COOPER" build --on-error=shell . </dev/null
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *terminal* ]]
}

@test "a failed step is kept for later, without secrets, until it is pruned" {
    busybox_image
    echo from-the-context >file
    cat >Dockerfile <<'EOF'
FROM busybox:1
ENV NAME=value
WORKDIR /work
RUN chmod 777 /work
USER app
RUN --mount=target=/ctx --mount=type=cache,target=/c --mount=type=secret,id=s,env=S \
    --mount=type=tmpfs,target=/scratch echo made > here; exit 3
EOF
    S=hidden-value run "$COOPER" build --progress=plain --on-error=keep --secret id=s,env=S -t app:1 .
    echo "$output"
    [ "$status" -eq 5 ]
    id=$(sed -n 's/.*cooper shell \([0-9a-f]*\)$/\1/p' <<<"$output")
    [ -n "$id" ]
    run grep -r hidden-value "$COOPER_ROOT"
    [ "$status" -eq 1 ]
    for name in "$id" ""; do
        run "$ROOT/tests/lib/in_terminal.py" '$' \
            $'echo "<$NAME $S $(pwd) $(cat here) $(id -u) $(cat /ctx/file)>"; mount | grep -c "/c \\|/scratch "; exit 0\n' \
            "$COOPER" shell $name
        echo "$output"
        [[ "$output" == *'<value  /work made 1000 from-the-context>'* ]]
        [ "$(tail -1 <<<"$output")" = 2 ]
    done
    [ "$(grep -c "$COOPER_ROOT" /proc/self/mountinfo)" -eq 0 ]
    "$COOPER" prune --all >/dev/null
    [ -z "$(ls "$COOPER_ROOT/failed")" ]
    run "$ROOT/tests/lib/in_terminal.py" '$' x "$COOPER" shell
    [[ "$output" == *"no failed step is kept"* ]]
}

# What a process can tell of where it is. A terminal has a mount and a variable of its own.
state_script() {
    cat >state.sh <<'EOF'
echo "id $(id)"; echo "pwd $(pwd)"; echo "umask $(umask)"; echo "host $(hostname)"
env | grep -v '^SHLVL=\|^_=\|^TERM=' | sort
grep -E '^(Cap|NoNewPrivs|Seccomp|Groups|Uid|Gid)' /proc/self/status
cat /proc/self/limits
sed 's/^[0-9]* [0-9]* [0-9:]* //; s/ [a-z]*:[0-9]*//g' /proc/self/mountinfo | grep -v ' /dev/console ' |
    sed 's/upperdir=[^,]*\|workdir=[^,]*\|lowerdir+=empty\|uuid=null\|fsync=volatile//g; s/,,*/,/g
        s|^/[0-9][0-9]* |/inode |; s/ r[wo],lowerdir/ lowerdir/' | sort
cat /etc/hosts /etc/resolv.conf /etc/hostname 2>/dev/null
ls -la / /w /run/secrets /c 2>/dev/null | grep -v 'state\.\| \.\.*$\|total\| proc$'
cat /made /w/local 2>/dev/null
EOF
}

# same_state OPTIONS…: the step's state is the shell's, which is opened at once.
same_state() {
    cat >Dockerfile <<'EOF'
FROM busybox:1
ENV NAME=value OTHER="two words"
ARG GIVEN=argument
WORKDIR /w
RUN chmod 777 /w && echo made >/made
USER app:extra
RUN --mount=target=/m --mount=type=cache,target=/c,uid=1000 --mount=type=tmpfs,target=/t,size=1m \
    --mount=type=secret,id=s --mount=type=secret,id=s,env=WORD \
    --mount=from=busybox:1,source=/etc,target=/other,rw \
    echo local >local; echo x >/c/x; : >/tmp/state.step; : >/tmp/state.shell; sh /m/state.sh >/tmp/state.step 2>&1; exit 3
EOF
    S=hidden-value run "$ROOT/tests/lib/in_terminal.py" '"exit" ends it' \
        $'sh /m/state.sh >/tmp/state.shell 2>&1; diff /tmp/state.step /tmp/state.shell && wc -l </tmp/state.step && echo state is the "same"; exit 0\n' \
        "$COOPER" build --no-cache --progress=plain --on-error=shell --secret id=s,env=S \
        --add-host "there:1.2.3.4" --ulimit nofile=100:200 --build-arg HTTP_PROXY=http://127.0.0.1:1 "$@" .
    echo "$output"
    [[ "$output" == *"state is the same"* ]]
}

@test "the shell has the environment, user, directory, limits and mounts of the step" {
    busybox_image
    state_script
    same_state --isolation=ns
    [ "$(grep -cE '^[0-9]{2,}$' <<<"$output")" -eq 1 ]
    [ "$(id -u)" -ne 0 ] || same_state --isolation=chroot
}

@test "… and those of a kept step, except for secrets and proxies" {
    busybox_image
    state_script
    sed -i 's/^env | .*/env | grep -v "^SHLVL=\\|^_=\\|^TERM=\\|^WORD=\\|_PROXY=\\|_proxy=" | sort/' state.sh
    cat >Dockerfile <<'EOF'
FROM busybox:1
ENV NAME=value OTHER="two words"
WORKDIR /w
RUN chmod 777 /w && echo made >/made
USER app:extra
RUN --mount=target=/m --mount=type=cache,target=/c,uid=1000 --mount=type=tmpfs,target=/t,size=1m \
    --mount=type=secret,id=s,env=WORD --mount=from=busybox:1,source=/etc,target=/other \
    echo local >local; echo x >/c/x; : >/tmp/state.step; : >/tmp/state.shell; sh /m/state.sh >/tmp/state.step 2>&1; exit 3
EOF
    S=hidden-value run "$COOPER" build --no-cache --progress=plain --on-error=keep \
        --secret id=s,env=S --add-host "there:1.2.3.4" --ulimit nofile=100:200 \
        --build-arg HTTP_PROXY=http://127.0.0.1:1 .
    [ "$status" -eq 5 ]
    id=$(sed -n 's/.*cooper shell \([0-9a-f]*\)$/\1/p' <<<"$output")
    run "$ROOT/tests/lib/in_terminal.py" '$' \
        $'sh /m/state.sh >/tmp/state.shell 2>&1; diff /tmp/state.step /tmp/state.shell && echo state is the "same"; exit 0\n' \
        "$COOPER" shell "$id"
    echo "$output"
    [[ "$output" == *"state is the same"* ]]
}
