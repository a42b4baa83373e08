#!/usr/bin/env bats
# Where no overlay can be had a step works on a copy of its layers, which later builds use
# again: whatever was done to it meanwhile, the image is what an overlay makes.
load helpers

setup_file() {
    [ "$(id -u)" -eq 0 ] || return 0
    single=cooper-kept-$$
    useradd --create-home "$single"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid
    export single
}

teardown_file() {
    [ -z "${single:-}" ] || userdel --remove "$single" >/dev/null 2>&1
    true
}

PLAIN=--isolation=chroot

# A base with something of every kind, and a step that notes all that it sees of it.
prepare() {
    need_root
    export SOURCE_DATE_EPOCH=1700000000
    busybox_image
    mkdir base
    (cd base && mkdir -p d/sub e && echo one >d/one && echo two >d/sub/two && ln d/one d/uno &&
        ln -s one d/link && mkfifo d/pipe && truncate -s 100000 hole && chmod 4755 d/sub/two &&
        chown -R 12:34 e && setcap cap_net_raw+ep d/one && find . -exec touch -h -d @1500000000 {} +)
    cat >look.sh <<'END'
find /base /new* | sort | while read -r p; do
    echo "$p $(stat -c "%f %u:%g $1" "$p") $([ ! -f "$p" ] || md5sum <"$p") $(readlink "$p")"
done >/seen 2>/dev/null
END
    cat >Dockerfile <<'END'
FROM busybox:1 AS base
COPY base /base
FROM base
ARG N
COPY look.sh /
RUN echo $N && sh /look.sh %Y && echo changed >/base/d/one && rm -r /base/e && mkdir -p /new/dir && echo n >/new/dir/n
RUN sh /look.sh && cp -a /base/d/sub /base/e && rm -r /base/d /new/dir/n
END
    WANT=$(COOPER_ROOT=$T/overlay sh_build --isolation=ns)
    [ -n "$WANT" ]
    [ "$(COOPER_ROOT=$T/new sh_build $PLAIN)" = "$WANT" ]
    build $PLAIN --build-arg N=first .
    [ "$status" -eq 0 ]
    [ "$(kept | wc -l)" -eq 1 ]
}

sh_build() {
    local base=$T/busybox
    [ -e "$COOPER_ROOT/index.json" ] || "$COOPER" build -q -t busybox:1 "$base" >/dev/null
    "$COOPER" build -q --no-cache "$@" .
}

