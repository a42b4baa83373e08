#!/usr/bin/env bats
# Where a build's files come from: every form of a context, good ones and bad ones.
load helpers

setup_file() {
    export WEB=$BATS_FILE_TMPDIR/web REPOS=$BATS_FILE_TMPDIR/repos
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    mkdir "$WEB" "$REPOS"
    a_repository
    serve
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")" 2>/dev/null || true
    [ ! -e "$BATS_FILE_TMPDIR/daemon.pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/daemon.pid")" || true
}

# Branches main and next, tag v1 (annotated) on the first commit.
a_repository() {
    local tree=$BATS_FILE_TMPDIR/tree
    export GIT_COMMITTER_DATE='1500000000 +0000' GIT_AUTHOR_DATE='1500000000 +0000'
    git init -q -b main "$tree"
    cd "$tree" || return 1
    git config user.name t && git config user.email t@localhost
    mkdir sub
    echo 1 >a
    echo b >sub/b
    ln -s /etc out
    ln -s /etc/passwd Linked
    printf 'FROM scratch\nCOPY . /\n' | tee Dockerfile >sub/Dockerfile
    printf 'FROM scratch\nCOPY a /other\n' >Other
    git add -A && git commit -q -m one && git tag -a -m one v1
    git rev-parse HEAD >"$BATS_FILE_TMPDIR/first"
    git checkout -q -b next
    echo 2 >a
    git commit -q -a -m two
    git checkout -q main
    git clone -q --bare . "$REPOS/r.git"
    cd - >/dev/null || return 1
}

serve() {
    "$ROOT/tests/lib/web_server.py" "$WEB" "$REPOS" >"$BATS_FILE_TMPDIR/url" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    for _ in $(seq 100); do
        [ -s "$BATS_FILE_TMPDIR/url" ] && break
        sleep 0.1
    done
    URL=$(cat "$BATS_FILE_TMPDIR/url")
    export URL GIT=$URL/git/r.git
}

# gives FILES ARGS…: a build with ARGS makes just these files.
gives() {
    local want=$1 have
    shift
    run "$COOPER" build --progress=plain -o "type=tar,dest=$T/out.tar" "$@"
    [ "$status" -eq 0 ] || { echo "$*: $output"; return 1; }
    have=$(tar tf "$T/out.tar" | sort | xargs)
    [ "$have" = "$want" ] || { echo "$*: $have, not $want"; return 1; }
}

# refuses STATUS TEXT ARGS…: a build with ARGS fails like that, leaves nothing, and shows
# nothing of /etc/passwd.
refuses() {
    local want=$1 text=$2
    shift 2
    run "$COOPER" build --progress=plain "$@"
    [ "$status" -eq "$want" ] && [[ "$output" == *"$text"* ]] && [[ "$output" != *root:x:* ]] ||
        { echo "$*: $status, $output"; return 1; }
    [ -z "$(ls "$COOPER_ROOT/tmp" 2>/dev/null)" ] || { ls -R "$COOPER_ROOT/tmp"; return 1; }
}

# content FILE: of the last image.
content() {
    tar -xOf "$T/out.tar" "$1"
}

# hostile NAME ENTRY…: a tar with entries "f NAME TEXT", "d NAME", "l NAME TARGET", "h …",
# "c NAME", "p NAME".
hostile() {
    python3 - "$@" <<'END'
import io, sys, tarfile
kinds = {"f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE,
         "c": tarfile.CHRTYPE, "p": tarfile.FIFOTYPE}
with tarfile.open(sys.argv[1], "w") as tar:
    for line in sys.argv[2:]:
        kind, name, rest = (line.split(" ", 2) + [""])[:3]
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, data = kinds[kind], 0o755 if kind == "d" else 0o644, None
        if kind == "f":
            data = rest.encode().decode("unicode_escape").encode()
            entry.size = len(data)
        else:
            entry.linkname = rest
        entry.devmajor, entry.devminor = 1, 5
        tar.addfile(entry, io.BytesIO(data) if data is not None else None)
END
}

