#!/usr/bin/env bats
# The same inputs give the same image, however much of it was in the cache, whoever
# builds, and where.
load helpers

EPOCH=1700000000

# A context with something of everything.
rich_context() {
    mkdir -p src/deep/er empty
    echo one >one; echo two >two
    echo a >src/a; echo b >src/deep/b; echo c >src/deep/er/c
    chmod 750 src/deep; chmod 4755 src/a
    ln -s ../one src/link; ln -s /nowhere dangling
    ln one hard
    echo x >'a name with blanks'
    tar cf box.tar -C src a deep
    gzip -nk box.tar
    touch -d '2020-02-02 02:02:02' one src/a src
}

# digest_of ARGS…: builds; the manifest's digest.
digest_of() {
    rm -f "$T/digest"
    if ! "$COOPER" build --progress=plain --source-date-epoch "$EPOCH" --digest-file "$T/digest" \
        "$@" >"$T/log" 2>&1; then
        tail -n 5 "$T/log"
        return
    fi
    cat "$T/digest"
}

# same NAME <DOCKERFILE: cold, warm, without cache, with half of a cache, in a new store, in
# one that has nothing but the cache of another.
same() {
    local name=$1 want got how
    TRIED=$((TRIED + 1))
    cat >"$T/$name.Dockerfile"
    local from=(-f "$T/$name.Dockerfile" .)
    want=$(digest_of "${from[@]}")
    [[ $want == sha256:* ]] || { echo "$name: $want"; BAD=1; return; }
    for how in warm no-cache half new imported; do
        case $how in
        warm) got=$(digest_of "${from[@]}") ;;
        no-cache) got=$(digest_of --no-cache "${from[@]}") ;;
        half)
            # The younger ones, so that some stages are whole and others are not.
            find "$COOPER_ROOT/steps" -type f -newer "$T/$name.Dockerfile" | sort \
                | sed -n 'n;p' | xargs -r rm
            got=$(digest_of "${from[@]}") ;;
        new)
            rm -rf "$T/cache"
            got=$(digest_of --root "$T/new" "${from[@]}" \
                --cache-to "type=local,dest=$T/cache,mode=max,compression=uncompressed") ;;
        imported)
            find "$T/third/steps" -type f -delete
            got=$(digest_of --root "$T/third" --cache-from "type=local,src=$T/cache" "${from[@]}")
            grep -qx '#[0-9]* CACHED' "$T/log" || got="$got, but nothing of the cache" ;;
        esac
        [ "$got" = "$want" ] || { echo "$name, $how: $got instead of $want"; BAD=1; }
    done
}

# busybox:1 is the same in both stores.
begin() {
    export SOURCE_DATE_EPOCH=$EPOCH
    busybox_image
    "$COOPER" build -q --root "$T/new" -t busybox:1 "$T/busybox" >/dev/null
    "$COOPER" build -q --root "$T/third" -t busybox:1 "$T/busybox" >/dev/null
    unset SOURCE_DATE_EPOCH
    rich_context
    TRIED=0 BAD=0
}

