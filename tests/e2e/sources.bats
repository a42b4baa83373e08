#!/usr/bin/env bats
# What COPY and ADD take, and what they refuse: names, archives, patterns, times.
load helpers

setup_file() {
    export T=$BATS_FILE_TMPDIR COOPER_ROOT=$BATS_FILE_TMPDIR/store
    busybox_image
}

setup() {
    T=$(mktemp -d "${TMPDIR:-/tmp}/cooper-test.XXXXXX")
    chmod 755 "$T"
    export COOPER_ROOT=$BATS_FILE_TMPDIR/store
    mkdir "$T/ctx"
    cd "$T/ctx" || return 1
}

# made DOCKERFILE [OPTION…]: builds it ("|" ends a line); its files are in $T/out.
made() {
    local text=${1//|/$'\n'}
    shift
    rm -rf "$T/out"
    printf '%s\n' "$text" >"$T/Dockerfile"
    run "$COOPER" build --progress=plain -o "type=local,dest=$T/out" -f "$T/Dockerfile" "$@" .
    [ "$status" -eq 0 ] || { echo "$text: $status, $output"; return 1; }
}

# refused STATUS TEXT DOCKERFILE [OPTION…]: a build of it fails like that.
refused() {
    local want=$1 part=$2 text=${3//|/$'\n'}
    shift 3
    printf '%s\n' "$text" >"$T/Dockerfile"
    run timeout 60 "$COOPER" build --progress=plain -o "type=tar,dest=$T/out.tar" -f "$T/Dockerfile" "$@" .
    [ "$status" -eq "$want" ] && [[ "$output" == *"$part"* ]] || { echo "$text: $status, $output"; return 1; }
}

# ------------------------------------------------------------ names of whiteouts

@test "a name that is a mark in layers is refused, however it comes to be" {
    echo x >.wh.passwd
    mkdir -p d/.wh.dir e
    echo x >d/.wh.dir/f
    echo x >f
    ln -s f .wh.link
    local text
    while read -r text; do
        refused 4 '.wh.' "$text"
        [[ "$output" == *"is deleted"* && "$output" == *hint* ]]
    done <<'END'
FROM busybox:1|COPY .wh.passwd /etc/
FROM busybox:1|COPY .wh.link /etc/
FROM busybox:1|COPY --link .wh.passwd /etc/
FROM busybox:1|COPY f /etc/.wh.passwd
FROM busybox:1|COPY f /.wh.etc/
FROM busybox:1|COPY --parents d/.wh.dir/f /
FROM busybox:1|COPY d /
FROM busybox:1|COPY --exclude=f . /
FROM busybox:1|ADD f /etc/.wh.passwd
FROM busybox:1|ADD .wh.passwd /etc/
FROM busybox:1|COPY <<.wh.etc /|x|.wh.etc
FROM busybox:1|COPY <<E /.wh.etc|x|E
FROM busybox:1|RUN touch /.wh.etc
FROM busybox:1|RUN mkdir -p /a/.wh.b/c
FROM busybox:1|RUN ln -s x /.wh..wh..opq
FROM busybox:1|RUN mkdir /a && mv /bin/busybox /a/.wh.x
FROM busybox:1|WORKDIR /.wh.etc
FROM busybox:1|WORKDIR /a/.wh.b/c
FROM scratch|COPY . /
END
    printf '**/.wh.*\n' >.dockerignore
    made 'FROM busybox:1|COPY . /x/'
    [ "$(cd "$T/out/x" && find . -type f | sort | xargs)" = "./.dockerignore ./f" ]
    rm .dockerignore
    made 'FROM busybox:1|COPY --exclude=**/.wh.* . /x/'
    made 'FROM busybox:1|RUN --mount=type=bind,target=/m ls /m/.wh.passwd|RUN touch /.wha /wh. /a.wh.b'
}

@test "the local image and the one that is carried away agree on deleted files" {
    tar cf a.tar --transform 's,^,etc/,' --files-from /dev/null
    mkdir etc && touch etc/.wh.passwd etc/new && tar cf a.tar etc
    printf 'FROM busybox:1\nADD a.tar /\n' >Dockerfile
    build -t carried:1 -o "type=oci,dest=$T/oci.tar" .
    [[ "$output" == *"left out of the archive"* ]]
    made 'FROM busybox:1|ADD a.tar /|RUN test -e /etc/passwd && test -e /etc/new'
    mkdir "$T/oci" && tar xf "$T/oci.tar" -C "$T/oci"
    COOPER_ROOT=$T/other made 'FROM base' --build-context "base=oci-layout://$T/oci"
    [ -e "$T/out/etc/passwd" ] && [ -e "$T/out/etc/new" ]
}