# peak COMMAND…: its exit status; the most memory that it had, in KiB, is in $T/peak.
peak() {
    python3 - "$T/peak" "$@" 3<&0 <<'END'
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:], stdin=3, check=False).returncode
with open(sys.argv[1], "w") as f:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=f)
sys.exit(status)
END
}

ALL='f Dockerfile FROM scratch\nCOPY . /\n'

a_context() {
    echo hello >a
    mkdir d
    echo b >d/b
    printf 'FROM scratch\nCOPY . /\n' >Dockerfile
}

# ------------------------------------------------------------ directories

@test "a directory by any of its names" {
    a_context
    ln -s ctx ../link
    for dir in . "$PWD" ../ctx ../link ../link/ d/..; do
        gives "Dockerfile a d/ d/b" "$dir"
    done
    mkdir -p ../git@host:x github.com/a/b
    printf 'FROM scratch\nCOPY Dockerfile /x\n' | tee ../git@host:x/Dockerfile >github.com/a/b/Dockerfile
    gives x github.com/a/b
    cd ..
    gives x git@host:x
}

@test "a context that is not a directory is refused" {
    a_context
    refuses 4 "nosuch: No such file or directory" nosuch
    refuses 4 "a: Not a directory" a
    refuses 4 "ftp://host/x: No such file" ftp://host/x
    refuses 4 "file:///x.git" file:///x.git
}

@test "-f names a file below the working directory, a pipe, or a URL" {
    a_context
    mkdir ../else
    printf 'FROM scratch\nCOPY a /else\n' >../else/Dockerfile
    cp ../else/Dockerfile "$WEB/Dockerfile.else"
    gives else -f ../else/Dockerfile .
    gives else -f "$T/else/Dockerfile" .
    gives else -f <(cat ../else/Dockerfile) .
    gives else -f "$URL/Dockerfile.else" .
    (cd ../else && gives else -f Dockerfile ../ctx)
    gives else -f - . <../else/Dockerfile
    refuses 4 "404" -f "$URL/nosuch" .
    refuses 4 "Missing: no such file" -f Missing .
    mv Dockerfile dockerfile
    gives "a d/ d/b dockerfile" .
}

# ------------------------------------------------------------ ignore files

@test "exactly one ignore file is used: the Dockerfile's own, else the context's" {
    a_context
    printf 'd\n.dockerignore\n' >.dockerignore
    gives "Dockerfile a" .
    printf 'FROM scratch\nCOPY . /\n' >Other
    printf 'a\n*dockerignore\n' >Other.dockerignore
    gives "Dockerfile Other d/ d/b" -f Other .
    : >Other.dockerignore
    gives ".dockerignore Dockerfile Other Other.dockerignore a d/ d/b" -f Other .
    rm Other*
    mkdir ../else
    cp Dockerfile ../else/my.file
    printf 'Dockerfile\n*dockerignore\n' >../else/my.file.dockerignore
    gives "a d/ d/b" -f ../else/my.file .
    printf '*ockerfile\nd\n' >Dockerfile.dockerignore
    gives ".dockerignore Dockerfile.dockerignore a" .
    gives "Dockerfile Dockerfile.dockerignore a" -f - . <Dockerfile
    gives "Dockerfile Dockerfile.dockerignore a" -f <(cat Dockerfile) .
}

@test "an ignore file in an archive or a repository excludes nothing" {
    a_context
    echo a >.dockerignore
    tar cf "$WEB/i.tar" .
    gives ".dockerignore Dockerfile a d/ d/b" - <"$WEB/i.tar"
    gives ".dockerignore Dockerfile a d/ d/b" "$URL/i.tar"
}

@test "a malformed ignore file is refused" {
    a_context
    echo '!' >.dockerignore
    refuses 3 'illegal exclusion pattern: "!"' .
    echo '[' >.dockerignore
    refuses 3 "syntax error in pattern" .
}

# ------------------------------------------------------------ standard input