@test "a cached result equals a new build" {
    begin
    same copy-file < <(printf 'FROM scratch\nCOPY one /\n')
    same copy-directory < <(printf 'FROM scratch\nCOPY src /src\n')
    same copy-all < <(printf 'FROM scratch\nCOPY . /\n')
    same several-sources < <(printf 'FROM scratch\nCOPY one two src/a /d/\n')
    same several-kinds-of-sources < <(printf 'FROM scratch\nCOPY src empty one /d/\n')
    same owner-and-mode < <(printf 'FROM scratch\nCOPY --chown=5:6 --chmod=u=rwX,go= src /s\n')
    same parents < <(printf 'FROM scratch\nCOPY --parents src/deep/er/c /p/\n')
    same exclude < <(printf 'FROM scratch\nCOPY --exclude=deep src /s\n')
    same link < <(printf 'FROM busybox:1\nCOPY --link src /l\nCOPY --link one /l/one\n')
    same archives < <(printf 'FROM scratch\nADD box.tar /box/\nADD box.tar.gz /zip/\n')
    same workdir < <(printf 'FROM scratch\nWORKDIR /a/b/c\nCOPY one .\nWORKDIR ../d\nCOPY two .\n')
    same user < <(printf 'FROM busybox:1\nUSER app\nWORKDIR /home/app/x\nRUN id >me\n')
    same heredoc-files < <(printf 'FROM scratch\nCOPY <<A <<B /h/\nfirst\nA\nsecond\nB\n')
    same heredoc-script < <(printf 'FROM busybox:1\nRUN <<E\nmkdir /m\necho hi >/m/hi\nE\n')
    same delete-file < <(printf 'FROM busybox:1\nCOPY src /s\nRUN rm /s/a\n')
    same delete-directory < <(printf 'FROM busybox:1\nCOPY src /s\nRUN rm -r /s/deep\n')
    same replace-directory < <(printf 'FROM busybox:1\nCOPY src /s\nRUN rm -r /s && mkdir /s && echo n >/s/n\n')
    same directory-to-file < <(printf 'FROM busybox:1\nCOPY src /s\nRUN rm -r /s/deep && echo f >/s/deep\n')
    same file-to-directory < <(printf 'FROM busybox:1\nCOPY one /x\nRUN rm /x && mkdir /x && echo f >/x/f\n')
    same copy-over-whiteout < <(printf 'FROM busybox:1\nCOPY src /s\nRUN rm -r /s/deep\nCOPY src/deep /s/deep\n')
    same rename < <(printf 'FROM busybox:1\nCOPY src /s\nRUN mv /s/deep /s/other && mv /s/a /s/z\n')
    same change-mode-and-owner < <(printf 'FROM busybox:1\nCOPY src /s\nRUN chmod 600 /s/a && chown 3:4 /s/deep/b\n')
    same links < <(printf 'FROM busybox:1\nRUN echo 1 >/f && ln /f /g && ln -s f /h\nRUN echo 2 >>/g\n')
    same odd-kinds < <(printf 'FROM busybox:1\nRUN mkfifo /p && mkdir -m 1777 /t && : >/e\n')
    same many-files < <(printf 'FROM busybox:1\nRUN for i in $(seq 300); do echo $i >/f$i; done\nRUN rm /f1*\n')
    same old-times < <(printf 'FROM busybox:1\nRUN touch -d "2001-01-01 01:01:01" /old && echo new >/new\n')
    same nothing-done < <(printf 'FROM busybox:1\nRUN true\n')
    same made-and-removed < <(printf 'FROM busybox:1\nRUN echo x >/x\nRUN rm /x\n')
    same stages < <(printf 'FROM busybox:1 AS a\nRUN echo a >/a\nFROM busybox:1 AS b\nRUN echo b >/b\nFROM busybox:1\nCOPY --from=a /a /\nCOPY --from=b /b /\n')
    same stage-upon-stage < <(printf 'FROM busybox:1 AS a\nCOPY src /s\nRUN rm /s/a && ln /s/deep/b /s/b2\nFROM a\nCOPY --from=a /s /t\nRUN rm -r /s\n')
    same bind-mount < <(printf 'FROM busybox:1\nRUN --mount=target=/m,rw cp /m/one /o && rm /m/two\n')
    same other-mounts < <(printf 'FROM busybox:1\nRUN --mount=type=cache,target=/c echo >>/c/f; --mount=type=tmpfs,target=/t; : >/t.x\n')
    same config < <(printf 'FROM busybox:1\nARG V=1\nENV W=$V\nLABEL l=$W\nRUN echo $V$W >/v\nEXPOSE 80\nVOLUME /vol\nCMD ["a"]\n')
    echo "$TRIED tried"
    [ "$BAD" -eq 0 ] && [ "$TRIED" -ge 30 ]
}

@test "many concurrent builds give the same image" {
    begin
    for i in 1 2 3 4 5 6; do
        printf 'FROM busybox:1 AS s%d\nRUN echo %d >/f && seq 1000 >/n\n' "$i" "$i"
    done >Dockerfile
    printf 'FROM busybox:1\n' >>Dockerfile
    for i in 6 5 4 3 2 1; do printf 'COPY --from=s%d /f /n /d%d/\n' "$i" "$i"; done >>Dockerfile
    one=$(digest_of --jobs 1 --no-cache .)
    [[ $one == sha256:* ]]
    [ "$(digest_of --jobs 16 --no-cache .)" = "$one" ]
    [ "$(taskset -c 0 "$BASH" -c "$(declare -f digest_of); COOPER=$COOPER T=$T EPOCH=$EPOCH; digest_of --no-cache .")" = "$one" ]
}

# build_as USER MASK CPU: busybox:1 and the context, in a directory and store of USER's.
build_as() {
    local who=$1 mask=$2 cpu=$3 home=/home/$1
    cp -r --preserve=mode,links,timestamps "$T/ctx" "$home/place of $who"
    cp -r --preserve=mode,links,timestamps "$T/busybox" "$home/base"
    chown -hR "$who:" "$home"
    chmod 4755 "$home/place of $who/src/a" # chown took that away
    setpriv --reuid "$who" --regid "$who" --init-groups env -u COOPER_ROOT HOME="$home" \
        SOURCE_DATE_EPOCH="$EPOCH" "$BASH" -ec "umask $mask
            cd '$home/place of $who'
            '$COOPER' build -q -t busybox:1 ../base
            taskset -c $cpu '$COOPER' build --progress=plain --digest-file ../digest ." >"$T/log" 2>&1 \
        || { tail -n 8 "$T/log"; return 1; }
    cat "$home/digest"
}

@test "the digest does not depend on user, umask, directory or number of CPUs" {
    need_root
    need newuidmap
    begin
    cat >Dockerfile <<'E'
FROM busybox:1
WORKDIR /w
COPY --chown=app . .
RUN rm one && mkdir -p x/y && echo z >x/y/z && chown 1000:1000 x && seq 9999 >n
USER app
RUN touch /tmp/mine
E
    want=$(digest_of .)
    [[ $want == sha256:* ]]
    chmod -R a+rX "$T/busybox"
    local a=cooper-a-$$ b=cooper-b-$$
    useradd --create-home "$a" && useradd --create-home "$b"
    usermod --add-subuids 700000-765535 --add-subgids 700000-765535 "$a"
    usermod --add-subuids 800000-865535 --add-subgids 800000-865535 "$b"
    first=$(build_as "$a" 077 0) || true
    second=$(build_as "$b" 002 0,1) || true
    rm -rf "/home/$a" "/home/$b"
    userdel "$a"; userdel "$b"
    echo "root $want, first $first, second $second"
    [ "$first" = "$want" ] && [ "$second" = "$want" ]
}