kept() {
    ls -d "$COOPER_ROOT"/plain/*/tree
}

# Something of the base that a new copy would have anew.
mark_of() {
    stat -c '%i %z' "$(kept | head -n 1)"/bin/busybox
}

@test "the next build works on the tree that the last one left" {
    prepare
    before=$(mark_of)
    [ "$(sh_build $PLAIN)" = "$WANT" ]
    [ "$(mark_of)" = "$before" ]
    # A step that fails spoils nothing.
    printf 'FROM busybox:1\nRUN rm -r /bin/ls && echo x >/etc/passwd && false\n' >"$T/Dockerfile.fails"
    build $PLAIN -f "$T/Dockerfile.fails" .
    [ "$status" -ne 0 ]
    [ "$(kept | wc -l)" -eq 1 ]
    [ "$(sh_build $PLAIN)" = "$WANT" ]
    [ "$(mark_of)" = "$before" ]
    # Steps that are in the cache are not done again on it.
    echo '# changed' >>look.sh
    want=$(COOPER_ROOT=$T/overlay sh_build --isolation=ns)
    "$COOPER" build -q $PLAIN . >"$T/got"
    [ "$(cat "$T/got")" = "$want" ]
    [ "$(mark_of)" = "$before" ]
}

@test "steps that change nothing work on one tree, and a changed directory of a stand-in is noticed" {
    need_root
    busybox_image
    printf '%s\n' 'FROM busybox:1' 'RUN mkdir -p /etc && rm -f /etc/hosts' 'ARG N' 'RUN echo in $(stat -c %i /bin/busybox) of $N' \
        'RUN echo in $(stat -c %i /bin/busybox) still' 'RUN echo in $(stat -c %i /bin/busybox) again' \
        'RUN chmod 711 /etc' 'RUN touch /etc/new; chown 5:6 /etc' >Dockerfile
    build $PLAIN --build-arg N=1 -o type=tar,dest=plain.tar .
    [ "$status" -eq 0 ]
    [ "$(grep -c ' in [0-9]* [osa]' <<<"$output")" -eq 3 ]
    [ "$(grep -o ' in [0-9]* [osa]' <<<"$output" | cut -d' ' -f3 | sort -u | wc -l)" -eq 1 ]
    [[ $(tar -tvf plain.tar etc/) == drwx--x--x\ 5/6* ]]
    tar -tf plain.tar etc/new
}

@test "manual changes to a kept tree do not get into an image" {
    prepare
    mkdir "$T/outside"
    while read -r name script; do
        (cd "$(kept)" && eval "$script") || { echo "$name"; false; }
        got=$(sh_build $PLAIN)
        [ "$got" = "$WANT" ] || { echo "$name: $got instead of $WANT"; false; }
        [ "$(kept | wc -l)" -eq 1 ]
        [ "$(ls "$T/outside")" = "$(ls "$T/outside" | grep -x busybox)" ]
    done <<'END'
content-with-old-time touch -r base/hole "$T/time"; printf ONE >base/hole; truncate -s 100000 base/hole; touch -r "$T/time" base/hole
more echo more >>bin/busybox; printf x | dd of=look.sh conv=notrunc 2>/dev/null
added echo added >base/added; mkdir -p newer/dir
added-over-removed mkdir -p base/e; echo two >base/d; echo two >base/d.txt
removed rm -rf base/hole etc/passwd bin/sh
all-removed rm -rf ./*
mode chmod 777 base etc/passwd; chmod 0 base/hole
owner chown 77:77 base etc etc/passwd; chown -h 5 bin/sh
attributes setfattr -n user.a -v 1 base; setfattr -n user.a -v 1 etc; setcap cap_net_raw+ep etc/passwd
time touch -h -d @5 base base/hole bin/sh etc
kinds rm -rf base; ln -s "$T/outside" base; rm etc/passwd; mkfifo etc/passwd; mknod null c 1 3
moved mv etc etc2; cp -a etc2 etc; mv tmp base/tmp
linked ln etc/passwd base/again; ln bin/busybox "$T/outside/busybox"
nodes mknod zero c 1 5; rm -rf tmp; mknod tmp b 7 0
root chmod 700 .; chown 5:5 .; touch -d @5 .
END
}

@test "a kept tree with damaged notes, or the notes of another, is made anew" {
    prepare
    mkdir -p "$T/other/bin" "$T/other/theirs"
    for damage in 'rm notes' ': >notes' 'rm stack' 'echo x >stack' 'rm -r tree' 'rm -r tree; ln -s "$T/other" tree' 'cp -a tree other; rm -r tree; mv other tree' \
        'rm -r tree; mkdir tree; touch tree/x' \
        'printf "\377" | dd of=notes bs=1 seek=60 conv=notrunc 2>/dev/null' 'sed -i 2d stack' \
        'truncate -s -5 notes' 'sed -i "1s/[0-9]*$/77/" stack' 'chmod 0 notes; mkdir tree/x'; do
        (cd "$COOPER_ROOT"/plain/*/ && eval "$damage")
        [ "$(sh_build $PLAIN)" = "$WANT" ] || { echo "$damage"; false; }
        rm -rf "$COOPER_ROOT"/plain/*
        build $PLAIN --build-arg "N=$damage" --no-cache .
        [ "$status" -eq 0 ]
        [ "$(kept | wc -l)" -eq 1 ]
    done
    # Whatever a tree is said to be: nothing outside of the store was touched.
    [ -d "$T/other/bin" ]
    [ -d "$T/other/theirs" ]
}

@test "concurrent builds never work on the same tree" {
    prepare
    for round in 1 2 3; do
        (sh_build $PLAIN >"$T/one") 3>&- &
        one=$!
        sh_build $PLAIN --build-arg "N=$round" >"$T/two"
        wait "$one"
        [ "$(cat "$T/one")" = "$WANT" ]
        [ "$(COOPER_ROOT=$T/overlay sh_build --isolation=ns --build-arg "N=$round")" = "$(cat "$T/two")" ]
    done
    [ "$(kept | wc -l)" -le 4 ]
}

@test "a killed build leaves no half-made tree" {
    prepare
    for wait in 0.02 0.05 0.1 0.15 0.2 0.3 0.5; do
        "$COOPER" build -q --no-cache $PLAIN . >/dev/null 2>&1 3>&- &
        builder=$!
        sleep "$wait"
        kill -KILL "$builder" 2>/dev/null || true
        wait "$builder" || true
        [ "$(sh_build $PLAIN)" = "$WANT" ]
    done
    [ -z "$(ls -A "$COOPER_ROOT/tmp")" ]
    for one in "$COOPER_ROOT"/plain/*; do
        [ -d "$one/tree" ] && [ -s "$one/notes" ] && [ -s "$one/stack" ]
    done
}

@test "the tree of a failed step with secrets is removed" {
    prepare
    echo cooper-canary-secret >"$T/secret"
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=s cp /run/secrets/s /stolen && false\n' >"$T/Dockerfile.fails"
    run "$COOPER" build -q $PLAIN --secret "id=s,src=$T/secret" -f "$T/Dockerfile.fails" .
    [ "$status" -ne 0 ]
    ! grep -rq cooper-canary-secret "$COOPER_ROOT"
}

@test "du counts kept trees, prune removes them first, and the size limit includes them" {
    prepare
    bytes=$("$COOPER" du --format=json | jq .plain.bytes)
    [ "$bytes" -gt 500000 ]
    [ "$("$COOPER" du --format=json | jq .plain.number)" -eq 1 ]
    [[ $("$COOPER" prune --dry-run) != *' 0B' ]]
    kept
    # A build that runs meanwhile needs none.
    "$COOPER" prune --older-than 1h
    [ "$(kept | wc -l)" -eq 1 ]
    "$COOPER" prune
    [ -z "$(ls -A "$COOPER_ROOT/plain")" ]
    [ "$(sh_build $PLAIN)" = "$WANT" ]
    total=$("$COOPER" du --format=json | jq .total.bytes)
    sh_build $PLAIN --cache-max-size=$((total - bytes / 2)) --build-arg N=bound
    [ -z "$(ls -A "$COOPER_ROOT/plain")" ]
    # What is not made again that easily is there still.
    run "$COOPER" build --progress=plain $PLAIN --build-arg N=bound .
    [ "$(grep -c CACHED <<<"$output")" -ge 3 ]
    sh_build $PLAIN --cache-max-size=1g
    [ "$(kept | wc -l)" -eq 1 ]
}

@test "only a few trees are kept" {
    prepare
    for i in 1 2 3 4 5 6; do
        printf 'FROM scratch\nCOPY busybox/root /\nCOPY n%d /\nRUN /bin/true\n' "$i" >"$T/Dockerfile.many"
        echo "$i" >"$T/n$i"
        # Bases that have nothing in common are only those with another first layer.
        echo "$i" >"$T/busybox/root/number"
        "$COOPER" build -q $PLAIN -f "$T/Dockerfile.many" "$T" >/dev/null
    done
    [ "$(kept | wc -l)" -eq 4 ]
}

@test "engine ns keeps its copies, too, also for a user with a single id" {
    prepare
    mkdir -p "$T/over"/{lower,upper,work,merged}
    mount -t overlay overlay -o \
        "lowerdir=$T/over/lower,upperdir=$T/over/upper,workdir=$T/over/work" "$T/over/merged" ||
        skip "needs overlayfs"
    export COOPER_ROOT=$T/over/merged/store
    sh_build >/dev/null
    before=$(mark_of)
    (cd "$(kept)" && echo more >>bin/busybox && rm -r base)
    got=$(sh_build)
    umount "$T/over/merged"
    [ "$got" = "$WANT" ]
    chmod -R a+rX "$T/busybox" "$T/ctx"
    store=/home/$single/store
    by=(setpriv --reuid "$single" --regid "$single" --clear-groups env HOME="/home/$single" COOPER_ROOT="$store")
    "${by[@]}" "$COOPER" build -q -t busybox:1 "$T/busybox"
    for round in 1 2 3; do
        [ "$("${by[@]}" "$COOPER" build -q --no-cache $PLAIN . 2>/dev/null)" = "$WANT" ]
        [ "$(ls "$store/plain" | wc -l)" -eq 1 ]
        (cd "$store"/plain/*/tree && rm -r base/* && echo x >>etc/passwd && chmod 777 etc)
    done
}