@test "an archive on standard input, however compressed, keeps modes, links and times" {
    a_context
    chmod 750 d
    chmod 4711 d/b
    touch -d @1400000000 a
    ln a hard
    ln -s d/b soft
    for z in '' -z -j -J --zstd; do
        tar c $z . >"$T/ctx.tar"
        gives "Dockerfile a d/ d/b hard soft" --no-cache - <"$T/ctx.tar"
        tar -tvf "$T/out.tar" --full-time >list
        grep -q '^-rw-r--r-- 0/0 .* 2014-05-13 .* a$' list
        grep -q '^hrw.* hard link to a$' list
        grep -q '^drwxr-x--- 0/0 .* d/$' list
        grep -q '^-rws--x--x 0/0 .* d/b$' list
        grep -q '^lrwx.* soft -> d/b$' list
        rm list
    done
}

@test "an archive brings its own Dockerfile unless -f is absolute or -" {
    a_context
    printf 'FROM scratch\nCOPY a /mine\n' >../Mine
    printf 'FROM scratch\nCOPY a /inside\n' >d/Mine
    tar cf ../ctx.tar .
    cp ../Mine Mine
    gives inside -f d/Mine - <../ctx.tar
    refuses 4 "Mine: no such file" -f Mine - <../ctx.tar
    [[ "$output" == *"hint: -f names a file of the context"* ]]
    gives mine -f "$PWD/Mine" - <../ctx.tar
    tar --delete -f ../ctx.tar ./Dockerfile
    refuses 4 "Dockerfile: no such file" - <../ctx.tar
    tar --transform s/Mine/dockerfile/ -rf ../ctx.tar Mine
    gives mine - <../ctx.tar
}

@test "an archive that is truncated or damaged anywhere is refused" {
    local size at z
    head -c 100000 /dev/urandom >random
    a_context
    for z in gzip bzip2 xz zstd; do
        tar c --$z . >"$T/whole"
        size=$(stat -c %s "$T/whole")
        for at in 20 $((size / 2)) $((size - 3)); do
            head -c "$at" "$T/whole" >"$T/part"
            refuses 9 truncated - <"$T/part"
        done
        { head -c $((size / 2)) "$T/whole"; echo damaged; tail -c +$((size / 2 + 9)) "$T/whole"; } >"$T/part"
        refuses 9 "$z: " - <"$T/part"
    done
    tar c . >"$T/whole"
    head -c 50000 "$T/whole" >"$T/part"
    refuses 9 truncated - <"$T/part"
    gzip <Dockerfile >"$T/part"
    refuses 9 truncated - <"$T/part"
    tar cT /dev/null >"$T/part"
    refuses 4 "Dockerfile: no such file" - <"$T/part"
    gives "" -f "$PWD/Dockerfile" - <"$T/part"
}

@test "names and links in an archive never lead out of it" {
    mkdir "$T/victim"
    echo secret >"$T/victim/f"
    hostile ../t.tar "$ALL" 'f ../up x' "f $T/victim/abs x" 'f d/../../../dots x' 'd ..' 'd .' 'd /'
    run "$COOPER" build -o "type=tar,dest=$T/out.tar" - <../t.tar
    [ "$status" -eq 0 ]
    hostile ../t.tar "$ALL" "l d $T/victim" 'f d/evil x'
    refuses 9 "d/evil" - <../t.tar
    hostile ../t.tar "$ALL" "h pw ../../../../../../../etc/passwd"
    refuses 9 "pw: hard link" - <../t.tar
    hostile ../t.tar "$ALL" "l e /etc" "h pw e/passwd"
    refuses 9 "pw: hard link" - <../t.tar
    hostile ../t.tar "f Dockerfile FROM scratch\nCOPY e/passwd /\n" "l e /etc"
    refuses 4 "not found" - <../t.tar
    [ "$(ls "$T/victim")" = f ]
    [ "$(ls "$T")" = "$(printf '%s\n' ctx out.tar store t.tar victim)" ]
}

