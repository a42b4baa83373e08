#!/usr/bin/env bats
# Values that are secret are nowhere: not in the store, in images, in logs, in what is
# shown of failures, in the environment or arguments of any process but the step's.
load helpers

teardown() {
    cd / || return 1
    [ -z "${faulty:-}" ] || kill "$faulty" 2>/dev/null || true
    [ -z "${AGENT:-}" ] || kill "$AGENT" 2>/dev/null || true
    rm -rf "$T"
}

# Each kind has a value of its own, so that a find names its way out. They are joined
# here so that this file is not found itself.
values() {
    local word
    for word in file mode variable target proxy noproxy password token netrc agent; do
        echo "hidden-$word-7f3a9c"
    done
}

value() {
    echo "hidden-$1-7f3a9c"
}

# nowhere PLACE…: none of the values, in clear or base64 or hex, in files, names, or
# compressed ones.
nowhere() {
    local v found=0
    for v in $(values); do
        printf '%s\n' "$v" "$(printf %s "$v" | base64 | tr -d =)" \
            "$(printf 'u:%s' "$v" | base64 | tr -d =)" \
            "$(printf %s "$v" | od -An -v -tx1 | tr -d ' \n')"
    done >"$T/../patterns.$$"
    if grep -raFf "$T/../patterns.$$" "$@"; then found=1; fi
    if find "$@" -print | grep -Ff "$T/../patterns.$$"; then found=1; fi
    while IFS= read -r file; do
        if { zstd -dcq "$file" || zcat "$file"; } 2>/dev/null | grep -aFf "$T/../patterns.$$"; then
            echo "in $file"
            found=1
        fi
    done < <(find "$@" -type f -path '*/blobs/*')
    rm -f "$T/../patterns.$$"
    [ "$found" -eq 0 ]
}

secrets() {
    mkdir -p "$T/out" "$T/tmp" "$T/outside"
    export TMPDIR=$T/tmp
    value file >"$T/outside/file"
    value mode >"$T/outside/mode"
    value target >"$T/outside/target"
    VARIABLE=$(value variable)
    export VARIABLE
    OPTIONS=(--secret "id=file,src=$T/outside/file" --secret "id=mode,src=$T/outside/mode"
        --secret "id=target,src=$T/outside/target" --secret id=variable,env=VARIABLE
        --build-arg "HTTP_PROXY=http://u:$(value proxy)@127.0.0.1:9"
        --build-arg "https_proxy=http://u:$(value proxy)@127.0.0.1:9"
        --build-arg "FTP_PROXY=$(value noproxy)@127.0.0.1:9")
}

secret_dockerfile() {
    cat <<'EOF'
FROM busybox:1 AS used
RUN --mount=type=secret,id=file --mount=type=secret,id=mode,mode=0444,uid=5 \
    --mount=type=secret,id=variable,env=WORD --mount=type=secret,id=target,target=/deep/er/place \
    grep -q hidden-file /run/secrets/file && grep -q hidden-mode /run/secrets/mode && \
    grep -q hidden-target /deep/er/place && [ ${#WORD} -gt 20 ] && \
    case $HTTP_PROXY$https_proxy$FTP_PROXY in *hidden-proxy*hidden-proxy*hidden-noproxy*) ;; *) exit 9 ;; esac && \
    cat /run/secrets/file && echo "$WORD" && env && cat /deep/er/place >&2 && printf %s "$WORD" | base64 >/dev/null
RUN echo "$HTTP_PROXY and $ftp_proxy" | wc -c
EOF
}

@test "secrets that a step prints are masked; they are in no file, image or log" {
    busybox_image
    secrets
    secret_dockerfile >Dockerfile
    unset VALUE
    for engine in ns chroot; do
        for progress in plain rawjson tty quiet; do
            "$COOPER" build --no-cache --progress=$progress --isolation=$engine "${OPTIONS[@]}" \
                -t app:1 --metadata-file "$T/out/metadata" . \
                >"$T/out/$engine.$progress" 2>&1 || { tail -n 20 "$T/out/$engine.$progress"; false; }
        done
    done
    COOPER_DEBUG=keys,http,sandbox,store "$COOPER" build --no-cache "${OPTIONS[@]}" --progress=plain \
        -t app:1 . >"$T/out/debug" 2>&1
    "$COOPER" build "${OPTIONS[@]}" --call=outline,format=json . >"$T/out/outline" 2>&1 || true
    "$COOPER" build -o "type=oci,dest=$T/out/oci.tar" "${OPTIONS[@]}" .
    "$COOPER" build -o "type=local,dest=$T/out/tree" "${OPTIONS[@]}" .
    "$COOPER" build --cache-to "type=local,dest=$T/out/cache,mode=max" "${OPTIONS[@]}" .
    "$COOPER" inspect app:1 >"$T/out/inspect"
    grep -q . "$T/out/ns.plain"
    nowhere "$T/store" "$T/out" "$T/tmp"
}

