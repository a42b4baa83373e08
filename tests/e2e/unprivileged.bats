#!/usr/bin/env bats
# Engine trap: RUN as a user without any privilege gives root's layers.
load helpers

export SOURCE_DATE_EPOCH=1700000000

setup_file() {
    [ "$(id -u)" -eq 0 ] || return 0
    user=cooper-nobody-$$
    useradd --create-home "$user"
    export user
}

teardown_file() {
    [ -z "${user:-}" ] || userdel --remove "$user" >/dev/null 2>&1 || true
}

# unprivileged COMMAND…: without capabilities, and without a way to get some.
unprivileged() {
    setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
        env HOME="/home/$user" COOPER_ROOT="$T/trap/store" PATH="$PATH" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$@"
}

# trap_build ARGS…: with engine trap.
trap_build() {
    need_root
    need setpriv
    mkdir -p "$T/trap" && chown "$user" "$T/trap"
    run unprivileged "$COOPER" build --progress=plain --isolation=trap "$@"
    printf '%s\n' "$output"
    [ "$status" -eq 0 ] || [[ $output != *'calls cannot be passed to a supervisor'* ]] || skip "needs seccomp's notifications"
}

# context LINES…: a Dockerfile on busybox in the context.
context() {
    local busybox
    busybox=$(command -v busybox) || skip "needs busybox"
    cp "$busybox" busybox
    printf '%s\n' 'FROM scratch' 'COPY busybox /bin/busybox' \
        'RUN ["/bin/busybox", "--install", "-s", "/bin"]' "$@" >Dockerfile
}

# same_as_root: the context gives one manifest in engine trap and as root.
same_as_root() {
    trap_build -o "type=oci,dest=$T/trap/image.tar" .
    [ "$status" -eq 0 ]
    build -o "type=oci,dest=$T/root.tar" .
    [ "$status" -eq 0 ]
    cmp <(tar -xOf "$T/trap/image.tar" index.json) <(tar -xOf "$T/root.tar" index.json)
}

@test "owners, modes, links and pipes are root's" {
    context 'RUN mkdir -m 1777 /tmp; mkfifo /p; chown 7:8 /p; umask 077; touch /x; chown 33:44 /x; chmod 04755 /x' \
        'RUN ln -s /x /l; chown -h 5:6 /l; mkdir -p /a/b/c; chmod 0 /a/b; chmod 1777 /a; echo hi >/a/s; chmod 0400 /a/s' \
        'RUN mkdir /g; chown 0:99 /g; chmod 2755 /g; touch /g/f; mkdir /g/d; chmod 02755 /bin/busybox' \
        'COPY --chown=5:7 --chmod=0400 Dockerfile /c/Dockerfile' \
        'RUN ln /x /y; mv /a/s /a/t; rm -r /g/d /c/Dockerfile; touch -t 202001010101 /x' \
        'RUN stat -c "%n %u %g %a %F" /a /a/* /g /g/* /x /y /l /p >/stats' \
        'USER 1000:1000' 'RUN id >/tmp/id; mkdir /tmp/mine; touch /tmp/mine/file'
    same_as_root
}

@test "programs, scripts, pipes and directories are as on a root of their own" {
    context 'RUN printf "#!/bin/sh\necho script \$0 \$*\n" >/s; printf "#!/s one two\n" >/t; chmod 755 /s /t; /t x >/o1' \
        'RUN cd /bin && pwd >/o2; cd .. && pwd >>/o2; readlink /proc/self/exe >>/o2; echo through | cat /dev/stdin >>/o2' \
        'RUN mkfifo /f; (echo other end >/f &); cat /f >/o3; (sleep 0.1; echo behind >>/o3) & wait' \
        'RUN echo gone >/dev/null; head -c 3 /dev/zero | wc -c >/o4; cd /tmp 2>/dev/null || mkdir /d && cd /d && rmdir /d; ls >/o5 2>&1 || true' \
        'RUN mkdir -p /jail/bin && cp /bin/busybox /jail/bin/ && chroot /jail /bin/busybox sh -c "cd ..; pwd; echo /*" >/o6'
    same_as_root
}