@test "somebody else's Dockerfile cannot show our files or make us hang" {
    hostile ../t.tar "l Dockerfile /etc/passwd"
    refuses 4 "Dockerfile is a link that leads out" - <../t.tar
    hostile ../t.tar "l Dockerfile ../../../../../../../../etc/passwd"
    refuses 4 "Dockerfile is a link that leads out" - <../t.tar
    refuses 4 "no such file" -f ../../../../../../etc/passwd - <../t.tar
    refuses 4 "Linked is a link that leads out" -f Linked "$GIT"
    refuses 4 "no such file" -f out/passwd "$GIT"
    hostile ../t.tar "l Dockerfile Dockerfile"
    refuses 4 "Too many levels" - <../t.tar
    hostile ../t.tar "p Dockerfile"
    refuses 4 "not a regular file" - <../t.tar
    hostile ../t.tar "d Dockerfile"
    refuses 4 "not a regular file" - <../t.tar
    hostile ../t.tar "l Dockerfile d/inside" "f d/inside FROM scratch\nCOPY d /\n"
    gives inside - <../t.tar
}

@test "an archive bomb fills neither memory nor, for long, the disk" {
    need_root
    mkdir "$T/small"
    mount -t tmpfs -o size=48m none "$T/small"
    head -c 400M /dev/zero >zeros
    printf 'FROM scratch\nCOPY zeros /\n' >Dockerfile
    tar czf ../bomb.tar.gz .
    rm zeros
    export COOPER_ROOT=$T/small/store
    peak "$COOPER" build - <../bomb.tar.gz >../log 2>&1 && status=0 || status=$?
    left=$(du -sm "$T/small" | cut -f1)
    umount "$T/small"
    cat ../log
    [ "$status" -eq 10 ]
    grep -q 'No space left' ../log
    [ "$(cat "$T/peak")" -lt 200000 ]
    [ "$left" -le 1 ]
    yes '# a long story' | head -c 300M >../long
    export COOPER_ROOT=$T/store
    refuses 3 "more than 16777216 bytes" - <../long
}

@test "a Dockerfile on standard input has no context but named ones" {
    a_context
    printf 'FROM scratch\nCOPY a /x\n' >../Dockerfile
    gives x -f - . <../Dockerfile
    refuses 4 "there is no build context" - <../Dockerfile
    printf 'FROM scratch\nCOPY --from=other a /x\n' >../Dockerfile
    gives x --build-context other=. - <../Dockerfile
    refuses 2 "cannot both be standard input" -f - - <../Dockerfile
    refuses 2 "ambiguous Dockerfile source" -f Dockerfile - <../Dockerfile
    refuses 4 "standard input is empty" - </dev/null
    [[ "$output" == *"hint: send a tar archive or a Dockerfile"* ]]
    refuses 3 "the Dockerfile cannot be empty" -f - . </dev/null
}

# ------------------------------------------------------------ repositories

@test "a repository: branch, tag, commit, directory, in both forms" {
    local first
    first=$(cat "$BATS_FILE_TMPDIR/first")
    local all="Dockerfile Linked Other a out sub/ sub/Dockerfile sub/b"
    for word in "$GIT" "$GIT#" "$GIT#main" "$GIT#v1" "$GIT#refs/heads/main" "$GIT#refs/tags/v1" \
            "$GIT#$first" "$GIT#:" "$GIT?branch=main" "$GIT?tag=v1" "$GIT?ref=v1" "$GIT?ref=main#main" \
            "$GIT?checksum=$first" "$GIT?commit=${first:0:10}&branch=main" "$GIT?submodules=false" \
            "$GIT?mtime=commit"; do
        gives "$all" "$word"
        [ "$(content a)" = 1 ]
    done
    for word in "$GIT#next" "$GIT?branch=next" "$GIT?ref=refs/heads/next"; do
        gives "$all" "$word"
        [ "$(content a)" = 2 ]
    done
    for word in "$GIT#main:sub" "$GIT#:sub" "$GIT#:/sub/" "$GIT#:./sub" "$GIT?subdir=sub" "$GIT?subdir=%2Fsub" \
            "$GIT?tag=v1#:sub" "$GIT?subdir=sub#v1"; do
        gives "Dockerfile b" "$word"
    done
    gives other -f Other "$GIT"
    gives x -f - "$GIT" <<<$'FROM scratch\nCOPY a /x'
    tar -tvf "$T/out.tar" --full-time | grep -q '2017-07-14'
    gives "$all" --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=0 "$GIT"
    run "$COOPER" build -o "type=tar,dest=$T/out.tar" "$GIT?keep-git-dir=1"
    tar tf "$T/out.tar" | grep -q '^\.git/HEAD$'
}

