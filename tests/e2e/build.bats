#!/usr/bin/env bats
# The main way: Dockerfile → image, cached rebuilds, outputs.
load helpers

@test "a file is copied into an image from scratch" {
    echo hello >file
    printf 'FROM scratch\nCOPY file /dir/\n' >Dockerfile
    build -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 dir/file)" = hello ]
}

@test "a RUN step changes files, and its deletions are in the image" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN echo one > /one && mkdir /dir && echo two > /dir/two && rm /etc/group
RUN rm -r /dir && chmod 600 /one
EOF
    build -t app:1 .
    [ "$status" -eq 0 ]
    tree_of app:1 >"$T/list"
    grep -q -- '^-rw------- 0/0 .* one$' "$T/list"
    ! grep -q ' dir/' "$T/list"
    ! grep -q 'etc/group' "$T/list"
}

@test "a rebuild with nothing changed runs nothing and gives the same image" {
    busybox_image
    echo a >a
    printf 'FROM busybox:1\nCOPY a /a\nRUN date +%%s%%N > /when\n' >Dockerfile
    build -t app:1 --iidfile "$T/id1" .
    [ "$status" -eq 0 ]
    build -t app:1 --iidfile "$T/id2" .
    [ "$status" -eq 0 ]
    [[ "$output" == *"CACHED"* ]]
    cmp "$T/id1" "$T/id2"
}

@test "a changed file is a miss from its COPY on" {
    busybox_image
    echo a >a
    printf 'FROM busybox:1\nRUN date +%%s%%N > /first\nCOPY a /a\nRUN cat /a > /b\n' >Dockerfile
    build -t app:1 .
    first=$(cat_of app:1 first)
    echo changed >a
    build -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 b)" = changed ]
    [ "$(cat_of app:1 first)" = "$first" ]
}

@test "touching a file is not a change, but another mode is" {
    echo a >a
    printf 'FROM scratch\nCOPY a /a\n' >Dockerfile
    build -t app:1 --iidfile "$T/id1" .
    touch -d '2001-01-01' a
    build -t app:1 --iidfile "$T/id2" .
    cmp "$T/id1" "$T/id2"
    chmod 755 a
    build -t app:1 --iidfile "$T/id3" .
    ! cmp -s "$T/id2" "$T/id3"
}

# Each waits for the other: one after the other they would never end.
@test "stages run in parallel" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
RUN --mount=type=cache,id=meeting,target=/m touch /m/a; n=0; until [ -e /m/b ]; do n=$((n + 1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done; echo a > /a
FROM busybox:1 AS b
RUN --mount=type=cache,id=meeting,target=/m touch /m/b; n=0; until [ -e /m/a ]; do n=$((n + 1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done; echo b > /b
FROM busybox:1
COPY --from=a /a /
COPY --from=b /b /
EOF
    build --jobs 2 -t app:1 .
    [ "$status" -eq 0 ]
}

@test "a stage that nothing needs is not run" {
    busybox_image
    printf 'FROM busybox:1 AS broken\nRUN false\nFROM busybox:1\nRUN true\n' >Dockerfile
    build -t app:1 .
    [ "$status" -eq 0 ]
}

@test "a context comes as a tar on standard input, plain and compressed" {
    echo hello >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    for z in '' -z -j -J --zstd; do
        tar c $z . >"$T/ctx.tar"
        run "$COOPER" build --progress=plain --no-cache -t app:1 - <"$T/ctx.tar"
        echo "$output"
        [ "$status" -eq 0 ]
        [ "$(cat_of app:1 file)" = hello ]
    done
}

@test "a Dockerfile comes on standard input" {
    echo hello >file
    run "$COOPER" build --progress=plain -t app:1 -f - . <<'EOF'
FROM scratch
COPY file /
EOF
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 file)" = hello ]
}

@test "the program answers to the name build" {
    ln -s "$COOPER" "$T/build"
    echo hello >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    run "$T/build" --progress=plain -t app:1 .
    [ "$status" -eq 0 ]
}

@test "the same inputs give the same manifest with SOURCE_DATE_EPOCH" {
    busybox_image
    echo a >a
    cat >Dockerfile <<'EOF'
FROM busybox:1
WORKDIR /w
COPY a .
RUN mkdir d && echo b > d/b && chown 12:34 d/b && ln d/b c
EOF
    export SOURCE_DATE_EPOCH=1700000000
    build -t app:1 --digest-file "$T/1" --root "$COOPER_ROOT" .
    [ "$status" -eq 0 ]
    cp -r "$T/ctx" "$T/elsewhere"
    sleep 1.1
    (umask 077; build --no-cache -t app:1 --digest-file "$T/2" "$T/elsewhere"; [ "$status" -eq 0 ])
    cmp "$T/1" "$T/2"
}

# An OCI layout in DIR: a first layer with a shell and /tmp, a second with a file in /tmp
# and one in /opt/sub, but without entries for the directories.
layout_with_implied_directories() {
    python3 - "$1" "$(command -v busybox)" <<'Y'
import hashlib, io, json, os, sys, tarfile

top, busybox = sys.argv[1:]
os.makedirs(top + "/blobs/sha256")


def blob(data, kind):
    name = hashlib.sha256(data).hexdigest()
    with open(f"{top}/blobs/sha256/{name}", "wb") as f:
        f.write(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": "sha256:" + name,
            "size": len(data)}


def layer(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, mode, uid, data in entries:
            e = tarfile.TarInfo(name)
            e.mode, e.uid, e.gid = mode, uid, uid
            e.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            e.size = len(data or b"")
            t.addfile(e, io.BytesIO(data or b""))
    return blob(out.getvalue(), "layer.v1.tar")


layers = [layer([("bin", 0o755, 0, None), ("bin/busybox", 0o755, 0, open(busybox, "rb").read()),
                 ("tmp", 0o1777, 0, None), ("opt", 0o750, 7, None)]),
          layer([("tmp/x", 0o644, 0, b"x"), ("opt/sub/y", 0o644, 0, b"y")])]
config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                          "rootfs": {"type": "layers", "diff_ids": [x["digest"] for x in layers]}
                          }).encode(), "config.v1+json")
manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": layers}).encode(),
                "manifest.v1+json")