@test "a path leads elsewhere once a directory or link in it was replaced" {
    context 'RUN mkdir -p /a/d /b/d /c; echo 1 >/a/d/f; echo 2 >/b/d/f; ln -s a /l; cat /l/d/f >/o; rm /l; ln -s b /l; cat /l/d/f >>/o' \
        'RUN cat /l/d/f >>/o; ln -s a /m; mv -T /m /l; cat /l/d/f >>/o; cat /a/d/f; mv /a /c/a; ! cat /a/d/f; ! test -e /l/d' \
        'RUN mkdir -p /a/d; ! cat /a/d/f; ! test -e /l/d/f; echo 3 >/a/d/f; cat /l/d/f /c/a/d/f >>/o; rm -r /a; ! test -e /l/d/f' \
        'RUN mkdir -p /b/e; ls /b/e; rmdir /b/e; mkdir /b/e; echo 4 >/b/e/g; cat /b/e/g >>/o; cd /b && mv e h && ! cat /b/e/g; cat /b/h/g >>/o'
    same_as_root
    trap_build -q -o "type=local,dest=$T/trap/files" .
    [ "$status" -eq 0 ]
    [ "$(tr '\n' ' ' <"$T/trap/files/o")" = '1 2 2 1 3 1 4 4 ' ]
}

@test "mounts of every kind are served" {
    echo word >secret
    context 'RUN --mount=type=cache,target=/cache echo kept >/cache/a' \
        'RUN --mount=type=cache,target=/cache cp /cache/a /cached' \
        'RUN --mount=type=secret,id=word cat /run/secrets/word >/dev/null && test ! -e /secret' \
        'RUN --mount=type=bind,target=/ctx test -f /ctx/Dockerfile' \
        'RUN --mount=type=tmpfs,target=/scratch echo x >/scratch/y'
    trap_build --secret id=word,src=secret -o "type=oci,dest=$T/trap/image.tar" .
    [ "$status" -eq 0 ]
}

@test "a step does not reach processes or files outside" {
    echo canary >"$T/canary"
    chmod 666 "$T/canary"
    context "RUN ! cat $T/canary; ! cat /proc/1/root$T/canary; ! cat /../../..$T/canary; ln -s $T/canary /link; ! cat /link" \
        'RUN ! kill -0 1; ! ls /proc/1; cd /proc/self/fd 2>/dev/null; cd /; test "$(pwd)" = /' \
        'RUN cat /etc/passwd || echo none >/none' 'RUN test -e /none'
    trap_build -o "type=oci,dest=$T/trap/image.tar" .
    [ "$status" -eq 0 ]
    [ "$(cat "$T/canary")" = canary ]
}

@test "a step that fails tells its status, and leaves no process" {
    context 'RUN (sleep 1000 &) ; exit 7'
    trap_build .
    [ "$status" -eq 5 ]
    [[ $output == *'exit code: 7'* ]]
    ! pgrep -u "$user"
}

@test "engine trap is not for root" {
    need_root
    context 'RUN true'
    build --isolation=trap .
    [ "$status" -eq 10 ]
    [[ $output == *'root has stronger ones'* ]]
}

# by_single COMMAND…: as a user whose user namespace has one id.
by_single() {
    setpriv --reuid "$user" --regid "$user" --clear-groups \
        env HOME="/home/$user" COOPER_ROOT="$T/trap/single" PATH="$PATH" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$@"
}