@test "a repository, fetched with git's own protocol" {
    local port
    port=$(free_port)
    git daemon --reuseaddr --listen=127.0.0.1 --port="$port" --base-path="$REPOS" --export-all \
        --pid-file="$BATS_FILE_TMPDIR/daemon.pid" --detach 3>&- || skip "needs git daemon"
    for _ in $(seq 50); do
        git ls-remote "git://127.0.0.1:$port/r.git" >/dev/null 2>&1 && break
        sleep 0.1
    done
    gives "Dockerfile b" "git://127.0.0.1:$port/r.git#v1:sub"
    gives x --build-context "src=git://127.0.0.1:$port/r.git#next" - <<<$'FROM scratch\nCOPY --from=src a /x'
    [ "$(content x)" = 2 ]
}

@test "a repository without the requested branch, commit or directory" {
    refuses 4 "repository does not contain ref nosuch" "$GIT#nosuch"
    refuses 4 "repository does not contain ref refs/tags/main" "$GIT?tag=main"
    refuses 4 "" "$GIT#0123456789012345678901234567890123456789"
    refuses 4 "subdirectory nosuch: not found" "$GIT#main:nosuch"
    refuses 4 "subdirectory a: not found" "$GIT#main:a"
    refuses 4 "subdirectory out: not found" "$GIT#main:out"
    refuses 4 "not found" "$GIT#main:../../../../../../etc"
    refuses 4 "nosuch.git" "$URL/git/nosuch.git"
    refuses 2 'unexpected query "nosuch"' "$GIT?nosuch=1"
    refuses 2 "ref conflicts" "$GIT?ref=main#v1"
    refuses 2 "branch conflicts with tag" "$GIT?tag=v1&branch=main"
    refuses 9 "expected checksum" "$GIT?checksum=0123456789012345678901234567890123456789"
    refuses 2 "not a git ref" "$GIT#--upload-pack=touch x"
    [ ! -e x ]
    refuses 6 "" "git://127.0.0.1:1/r.git"
    refuses 6 "" "http://127.0.0.1:1/r.git"
}

# ------------------------------------------------------------ the web

@test "an archive from a web server, in every compression" {
    a_context
    for z in gzip bzip2 xz zstd; do
        tar c --$z . >"$WEB/c.tar.$z"
        gives "Dockerfile a d/ d/b" "$URL/c.tar.$z"
    done
    tar cf "$WEB/c.tar" .
    gives "Dockerfile a d/ d/b" "$URL/c.tar"
    head -c 100 "$WEB/c.tar.gzip" >"$WEB/cut"
    refuses 9 "truncated" "$URL/cut"
    refuses 4 "invalid response status 404" "$URL/nosuch.tar.gz"
    refuses 6 "" "http://127.0.0.1:1/c.tar"
}

@test "a single file from a web server is the Dockerfile and the whole context" {
    printf 'FROM scratch\nCOPY . /\n' >"$WEB/single"
    gives context "$URL/single"
    cmp <(content context) "$WEB/single"
    gives y -f - "$URL/single" <<<$'FROM scratch\nCOPY context /y'
    cmp <(content y) "$WEB/single"
    echo 'NOTHING at all' >"$WEB/single"
    refuses 3 "unknown instruction: NOTHING" "$URL/single"
}

# ------------------------------------------------------------ named contexts

# named FILES ARGS…: as gives, with the Dockerfile $T/Named.
named() {
    local want=$1
    shift
    gives "$want" "$@" -f "$T/Named" .
}

