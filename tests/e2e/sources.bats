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

@test "a name with a special meaning in layers is refused, wherever it comes from" {
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

@test "a file that a RUN names like a whiteout is omitted, here and in the image" {
    need_root
    local failed="" engine command
    for engine in auto chroot; do
        while read -r command; do
            printf 'FROM busybox:1\nRUN mkdir /a && %s\nRUN find / -xdev -name ".wh.*" ! -path "/proc/*" | grep . && exit 9; test -e /etc/passwd && test -d /a\n' "$command" >Dockerfile
            build --no-cache --isolation=$engine -o "type=oci,dest=$T/oci.tar" .
            [ "$status" -eq 0 ] && [[ "$output" == *"left out of the image"* ]] || failed+="$engine $command: $output"$'\n'
            rm -rf "$T/oci" && mkdir "$T/oci" && tar xf "$T/oci.tar" -C "$T/oci"
            rm -rf "$T/out"
            COOPER_ROOT=$T/other made 'FROM base' --build-context "base=oci-layout://$T/oci"
            [ -e "$T/out/etc/passwd" ] && [ -d "$T/out/a" ] && [ -x "$T/out/bin/busybox" ] || failed+="$engine $command: carried"$'\n'
        done <<'END'
touch /.wh.etc
mkdir -p /a/.wh.b/c && echo x >/a/.wh.b/c/d
ln -s x /.wh..wh..opq
cp /bin/busybox /a/.wh.x && chmod 4755 /a/.wh.x
touch /etc/.wh.passwd /etc/.wh.group
mkfifo /a/.wh.f
END
    done
    echo "$failed"
    [ -z "$failed" ]
}

@test "the device that means a whiteout is refused, or omitted if a RUN made it" {
    need_root
    mkdir dev && mknod dev/passwd c 0 0 && tar cf dev.tar --transform 's,^dev,etc,' dev
    local text
    while read -r text; do
        refused 4 'the device 0:0' "$text"
        [[ "$output" == *hint* ]]
    done <<'END'
FROM busybox:1|COPY dev /etc
FROM busybox:1|COPY --link dev /etc
FROM busybox:1|COPY dev/passwd /etc/
FROM busybox:1|ADD dev/passwd /etc/
FROM busybox:1|ADD dev.tar /
END
    made 'FROM busybox:1|COPY --exclude=passwd dev /x/|RUN ! mknod /etc/x c 0 0 && test -e /etc/passwd'
    printf 'FROM busybox:1\nRUN rm /etc/passwd; mknod /etc/passwd c 0 0; mknod /etc/x c 0 0; mkdir /d; mknod /d/x c 0 0; : >/d/y\nRUN ! ls /etc/passwd && ! ls /etc/x && [ "$(ls -A /d)" = y ]\n' >Dockerfile
    build --isolation=chroot -o "type=local,dest=$T/left" .
    [ "$status" -eq 0 ] && [[ "$output" == *"/etc/x: left out of the image"* ]]
    [ ! -e "$T/left/etc/passwd" ] && [ ! -e "$T/left/etc/x" ] && [ -e "$T/left/d/y" ]
}

@test "the local image and the exported one agree on deleted files" {
    tar cf a.tar --transform 's,^,etc/,' --files-from /dev/null
    mkdir -p etc/.wh.group && touch etc/.wh.passwd etc/new etc/.wh.group/f && tar cf a.tar etc
    printf 'FROM busybox:1\nADD a.tar /\n' >Dockerfile
    build -t carried:1 -o "type=oci,dest=$T/oci.tar" .
    [[ "$output" == *"left out of the archive"* ]]
    made 'FROM busybox:1|ADD a.tar /|RUN test -e /etc/passwd && test -e /etc/group && test -e /etc/new'
    mkdir "$T/oci" && tar xf "$T/oci.tar" -C "$T/oci"
    COOPER_ROOT=$T/other made 'FROM base' --build-context "base=oci-layout://$T/oci"
    [ -e "$T/out/etc/passwd" ] && [ -e "$T/out/etc/new" ]
}

@test "names that no file system can have are refused" {
    local text n
    n=$(printf 'n%.0s' {1..256})
    echo x >f
    mkdir d
    while read -r text; do
        refused 4 'more than the 255' "$text"
    done <<END
FROM scratch|COPY f /$n
FROM scratch|COPY f /a/$n/
FROM scratch|COPY d /a/$n
FROM scratch|COPY --link f /$n/x
FROM scratch|COPY --parents f /$n/
FROM scratch|ADD f /$n
FROM scratch|WORKDIR /$n
FROM scratch|WORKDIR /$n/x
FROM scratch|COPY <<E /$n|x|E
FROM scratch|COPY <<$n /x/|x|$n
END
    made "FROM scratch|COPY f /${n:1}"
    [ "$(cat "$T/out/${n:1}")" = x ]
}

@test "a byte 0 does not silently end a path or an argument" {
    local text
    echo x >f
    while read -r text; do
        refused 3 'a NUL byte' "$text"
    done <<'END'
FROM scratch|COPY ["f", "/a\u0000b"]
FROM scratch|COPY ["f\u0000zz", "/x"]
FROM scratch|ADD ["f\u0000zz", "f", "/x/"]
FROM scratch AS s|COPY f /|FROM scratch|COPY --from=s ["/f\u0000zz", "/x"]
FROM busybox:1|RUN ["/bin/echo", "a\u0000b"]
FROM busybox:1|RUN ["/bin/echo\u0000zz"]
FROM busybox:1|SHELL ["/bin/sh\u0000", "-c"]|RUN echo
END
    printf 'a\0b' >s
    refused 4 'a NUL byte' 'FROM busybox:1|RUN --mount=type=secret,id=s,env=S true' --secret id=s,src=s
    made 'FROM busybox:1|RUN --mount=type=secret,id=s cmp /run/secrets/s /run/secrets/s && [ $(wc -c </run/secrets/s) = 3 ]' --secret id=s,src=s
}

# ------------------------------------------------------------ archives

# archives: files to ADD. ok-…: unpacked; is-…: copied as they are; bad-…: refused.
archives() {
    python3 - <<'END'
import bz2, gzip, io, lzma, tarfile

def entry(name, data=b"x\n", type=tarfile.REGTYPE, **more):
    info = tarfile.TarInfo(name)
    info.type, info.size = type, len(data)
    for k, v in more.items():
        setattr(info, k, v)
    return info, data

def tar(*entries, format=tarfile.USTAR_FORMAT, **more):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, **more) as t:
        for info, data in entries:
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()

def renamed(name):
    """A header of an empty, odd or long name, which the library does not write."""
    raw = bytearray(tar(entry("a")))
    raw[0:100] = name.ljust(100, b"\0")[:100]
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw[:512])
    return bytes(raw)