with open(top + "/index.json", "w") as f:
    json.dump({"schemaVersion": 2, "manifests": [manifest]}, f)
with open(top + "/oci-layout", "w") as f:
    f.write('{"imageLayoutVersion": "1.0.0"}')
Y
}

@test "a directory that a layer only implies keeps the metadata of lower layers" {
    [ "$(uname -m)" = x86_64 ] || skip "the layout is for amd64"
    layout_with_implied_directories "$T/layout"
    printf 'FROM base\nRUN ["/bin/busybox", "ls", "-ldn", "/tmp", "/opt", "/opt/sub"]\nRUN ["/bin/busybox", "chmod", "700", "/tmp"]\nRUN ["/bin/busybox", "ls", "-ldn", "/tmp"]\n' >Dockerfile
    build --build-context "base=oci-layout://$T/layout" -t implied:1 .
    [ "$status" -eq 0 ]
    [[ $output == *"drwxrwxrwt"*" 0 "*" /tmp"* ]]
    [[ $output == *"drwxr-x---"*" 7 "*" 7 "*" /opt"* ]]
    [[ $output == *"drwxr-xr-x"*" 0 "*" /opt/sub"* ]]
    [[ $output == *"drwx------"*" /tmp"* ]]
    [[ $(tree_of implied:1) == *"drwx------"*" tmp/"* ]]
}

# layout_with_repeats DIR: a base out of the layers B F R F E F E, where R removes what F
# adds and E is empty.
layout_with_repeats() {
    python3 - "$1" "$(command -v busybox)" <<'EOF'
import hashlib, io, json, os, sys, tarfile
top, busybox = sys.argv[1], sys.argv[2]
os.makedirs(f"{top}/blobs/sha256")
def blob(data):
    d = hashlib.sha256(data).hexdigest()
    open(f"{top}/blobs/sha256/{d}", "wb").write(data)
    return d
def layer(*files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, mode, data in files:
            i = tarfile.TarInfo(name)
            i.mode, i.size = mode, len(data)
            t.addfile(i, io.BytesIO(data))
    return out.getvalue()
b = layer(("bin/busybox", 0o755, open(busybox, "rb").read()))
f, r, e = layer(("f", 0o644, b"x\n")), layer((".wh.f", 0o644, b"")), layer()
stack = [b, f, r, f, e, f, e]
ids = [blob(l) for l in stack]
config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + i for i in ids]}}).encode())
media = "application/vnd.oci.image."
manifest = json.dumps({"schemaVersion": 2, "mediaType": media + "manifest.v1+json",
    "config": {"mediaType": media + "config.v1+json", "digest": "sha256:" + config,
        "size": os.path.getsize(f"{top}/blobs/sha256/{config}")},
    "layers": [{"mediaType": media + "layer.v1.tar", "digest": "sha256:" + i, "size": len(l)}
        for i, l in zip(ids, stack)]}).encode()
d = blob(manifest)
open(f"{top}/oci-layout", "w").write('{"imageLayoutVersion": "1.0.0"}')
open(f"{top}/index.json", "w").write(json.dumps({"schemaVersion": 2, "manifests": [
    {"mediaType": media + "manifest.v1+json", "digest": "sha256:" + d, "size": len(manifest),
     "annotations": {"org.opencontainers.image.ref.name": "latest"}}]}))
EOF
}

@test "a base that repeats a layer can be built on, exported, and built on again" {
    [ "$(uname -m)" = x86_64 ] || skip "the layout is for amd64"
    layout_with_repeats "$T/layout"
    cat >Dockerfile <<'EOF'
FROM base
RUN ["/bin/busybox", "cat", "/f"]
RUN ["/bin/busybox", "mv", "/f", "/g"]
COPY --from=base /f /h
RUN ["/bin/busybox", "ls", "/"]
EOF
    for engine in "" --isolation=chroot; do
        build $engine --no-cache --build-context "base=oci-layout://$T/layout" -t repeats:1 \
            -o "type=oci,dest=$T/out.tar" -o "type=docker,dest=$T/docker.tar" -o type=image .
        [ "$status" -eq 0 ]
        [[ $output == *" x"* && $output == *" g"*" h"* && $output != *" f" ]]
    done
    for archive in oci-archive:$T/out.tar docker-archive:$T/docker.tar; do
        skopeo inspect --config "$archive" | jq -e '.rootfs.diff_ids[1] == .rootfs.diff_ids[3]'
        skopeo copy -q "$archive" "oci:$T/again:latest"
        printf 'FROM again\nCOPY --from=again /g /f\nRUN ["/bin/busybox", "cat", "/f", "/h"]\n' >Dockerfile.again
        build -f Dockerfile.again --no-cache --build-context "again=oci-layout://$T/again" .
        [ "$status" -eq 0 ]
        rm -r "$T/again"
    done
}