@test "every kind of named context can be copied from" {
    a_context
    printf 'FROM scratch\nCOPY --from=src . /\n' >../Named
    "$COOPER" build -q -t files:1 . >/dev/null
    "$COOPER" build -q -o "type=oci,dest=$T/layout,tar=false" -t files:2 . >/dev/null
    local digest
    digest=$(jq -r '.manifests[0].digest' "$T/layout/index.json")
    named "Dockerfile a d/ d/b" --build-context src=.
    named "b" --build-context src=d
    named "b" --build-context "src=$PWD/d"
    named "Dockerfile a d/ d/b" --build-context src=docker-image://files:1
    named "Dockerfile a d/ d/b" --build-context "src=oci-layout://$T/layout"
    named "Dockerfile a d/ d/b" --build-context "src=oci-layout://$T/layout@$digest"
    named "Dockerfile a d/ d/b" --build-context "src=oci-layout://../layout@$digest"
    named "Dockerfile b" --build-context "src=$GIT#main:sub"
    named "Dockerfile b" --build-context "src=$GIT?branch=main&subdir=sub"
    cp a "$WEB/one"
    named "context" --build-context "src=$URL/one"
    tar cf "$WEB/named.tar" a
    named "context" --build-context "src=$URL/named.tar"
    cmp <(content context) "$WEB/named.tar"
}

@test "every kind of named context can be a base" {
    a_context
    printf 'FROM base\nCOPY a /new\n' >../Named
    printf 'FROM scratch\nCOPY d/b /old\nENV KEPT=1\n' >../Old
    "$COOPER" build -q -t old:1 -f ../Old . >/dev/null
    "$COOPER" build -q -t old:1 -o "type=oci,dest=$T/layout,tar=false" -f ../Old . >/dev/null
    named "b new" --build-context base=d
    named "new old" --build-context base=docker-image://old:1
    named "new old" --build-context "base=oci-layout://$T/layout"
    named "new old" --build-context "base=oci-layout://$T/layout:1"
    named "Dockerfile b new" --build-context "base=$GIT#:sub"
    named "new" --build-context base=docker-image://scratch
    build -t app:1 --build-context "base=docker-image://old:1" -f ../Named .
    "$COOPER" inspect app:1 | grep -q KEPT=1
}

@test "a layout with several images needs a tag or a digest" {
    printf 'FROM scratch\nCOPY --from=src . /\n' >../Named
    for i in 1 2; do
        mkdir "in$i" && : >"in$i/file$i"
        printf 'FROM scratch\nCOPY . /\n' | "$COOPER" build -q -o "type=oci,dest=$T/layout,tar=false" -t "x:v$i" -f - "in$i" >/dev/null
    done
    named file1 --build-context "src=oci-layout://$T/layout:v1"
    named file2 --build-context "src=oci-layout://$T/layout:v2"
    refuses 4 "several images" --build-context "src=oci-layout://$T/layout" -f ../Named .
    [[ "$output" == *"it has v1, v2"* ]]
    refuses 4 "no image v3" --build-context "src=oci-layout://$T/layout:v3" -f ../Named .
    # Two names of one image are one.
    printf 'FROM scratch\nCOPY . /\n' | "$COOPER" build -q -o "type=oci,dest=$T/one,tar=false" -t x:a -t x:b -f - in1 >/dev/null
    named file1 --build-context "src=oci-layout://$T/one"
    printf 'FROM scratch\nCOPY . /\n' | "$COOPER" build -q -o "type=oci,dest=$T/layout,tar=false" -t x -f - in2 >/dev/null
    named file2 --build-context "src=oci-layout://$T/layout"
}

@test "a named context replaces a stage, or an image with its default tag" {
    a_context
    printf 'FROM nosuch.invalid/x AS base\nRUN false\nFROM base\n' >../Named
    named b --build-context base=d
    named b --build-context BASE=d
    printf 'FROM alpine:latest\n' >../Named
    named b --build-context alpine=d
    named b --build-context docker.io/library/alpine:latest=d
    printf 'FROM scratch\nCOPY --from=alpine:3 / /\n' >../Named
    named b --build-context alpine:3=d
}

@test "a named directory has its own ignore file" {
    a_context
    printf 'FROM scratch\nCOPY --from=src . /\n' >../Named
    echo b >d/c
    printf 'b\n.dockerignore\n' >d/.dockerignore
    echo c >.dockerignore
    named c --build-context src=d
}