@test "a failed step shows no secret, and none is kept with it" {
    busybox_image
    secrets
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=secret,id=file --mount=type=secret,id=variable,env=WORD,required \
    --mount=type=secret,id=target,target=/t \
    set -x; cat /run/secrets/file /t; echo "failing with $WORD" >&2; $WORD $(cat /t); echo $HTTP_PROXY; exit 3
EOF
    for progress in plain rawjson quiet; do
        for on in stop keep; do
            status=0
            "$COOPER" build --no-cache --progress=$progress --on-error=$on "${OPTIONS[@]}" . \
                >"$T/out/$progress.$on" 2>&1 || status=$?
            [ "$status" -eq 5 ]
        done
    done
    grep -q 'exit code: 3' "$T/out/plain.stop"
    nowhere "$T/store" "$T/out" "$T/tmp"
    # One that is required and not there, one that cannot be read.
    "$COOPER" build --secret id=file,src="$T/outside/file" . >"$T/out/missing" 2>&1 && false
    "$COOPER" build --secret id=file,src="$T/outside" --secret id=variable,env=VARIABLE . >"$T/out/directory" 2>&1 && false
    nowhere "$T/out"
}

@test "a killed build leaves no secret" {
    busybox_image
    secrets
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN --mount=type=secret,id=file --mount=type=secret,id=variable,env=WORD \
    cat /run/secrets/file; echo "$WORD"; : >/here; sleep 60; : cooper-secret-marker
EOF
    for engine in ns chroot; do
        "$COOPER" build --progress=plain --isolation=$engine "${OPTIONS[@]}" . >"$T/out/log.$engine" 2>&1 3>&- &
        pid=$!
        for _ in $(seq 100); do
            [ -n "$(find "$COOPER_ROOT/tmp" -name here 2>/dev/null)" ] && break
            sleep 0.05
        done
        # No process has one in its arguments.
        ! ps -eo args | grep -v grep | grep -q "$(value file)\|$(value variable)"
        kill -9 "$pid"
        wait "$pid" || true
        # Under chroot the file is one in the step's tree, for as long as that is there.
        [ "$engine" = ns ] || "$COOPER" images >/dev/null
        nowhere "$T/store" "$T/out" "$T/tmp"
    done
}

@test "passwords and tokens of registries are in no log, trace, argument or file" {
    need strace
    export HOME=$T/home
    mkdir -p "$HOME/.docker" "$T/out"
    port=$(free_port)
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" \
        '{"auth": "token"}' >"$T/registry.log" 2>&1 </dev/null 3>&- &
    faulty=$!
    for _ in $(seq 100); do curl -s -o /dev/null "http://127.0.0.1:$port/v2/" && break; sleep 0.1; done
    login() {
        printf '{"auths": {"127.0.0.1:%s": {"auth": "%s"}}}' "$port" "$(printf %s "$1" | base64)" \
            >"$HOME/.docker/config.json"
    }
    login user:secret
    printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
    name=127.0.0.1:$port/x:1
    COOPER_DEBUG=http,keys strace -f -qq -s 300 -o "$T/execs" -e trace=execve,openat \
        "$COOPER" build --progress=plain -t "$name" --load --push . >"$T/out/push" 2>&1 || { cat "$T/out/push"; false; }
    COOPER_ROOT=$T/other COOPER_DEBUG=http "$COOPER" pull "$name" >"$T/out/pull" 2>&1
    curl -s -X POST -d '{"token_life": 0}' "http://127.0.0.1:$port/control" >/dev/null
    # The word "secret" is another one's too; a wrong password is known well.
    login "user:$(value password)"
    COOPER_DEBUG=http "$COOPER" push "$name" >"$T/out/denied" 2>&1 && false
    COOPER_DEBUG=http COOPER_ROOT=$T/third "$COOPER" build --progress=rawjson - >"$T/out/denied.json" 2>&1 <<<"FROM $name" && false
    cat "$T/out/denied"
    grep -qi 'unauthorized\|denied\|401' "$T/out/denied"
    auth=$(printf user:secret | base64)
    ! grep -raF -e "$auth" "$T/out" "$T/store" "$T/other" "$T/execs"
    ! grep -rai 'bearer [a-z0-9]\|authorization: *[a-z]* [a-z0-9]' "$T/out"
    mkdir -p "$T/third"
    nowhere "$T/out" "$T/store" "$T/other" "$T/third"
}

@test "an agent's socket is only in its step" {
    need ssh-agent
    busybox_image
    mkdir -p "$T/out" "$T/tmp"
    eval "$(ssh-agent -s)" >/dev/null
    AGENT=$SSH_AGENT_PID
    ssh-keygen -q -t ed25519 -N '' -C "$(value agent)" -f "$T/key"
    ssh-add -q "$T/key"
    printf 'FROM busybox:1\nRUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo "$SSH_AUTH_SOCK"\nRUN test -z "$SSH_AUTH_SOCK"; find / -type s >/out 2>/dev/null; exit 0\n' >Dockerfile
    TMPDIR=$T/tmp "$COOPER" build --ssh default --progress=plain -t app:1 . >"$T/out/log" 2>&1
    [ -z "$(cat_of app:1 out)" ]
    [ -z "$(find "$T/store" "$T/tmp" -type s)" ]
    ! grep -ra "$SSH_AUTH_SOCK" "$T/store" "$T/out"
    nowhere "$T/store" "$T/out" "$T/tmp"
}