@test "directories that are mounted have root's owners, modes and times in every engine" {
    need_root
    sed -i "/^$user:/d" /etc/subuid /etc/subgid
    context 'RUN mkdir -m 0710 /d && chown 8:9 /d && echo x >/f && chown 3:4 /f && chmod 640 /f && touch -d @1600000000 /d /f' \
        'FROM scratch' 'COPY busybox /bin/busybox' 'RUN ["/bin/busybox", "--install", "-s", "/bin"]' \
        'RUN --mount=type=cache,target=/c,uid=5,gid=6,mode=0751 stat -c "%n %u %g %a" /c >/o1; echo a >/c/f; chown 7:8 /c/f; ln -s f /c/l; chown -h 11:12 /c/l' \
        'RUN --mount=type=cache,target=/c,uid=5,gid=6,mode=0751 stat -c "%n %u %g %a" /c /c/* >/o2; chown 20:21 /c; chmod 700 /c' \
        'RUN --mount=type=cache,target=/c,uid=5,gid=6,mode=0751 stat -c "%n %u %g %a" /c >/o3; chown 0:0 /c' \
        'RUN --mount=type=cache,target=/c,uid=5,gid=6,mode=0751 stat -c "%n %u %g %a" /c >/o4' \
        'RUN --mount=from=one,source=/d,target=/b stat -c "%n %u %g %a %Y" /b >/o5' \
        'RUN --mount=from=one,source=/f,target=/b stat -c "%n %u %g %a %Y" /b >/o6' \
        'RUN --mount=from=one,target=/b stat -c "%n %u %g %a %Y" /b/d /b/f; stat -c "%u %g %a" /b >/o7'
    sed -i '1s/$/ AS one/' Dockerfile
    same_as_root
    for engine in ns chroot; do
        rm -rf "$T/trap/single"
        run by_single "$COOPER" build --isolation="$engine" -o "type=oci,dest=$T/trap/$engine.tar" .
        echo "$output"
        [ "$status" -eq 0 ]
        cmp <(tar -xOf "$T/trap/$engine.tar" index.json) <(tar -xOf "$T/root.tar" index.json)
    done
}

# warnings OPTION…: those of a build in a container that allows no namespace.
warnings() {
    need_refuse
    mkdir -p "$T/trap" && chown "$user" "$T/trap"
    run unprivileged "$REFUSE" unshare=EPERM 'clone.0&0x10000000=EPERM' clone3=ENOSYS chroot=EPERM mount=EPERM \
        mounts=EPERM -- "$COOPER" build --progress=plain --no-cache "$@" .
    printf '%s\n' "$output"
    [ "$status" -eq 0 ]
    grep '^ - ' <<<"$output" >"$T/warnings" || true
}

@test "one warning says why engine trap was chosen, and what would give a faster one" {
    need_root
    context 'RUN true'
    warnings
    [ "$(wc -l <"$T/warnings")" -eq 1 ]
    grep -q 'RUN uses engine "trap".*: no user namespace can be made: Operation not permitted; for a faster one: .*seccomp' "$T/warnings"
    warnings --isolation=trap
    [ ! -s "$T/warnings" ]
    warnings --isolation=trap --shm-size=1m
    [ "$(wc -l <"$T/warnings")" -eq 1 ]
    grep -q 'shm-size: nothing can be mounted here' "$T/warnings"
}

@test "where memory cannot be executed, programs start all the same" {
    need_root
    local prepare='sysctl -qw vm.memfd_noexec=2 && exec "$@"'
    unshare -p --fork --mount-proc sh -c 'sysctl -qw vm.memfd_noexec=2' 2>/dev/null || skip "needs vm.memfd_noexec (Linux 6.3)"
    context 'RUN printf "#!/bin/sh\necho script\n" >/s && chmod 755 /s && /s | cat >/o' 'USER 5' 'RUN id >/tmp/id || true'
    mkdir -p "$T/trap" && chown "$user" "$T/trap"
    run unshare -m -p --fork --mount-proc sh -c "$prepare" sh \
        setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
        env HOME="/home/$user" COOPER_ROOT="$T/trap/store" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" \
        "$COOPER" build --progress=plain --isolation=trap -o "type=oci,dest=$T/trap/image.tar" .
    echo "$output"
    [ "$status" -eq 0 ]
    build -o "type=oci,dest=$T/root.tar" .
    cmp <(tar -xOf "$T/trap/image.tar" index.json) <(tar -xOf "$T/root.tar" index.json)
}