@test "a missing named context is an error" {
    a_context
    printf 'FROM scratch\nCOPY --from=src . /\n' >../Named
    refuses 4 "--build-context src: context nosuch: No such file" --build-context src=nosuch -f ../Named .
    refuses 4 "Not a directory" --build-context src=a -f ../Named .
    refuses 4 "" --build-context src=oci-layout://nosuch -f ../Named .
    refuses 4 "contain ref nosuch" --build-context "src=$GIT#nosuch" -f ../Named .
    refuses 4 "404" --build-context "src=$URL/nosuch" -f ../Named .
    refuses 2 "--build-context" --build-context src -f ../Named .
    refuses 2 "--build-context" --build-context src= -f ../Named .
    refuses 2 "--build-context" --build-context =d -f ../Named .
}

# created_with ARGS…: a build with ARGS, and when its image says it was made.
created_with() {
    run "$COOPER" build --progress=plain -o "type=oci,dest=$T/out.tar" "$@"
    [ "$status" -eq 0 ] || { echo "$*: $output"; return 1; }
    rm -rf "$T/oci" && mkdir "$T/oci" && tar -xf "$T/out.tar" -C "$T/oci"
    created=$(skopeo inspect --config "oci:$T/oci" | jq -r .created)
}

@test "SOURCE_DATE_EPOCH may name a context or stage, and takes the time of its source" {
    local failed="" day want
    printf 'FROM scratch\nCOPY a /\n' >Dockerfile
    echo a >a
    touch -d @1400000000 a && tar -cf "$WEB/dated.tar" a Dockerfile
    tar -cf "$WEB/old.tar" a
    while IFS='|' read -r want epoch args; do
        rm -f b.Dockerfile
        eval "created_with --build-arg SOURCE_DATE_EPOCH=$epoch $args" || { failed+="$epoch $args failed: $output"; continue; }
        day=$(date -u -d "@$want" +%Y-%m-%dT%H:%M:%SZ)
        [ "$created" = "$day" ] || failed+="$epoch $args: $created, not $day"$'\n'
    done <<EOF
1500000000|context|$GIT
1500000000|context|$GIT#main:sub
1500000000|CTX|--build-context "ctx=$GIT#next" .
1500000000|src|-f - . <<<\$'FROM scratch AS src\nARG R=$GIT\nADD \$R#v1 /\nFROM scratch\nCOPY a /'
1400000000|src|-f - . <<<\$'FROM scratch AS src\nADD $URL/old.tar /\nFROM scratch\nCOPY a /'
1500000000|src|--target out -f - . <<<\$'FROM scratch AS Src\nADD $GIT /\nFROM scratch AS out\nCOPY a /'
EOF
    created_with --source-date-epoch=context "$GIT"
    [ "$created" = 2017-07-14T02:40:00Z ]
    printf 'ARG SOURCE_DATE_EPOCH=context\nFROM scratch\nCOPY a /\n' >"$T/Dockerfile"
    created_with -f "$T/Dockerfile" "$GIT"
    [ "$created" = 2017-07-14T02:40:00Z ]
    # A directory of this machine has no time that means anything.
    created_with --build-arg SOURCE_DATE_EPOCH=context .
    [ "$(date -d "$created" +%s)" -gt 1600000000 ]
    created_with --build-arg SOURCE_DATE_EPOCH=context "$URL/dated.tar"
    [ "$(date -d "$created" +%s)" = "$(stat -c %Y Dockerfile)" ]
    echo "$failed"
    [ -z "$failed" ]
}

@test "a SOURCE_DATE_EPOCH that names no time is refused" {
    local failed="" name
    printf 'FROM scratch AS two\nADD %s /a/\nADD %s /b/\nFROM scratch AS plain\nCOPY a /\nFROM two AS late\nADD %s /\nFROM scratch\nCOPY a /\n' \
        "$GIT" "$GIT" "$GIT" >Dockerfile
    echo a >a
    for name in nosuch two plain late yesterday -1 1.5; do
        build --build-arg "SOURCE_DATE_EPOCH=$name" .
        [ "$status" -eq 3 ] && [[ "$output" == *"invalid SOURCE_DATE_EPOCH: $name"* ]] || failed+="$name: $output"$'\n'
    done
    build --build-arg SOURCE_DATE_EPOCH=base --build-context base=docker-image://localhost:1/x .
    [ "$status" -eq 3 ] || failed+="image: $output"
    echo "$failed"
    [ -z "$failed" ]
}