good = tar(entry("f"), entry("g"))
rest = tar(entry("f"))
files = {
    "ok-plain": good, "ok-gz": gzip.compress(good), "ok-xz": lzma.compress(good), "ok-bz2": bz2.compress(good),
    "ok-members": gzip.compress(good[:700]) + gzip.compress(good[700:]),
    "ok-garbage": good + b"garbage", "ok-gz-garbage": gzip.compress(good) + b"garbage",
    "ok-no-name": renamed(b"") [:1024] + rest, "ok-root": renamed(b"/")[:1024] + rest,
    "ok-dot": renamed(b"./")[:1024] + rest, "ok-dotdot": renamed(b"..")[:1024] + rest,
    "ok-gnu": tar(entry("d/" * 60 + "f"), entry("f"), format=tarfile.GNU_FORMAT),
    "ok-pax": tar(entry("d/" * 60 + "f"), entry("f"), format=tarfile.PAX_FORMAT),
    "ok-global": tar(entry("f"), format=tarfile.PAX_FORMAT, pax_headers={"comment": "0" * 40}),
    "ok-one-block": good[:2560],
    "none-global": tar(format=tarfile.PAX_FORMAT, pax_headers={"comment": "0" * 40}),
    "none-gz-global": gzip.compress(tar(format=tarfile.PAX_FORMAT, pax_headers={"comment": "x"})),
    "is-zeros": bytes(10240), "is-gz-zeros": gzip.compress(bytes(10240)), "is-text": b"text\n",
    "is-gz-text": gzip.compress(b"text\n"), "is-xz-text": lzma.compress(b"t" * 2000), "is-bz2-text": bz2.compress(b"t"),
    "is-gz-nothing": gzip.compress(b""), "is-xz-nothing": lzma.compress(b""), "is-nothing": b"",
    "is-BZh": b"BZhello, world\n", "is-BZh9": b"BZh9 is no archive\n", "is-gz-like": b"\x1f\x8b\x08\xff\xff\xff" * 9,
    "bad-short": good[:300], "bad-gz-short": gzip.compress(good[:300]), "is-short": good[:200], "is-gz-cut-text": gzip.compress(bytes(range(256)) * 4000)[:-20],
    "bad-gz": gzip.compress(good)[:12] + b"\xff" * 40, "bad-gz-cut": gzip.compress(good)[:20],
    "bad-gz-head": gzip.compress(good)[:5], "bad-xz": lzma.compress(good)[:40], "bad-xz-head": lzma.compress(good)[:8],
    "bad-bz2": bz2.compress(good)[:30], "bad-bz2-bits": bz2.compress(good)[:20] + b"\xff" * 30 + bz2.compress(good)[50:],
    "bad-cut": tar(entry("f", b"y" * 5000))[:2000], "bad-second": good[:1024] + b"\1" * 512 + good[1536:],
    "bad-name": tar(entry("n" * 256), format=tarfile.GNU_FORMAT),
    "bad-pax-name": tar(entry("d/" + "n" * 300), format=tarfile.PAX_FORMAT),
    "bad-path": tar(entry("d/" * 2100 + "f"), format=tarfile.GNU_FORMAT),
    "bad-pax": tar(entry("p" * 200), format=tarfile.PAX_FORMAT)[:1024] + bytes(1024),
    "bad-size": renamed(b"f")[:124] + b"x" * 12 + renamed(b"f")[136:148],
}
raw = bytearray(tar(entry("f")))
raw[124:136], raw[148:156] = b"xxxxxxxxxxxx", b" " * 8
raw[148:156] = b"%06o\0 " % sum(raw[:512])
files["bad-size"] = bytes(raw)
raw[148:156] = b"000000\0 "
files["bad-sum"], files["bad-gz-sum"] = bytes(raw), gzip.compress(bytes(raw))
for name, data in files.items():
    with open(name, "wb") as f:
        f.write(data)