@test "a store whose file system keeps no time of access is named" {
    need_root
    context 'RUN true'
    mkdir -p "$T/trap" && chown "$user" "$T/trap"
    for option in strictatime relatime noatime; do
        run unshare -m sh -c 'mount -t tmpfs -o mode=777,$1 store "$2" && shift 2 && exec "$@"' sh "$option" "$T/trap" \
            setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
            env HOME="/home/$user" COOPER_ROOT="$T/trap/store" "$COOPER" build --progress=plain --isolation=trap .
        echo "$output"
        [ "$status" -eq 0 ]
        run grep -c 'its file system (tmpfs) is mounted with strictatime, so links' <<<"$output"
        [ "$output" = "$([ $option = strictatime ] && echo 1 || echo 0)" ]
    done
}

@test "a shell in a failed step has its terminal, with job control" {
    need_root
    sed -i "/^$user:/d" /etc/subuid /etc/subgid
    context 'RUN mkdir -m 1777 /work' 'ENV NAME=value PATH=/bin' 'WORKDIR /work' 'USER 1000' \
        'RUN --mount=target=/ctx echo made >here; exit 3'
    local typed='echo "<$NAME $(pwd) $(cat here) $(id -u) $(ls /ctx/Dockerfile)>"; echo termi""nal >/dev/tty'
    typed+=$'\nsetsid sh -c "echo lost >/dev/tty && echo rea""ched"; cat & sleep 0.5; jobs; kill -9 %1; sleep 0.3; true\nexit 0\nexit 0\n'
    mkdir -p "$T/trap" && chown "$user" "$T/trap"
    for engine in trap chroot; do
        local as=unprivileged
        [ $engine = trap ] || as=by_single
        export -f unprivileged by_single
        run "$ROOT/tests/lib/in_terminal.py" '"exit" ends it' "$typed" bash -c '"$@"' bash \
            bash -c "T=$T; $as \"\$@\"" bash "$COOPER" build --progress=plain --isolation=$engine --on-error=shell .
        echo "$output"
        [ "$status" -eq 5 ]
        [[ "$output" == *'<value /work made 1000 /ctx/Dockerfile>'* ]]
        [[ "$output" == *$'\nterminal'* ]]
        [[ "$output" == *'/dev/tty: No such device or address'* ]]
        [[ "$output" != *reached* ]]
        [[ "$output" == *'Stopped (tty input)'* ]]
    done
}

@test "older kernels and stricter filters give the same image" {
    need_root
    need_refuse
    context 'RUN mkdir /d && chown 8:9 /d && ln -s d /l && cat /l/../bin/busybox | wc -c >/d/n' \
        'RUN (sleep 0.1; echo behind >/f) & wait; cd /l && pwd >/p'
    build -o "type=oci,dest=$T/root.tar" .
    mkdir -p "$T/trap" && chown "$user" "$T/trap"
    for rules in linux-5.10 openat2=ENOSYS 'since-5.6=ENOSYS seccomp.1&0x20=EINVAL' 'landlock=ENOSYS openat2=EPERM'; do
        echo "== $rules"
        # shellcheck disable=SC2086
        run unprivileged "$REFUSE" $rules -- "$COOPER" build --progress=plain --no-cache --isolation=trap \
            -o "type=oci,dest=$T/trap/image.tar" .
        echo "$output"
        [ "$status" -eq 0 ]
        cmp <(tar -xOf "$T/trap/image.tar" index.json) <(tar -xOf "$T/root.tar" index.json)
    done
}