END
    zstd -q ok-plain -o ok-zst && zstd -q is-text -o is-zst-text
    head -c 30 ok-zst >bad-zst
    head -c 5 ok-zst >bad-zst-head
}

@test "a file that begins like an archive is unpacked or refused, any other is copied" {
    need zstd
    archives
    local f
    for f in ok-*; do
        made "FROM scratch|ADD $f /x/"
        [ "$(cat "$T/out/x/f")" = x ] && [ ! -e "$T/out/x/$f" ] || { echo "$f"; ls -R "$T/out"; return 1; }
    done
    for f in none-*; do
        made "FROM scratch|ADD $f /x/"
        [ "$(cd "$T/out" && find . | sort | xargs)" = ". ./x" ] || { echo "$f"; return 1; }
    done
    for f in is-*; do
        made "FROM scratch|ADD $f /x/"
        cmp "$f" "$T/out/x/$f" || { echo "$f"; return 1; }
    done
    for f in bad-*; do
        refused 9 "/$f" "FROM scratch|ADD $f /x/" || { echo "$f"; return 1; }
        made "FROM scratch|COPY $f /x/"
        made "FROM scratch|ADD --unpack=false $f /x/"
        cmp "$f" "$T/out/x/$f"
    done
}

@test "an archive bomb is refused unless the limit is raised" {
    head -c 1100M /dev/zero | gzip -1 >zeros.gz
    python3 - <<'END'
import gzip, io, tarfile
info = tarfile.TarInfo("zeros")
info.size = 1100 << 20
head = info.tobuf()
with gzip.open("bomb.tgz", "wb", 1) as out:
    out.write(head)
    for _ in range(1101):
        out.write(bytes(1 << 20))
# A sparse entry of 8 TB in 3 KB.
with open("sparse.tar", "wb") as out:
    size = 8 << 40
    pax = b""
    for k, v in ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "big"), \
            ("GNU.sparse.realsize", str(size)):
        n = len(k) + len(v) + 3
        n += len(str(n))
        n += len(str(n)) - len(str(n - len(str(n)))) if len(str(n)) != len(str(n - 1)) else 0
        line = f"{n} {k}={v}\n".encode()
        while len(line) != n:
            n = len(line)
            line = f"{n} {k}={v}\n".encode()
        pax += line
    x = tarfile.TarInfo("x")
    x.type, x.size = b"x", len(pax)
    out.write(x.tobuf() + pax.ljust(-(-len(pax) // 512) * 512, b"\0"))
    map_ = b"1\n%d\n0\n" % size
    f = tarfile.TarInfo("GNUSparseFile.0/big")
    f.size = 512
    out.write(f.tobuf() + map_.ljust(512, b"\0") + bytes(1024))
END
    refused 8 "unpacks to more than 1073741824 bytes" 'FROM scratch|ADD bomb.tgz /'
    [[ "$output" == *--unpack-max* ]]
    refused 8 "big: the archive unpacks" 'FROM scratch|ADD sparse.tar /'
    refused 8 "unpacks to" 'FROM scratch|ADD sparse.tar /' --unpack-max 1G
    made 'FROM scratch|ADD bomb.tgz /' --unpack-max 2G
    [ "$(stat -c %s "$T/out/zeros")" -eq $((1100 << 20)) ]
    rm -rf "$T/out"
    run "$COOPER" build --progress=plain -f - - <bomb.tgz
    run timeout 60 "$COOPER" build --progress=plain - <sparse.tar
    [ "$status" -eq 8 ] && [[ "$output" == *"unpacks to"* ]]
    run timeout 60 "$COOPER" build --progress=plain - <bomb.tgz
    [ "$status" -eq 8 ] && [[ "$output" == *"unpacks to"* ]]
    made 'FROM scratch|ADD zeros.gz /'
    [ -e "$T/out/zeros.gz" ]
}

# ------------------------------------------------------------ times, links

# times: "name seconds" of each file in the archive $T/out.tar.
times() {
    python3 -c 'import sys, tarfile
for m in tarfile.open(sys.argv[1]):
    if m.isfile():
        print(m.name, int(m.mtime // 1))' "$T/out.tar" | sort
}

@test "times in the distant past and future are kept" {
    local t wanted=()
    for t in -2208988800 -1 0 1 2147483648 10413792000 16725225600 253402300799; do
        touch -d "@$t" "f$t"
        # File systems have bounds of their own.
        [ "$(stat -c %Y "f$t")" = "$t" ] && wanted+=("$t") || rm "f$t"
    done
    [ "${#wanted[@]}" -ge 4 ]
    tar cf ../a.tar --format=pax --numeric-owner f*
    printf 'FROM scratch\nCOPY f* /\n' >../Dockerfile
    "$COOPER" build -q -o "type=tar,dest=$T/out.tar" -f ../Dockerfile .
    times >../have
    for t in "${wanted[@]}"; do echo "f$t $t"; done | sort | diff - ../have
    # From an archive, through a layer in the store, and as files.
    mkdir ../b && mv ../a.tar ../b
    printf 'FROM scratch AS a\nADD a.tar /\nFROM scratch\nCOPY --from=a / /\n' >../Dockerfile
    "$COOPER" build -q -o "type=tar,dest=$T/out.tar" -f ../Dockerfile ../b
    times | diff ../have -
    "$COOPER" build -q -o "type=local,dest=$T/files" -f ../Dockerfile ../b
    for t in "${wanted[@]}"; do [ "$(stat -c %Y "$T/files/f$t")" = "$t" ]; done
    # Cut to a time, as far away as may be.
    for t in 1 10413792000 253402300799; do
        "$COOPER" build -q -o "type=oci,dest=$T/oci.tar" --source-date-epoch "$t" -f ../Dockerfile ../b
        "$COOPER" build -q -o "type=tar,dest=$T/out.tar" --source-date-epoch "$t" -f ../Dockerfile ../b
        awk -v t="$t" '{ print $1, ($2 + 0 > t + 0 ? t : $2) }' ../have | diff - <(times)
        rm -rf "$T/oci" && mkdir "$T/oci" && tar xf "$T/oci.tar" -C "$T/oci"
        grep -rhao '"created":"[^"]*"' "$T/oci/blobs" | grep -q "$(date -u -d "@$t" +%Y-%m-%dT%H:%M:%SZ)"
    done
    refused 3 "SOURCE_DATE_EPOCH" 'FROM scratch|COPY f0 /' --source-date-epoch 253402300800
}

@test "hard links are part of the key of COPY" {
    mkdir d
    echo x >d/a && cp -p d/a d/b && cp -p d/a d/c && cp -p d/a e
    made 'FROM busybox:1|COPY d /x/'
    made 'FROM busybox:1|COPY d /x/'
    [[ "$output" == *CACHED* ]]
    ln -f d/a d/b
    made 'FROM busybox:1|COPY d /x/'
    [[ "$output" != *CACHED* ]] && [ "$T/out/x/a" -ef "$T/out/x/b" ] && ! [ "$T/out/x/a" -ef "$T/out/x/c" ]
    # Other names do not count.
    ln -f d/c e
    made 'FROM busybox:1|COPY d /x/'
    [[ "$output" == *CACHED* ]]
    cp -p --remove-destination e d/b && ln -f d/a d/c
    made 'FROM busybox:1|COPY d /x/'
    [[ "$output" != *CACHED* ]] && [ "$T/out/x/a" -ef "$T/out/x/c" ] && ! [ "$T/out/x/a" -ef "$T/out/x/b" ]
    made 'FROM busybox:1|COPY --exclude=c d /x/'
    ln -f e d/c
    made 'FROM busybox:1|COPY --exclude=c d /x/'
    [[ "$output" == *CACHED* ]]
}

@test "a source without a match and an invalid pattern are errors" {
    mkdir -p x 'y['
    echo 1 >x/f
    echo 1 >'y[/f'
    local text
    while read -r text; do
        refused 3 "$([[ "$text" == *parents* ]] && echo names || echo 'syntax error in pattern')" "$text"
        [[ "$output" == *hint:* ]]
    done <<'END'
FROM scratch|COPY --parents ./ /x/
FROM scratch|COPY --parents . /x/
FROM scratch|COPY --parents / /x/
FROM scratch|COPY --parents ./x/./ /x/
FROM scratch|COPY --parents x/./. /x/
FROM scratch|COPY --parents x .. /x/
FROM scratch AS s|COPY x /x|FROM scratch|COPY --parents --from=s . /y/
FROM scratch|COPY y[/f /
FROM scratch|COPY [ /
FROM scratch|COPY x/[a- /
FROM scratch|ADD x/f[] /
FROM scratch|COPY x/* [z-a /
FROM scratch AS s|COPY x /x|FROM scratch|COPY --from=s /x/[^ /y/
END
    made 'FROM scratch|COPY --parents ./* /z/'
    [ -e "$T/out/z/x/f" ]
    made 'FROM scratch|COPY y[[]/f /z/'
    [ -e "$T/out/z/f" ]
}

# ------------------------------------------------------------ exclusions

# opened NAME DOCKERFILE…: whether a build of it opens the directory NAME of the context.
opened() {
    local name=$1
    printf '%s\n' "${2//|/$'\n'}" >"$T/Dockerfile"
    ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,openat2 -o "$T/trace" "$COOPER" build -q --no-cache -f "$T/Dockerfile" . >"$T/log" 2>&1 ||
        { cat "$T/log"; return 2; }
    grep -q "\"$name\", .*O_DIRECTORY" "$T/trace"
}

@test "a directory that every step excludes is not opened" {
    need strace
    mkdir -p lost+found/in sub/lost+found keep
    touch lost+found/in/f sub/lost+found/f keep/f package.json
    ln -s lost+found link
    local text
    while read -r text; do
        ! opened lost+found "$text" || { echo "opened: $text"; return 1; }
    done <<'END'
FROM scratch|COPY --exclude=lost+found . /
FROM scratch|COPY --exclude=lost* . /
FROM scratch|COPY --exclude=lost+found --exclude=sub . /
FROM scratch|COPY package*.json /p/|COPY --exclude=lost+found . /
FROM scratch|COPY keep /p/|COPY --exclude=lost+found . /
FROM scratch|COPY --exclude=lost+found . /|COPY --exclude=lost+found --exclude=keep . /2/
FROM scratch|COPY --parents --exclude=lost+found ./*/f /
FROM scratch AS a|COPY lost+found /|FROM scratch|COPY --exclude=lost+found . /
END
    while read -r text; do
        opened lost+found "$text" || { echo "not opened: $text"; return 1; }
    done <<'END'
FROM scratch|COPY . /
FROM scratch|COPY --exclude=lost+found/in . /
FROM scratch|COPY --exclude=lost+found --exclude=!lost+found/in/f . /
FROM scratch|COPY --exclude=lost+found . /|COPY lost+found /2/
FROM scratch|COPY --exclude=lost+found . /|COPY lost+found/in /2/
FROM scratch|COPY --exclude=lost+found . /|COPY l* /2/
FROM scratch|COPY --exclude=lost+found . /|COPY */in /2/
FROM scratch|COPY --exclude=lost+found . /|COPY link /2/
FROM scratch|COPY --exclude=lost+found . /|COPY --parents **/f /2/
FROM scratch|COPY --exclude=lost+found * /
END
    made 'FROM scratch|COPY --exclude=lost+found . /|COPY link /2/'
    [ -e "$T/out/2/in/f" ] && [ ! -e "$T/out/lost+found" ] && [ -e "$T/out/sub/lost+found/f" ]
    made 'FROM busybox:1|COPY --exclude=lost+found . /c/|RUN --mount=target=/m test -e /m/lost+found/in/f'
    echo lost+found >.dockerignore
    ! opened lost+found 'FROM scratch|COPY . /' || return 1
    printf 'lost+found\n!lost+found/in/f\n' >.dockerignore
    made 'FROM scratch|COPY . /'
    [ -e "$T/out/lost+found/in/f" ]
}

@test "an unreadable directory that is excluded is not an error for a normal user" {
    need_root
    need setpriv
    mkdir secret
    touch f secret/s
    chmod 700 secret && chmod 755 . ..
    printf 'FROM scratch\nCOPY --exclude=secret . /\n' >../Dockerfile
    mkdir ../store && chown 65534:65534 ../store
    local as=(env HOME=/ COOPER_ROOT="$T/store" setpriv --reuid=65534 --regid=65534 --clear-groups)
    run "${as[@]}" "$COOPER" build --progress=plain -f ../Dockerfile .
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    printf 'FROM scratch\nCOPY . /\n' >../Dockerfile
    run "${as[@]}" "$COOPER" build --progress=plain -f ../Dockerfile .
    [ "$status" -ne 0 ] && [[ "$output" == *secret* ]]
}

# ends_soon COMMAND…: 1.5 s after its start it gets SIGTERM; how long it takes then, in ms, is MS.
ends_soon() {
    "$@" <&0 >"$T/log" 2>&1 3>&- &
    local pid=$! start
    sleep 1.5
    kill -0 $pid 2>/dev/null || { cat "$T/log"; echo "$*: ended by itself"; return 1; }
    kill -TERM $pid
    start=$(date +%s%N)
    wait $pid && status=0 || status=$?
    MS=$((($(date +%s%N) - start) / 1000000))
    [ "$status" -eq 130 ] || [ "$status" -eq 143 ] || { echo "$*: $status"; cat "$T/log"; return 1; }
    [ "$MS" -lt 10000 ] || { echo "$*: $MS ms"; return 1; }
}

@test "a signal ends everything that takes long" {
    truncate -s 4T big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    ends_soon "$COOPER" build .
    printf 'FROM scratch\nADD big /\n' >Dockerfile
    ends_soon "$COOPER" build .
    rm big
    # An archive of no end.
    mkfifo pipe
    { printf '\x1f\x8b\x08\0'; sleep 30; } >pipe &
    ends_soon "$COOPER" build - <pipe
    { sleep 30; } >pipe &
    ends_soon "$COOPER" build - <pipe
    { sleep 30; } >pipe &
    ends_soon "$COOPER" build -f - . <pipe
    kill %% 2>/dev/null || true
    # A server that says nothing.
    python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9); print(s.getsockname()[1], flush=True); time.sleep(60)' \
        >port 3>&- &
    local server=$! url
    for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
    for url in "http://127.0.0.1:$(cat port)/r.git" "git://127.0.0.1:$(cat port)/r.git" "http://127.0.0.1:$(cat port)/f"; do
        printf 'FROM scratch\nADD %s /\n' "$url" >Dockerfile
        ends_soon "$COOPER" build .
        ends_soon "$COOPER" build "$url"
    done
    kill $server
}

@test "a signal ends compressing, exporting and pushing" {
    head -c 100M /dev/urandom >big
    printf 'FROM scratch\nCOPY big /\n' >Dockerfile
    "$COOPER" build -q -t a:1 .
    local level
    for level in zstd,compression-level=22 zstd,compression-level=19; do
        ends_soon "$COOPER" build -o "type=oci,dest=$T/o.tar,compression=$level" .
        ends_soon "$COOPER" build -o "type=oci,tar=false,dest=$T/o,compression=$level" .
        ends_soon "$COOPER" build -o "type=image,compression=$level" .
    done
    # A registry that takes nothing.
    python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9); print(s.getsockname()[1], flush=True); time.sleep(90)' \
        >port 3>&- &
    local server=$!
    for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
    "$COOPER" tag a:1 "127.0.0.1:$(cat port)/a:1"
    ends_soon "$COOPER" push --insecure-registry "127.0.0.1:$(cat port)" "127.0.0.1:$(cat port)/a:1"
    ends_soon "$COOPER" pull --insecure-registry "127.0.0.1:$(cat port)" "127.0.0.1:$(cat port)/b:1"
    kill $server
    rm big
    # What nobody has room for in memory: a hole takes no time to be made.
    truncate -s 4T sparse
    mkdir "$T/mounted"
    for command in "build -o type=local,dest=$T/out" "build -o type=tar,dest=$T/out.tar"; do
        printf 'FROM scratch\nCOPY sparse /\n' >Dockerfile
        # shellcheck disable=SC2086
        ends_soon "$COOPER" $command .
    done
}

@test "a link that leads to itself is reported with its path" {
    ln -s w "$T/w"
    tar cf l.tar -C "$T" w
    echo f >f
    for last in 'WORKDIR /w' 'COPY f /w/x' 'COPY f //w/x' 'COPY --from=a w/x /' 'COPY --from=a /w /'; do
        printf 'FROM scratch AS a\nADD l.tar /\nFROM a\n%s\n' "$last" >Dockerfile
        build .
        echo "$last: $output"
        [ "$status" -eq 4 ]
        grep -Eq ' /w(/x)?: too many links$' <<<"$output"
    done
}

@test "a name that is too long is reported by its beginning" {
    python3 - <<'EOF'
import tarfile
for name, path in ("long", "/".join(["a" * 200] * 30)), ("name", "b" * 300):
    with tarfile.open(name + ".tar", "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo(path))
EOF
    for name in long name; do
        printf 'FROM scratch\nADD %s.tar /\n' "$name" >Dockerfile
        build .
        [ "$status" -eq 9 ]
        grep -q '^ERROR: .*…: .* longer than .* bytes$' <<<"$output"
        [ "$(wc -L <<<"$output")" -lt 400 ]
    done
}
