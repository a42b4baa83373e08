#!/usr/bin/env bats
# What a build does not do: write things twice, read or send what nothing changed.
load helpers

# Also after a failure.
teardown() {
    cd / || return 1
    umount "$T/tmp" "$T/disk" 2>/dev/null
    rm -rf "$T"
}

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
}

# Megabytes of the large layer: COOPER_SOAK=1 for the size that users have.
if [ -n "${COOPER_SOAK:-}" ]; then LARGE=2048; else LARGE=64; fi

# traced CALLS COMMAND…: its system calls, with paths, in $T/trace.
traced() {
    local calls=$1
    shift
    strace -f -y -s 0 -o "$T/trace" -e trace="$calls" "$@"
}

# Bytes that went through the calls named PATTERN, to or from files below the store.
bytes_of() {
    awk -v calls="$1" -v below="<$COOPER_ROOT/" '
        $2 ~ "^(" calls ")\\(" && index($0, below) && $NF ~ /^[0-9]+$/ { n += $NF }
        END { printf "%.0f\n", n }' "$T/trace"
}

WRITES='write|pwrite64|writev|copy_file_range|sendfile'
READS='read|pread64|readv'

@test "a pushed layer of a RUN step is written once, compressed" {
    need docker-registry
    need strace
    need_root
    busybox_image
    # What does not compress, so that the blob is as large as the layer.
    printf 'FROM busybox:1\nRUN dd if=/dev/urandom of=/large bs=1M count=%d 2>/dev/null\n' "$LARGE" >Dockerfile
    mkdir "$T/tmp"
    mount -t tmpfs -o size=64k tmpfs "$T/tmp"
    traced write,pwrite64,writev,copy_file_range,sendfile \
        env TMPDIR="$T/tmp" "$COOPER" build -q -t "$REGISTRY/large:1" --push . >/dev/null
    [ -z "$(ls -A "$T/tmp")" ]
    umount "$T/tmp"
    [ "$(bytes_of "$WRITES")" -lt $((LARGE * 1048576 * 11 / 10)) ]
    # The directory that the step wrote, and the blob: no tar.
    [ "$(du -sm "$COOPER_ROOT" | cut -f1)" -lt $((LARGE * 22 / 10 + 8)) ]
    COOPER_ROOT=$T/other "$COOPER" pull -q "$REGISTRY/large:1"
    # It is known by its diffID all the same, also to who wants a tar of it later.
    build -t large:1 .
    [ "$status" -eq 0 ]
    [[ $output == *CACHED* ]]
    skopeo inspect --tls-verify=false --config "docker://$REGISTRY/large:1" | jq -r '.rootfs.diff_ids[-1]' >"$T/remote"
    [ -f "$COOPER_ROOT/blobs/sha256/$(sed s/sha256:// "$T/remote")" ]
}

# 10,000 files, 20 steps, a base from a registry.
large_context() {
    mkdir -p src "$T/base"
    for i in $(seq 100); do
        mkdir "src/$i"
        for k in $(seq 100); do echo "$i $k" >"src/$i/$k"; done
    done
    busybox_image
    "$COOPER" tag busybox:1 "$REGISTRY/base:1"
    "$COOPER" push -q "$REGISTRY/base:1"
    "$COOPER" rmi busybox:1 "$REGISTRY/base:1" >/dev/null
    {
        echo "FROM $REGISTRY/base:1"
        for i in $(seq 6); do
            printf 'COPY src/%d /src/%d\nRUN echo %d >/out%d\nENV V%d=%d\n' "$i" "$i" "$i" "$i" "$i" "$i"
        done
        printf 'COPY src /all\nRUN cat /all/100/100\n'
    } >Dockerfile
}

@test "a rebuild with nothing changed reads and writes no layer and sends no request" {
    need docker-registry
    need strace
    large_context
    build -t app:1 --iidfile "$T/first" .
    [ "$status" -eq 0 ]
    sleep 1.1 # files as young as the first look at them are looked at again
    build -t app:1 .
    traced read,pread64,readv,write,pwrite64,writev,copy_file_range,sendfile,connect,openat,openat2 \
        "$COOPER" build -q -t app:1 --iidfile "$T/second" . >/dev/null
    cmp "$T/first" "$T/second"
    [ "$(bytes_of "$WRITES")" -lt 65536 ]
    run grep -E 'connect\(.*AF_INET' "$T/trace"
    [ -z "$output" ]
    # Of the layers neither directories nor tars are opened; documents are small.
    run grep -E 'open[a-z0-9]*\(.*("|/)(layers/[0-9a-f]+/diff|trees/[0-9a-f]+)' "$T/trace"
    [ -z "$output" ]
    for blob in $(find "$COOPER_ROOT/blobs" -type f -size +40k -printf '%f\n'); do
        run grep "$blob" "$T/trace"
        [ -z "$output" ]
    done
}

# peak COMMAND…: the memory of its largest process, in MB.
peak() {
    python3 - "$@" <<'Y'
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
if done.returncode:
    sys.exit(done.stderr.decode(errors="replace"))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
Y
}

@test "memory does not grow with the size of a layer" {
    need docker-registry
    need_root
    busybox_image
    [ -n "${COOPER_SOAK:-}" ] && LARGE=8192
    printf 'FROM busybox:1\nRUN dd if=/dev/urandom of=/large bs=1M count=%d 2>/dev/null\n' "$LARGE" >Dockerfile
    for kind in gzip zstd; do
        [ "$(peak "$COOPER" build -t "$REGISTRY/mem-$kind:1" -o "type=registry,compression=$kind" .)" -le 64 ]
    done
    [ "$(SOURCE_DATE_EPOCH=1700000000 peak "$COOPER" build --no-cache -t app:1 .)" -le 64 ]
    # The large size would not fit on most disks several times.
    rm -rf "$COOPER_ROOT"
    printf 'FROM %s/mem-gzip:1\nRUN ls -l /large\n' "$REGISTRY" >Dockerfile
    [ "$(peak "$COOPER" build --root "$T/other" .)" -le 64 ]
    rm -rf "$T/other"
    truncate -s "${LARGE}M" large
    printf 'FROM scratch\nCOPY large /\n' >Dockerfile
    [ "$(peak "$COOPER" build -t "$REGISTRY/mem-copy:1" --push .)" -le 64 ]
}

@test "memory grows little with the number of files" {
    files=50000
    [ -n "${COOPER_SOAK:-}" ] && files=1000000
    python3 - "$files" <<'Y'
import os, sys
n = int(sys.argv[1])
for i in range(n):
    if i % 1000 == 0:
        os.makedirs(f"src/{i // 1000}")
    os.close(os.open(f"src/{i // 1000}/file-{i}", os.O_CREAT | os.O_WRONLY, 0o644))
Y
    printf 'FROM scratch\nCOPY src /src\n' >Dockerfile
    [ "$(peak "$COOPER" build -t app:1 .)" -le $((12 + files * 300 / 1000000)) ]
}

@test "memory grows little with the number of files that a step makes" {
    need_root
    files=20000
    [ -n "${COOPER_SOAK:-}" ] && files=300000
    busybox_image
    cat >many.c <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int n, char **v) {
    char name[64];
    mkdir("/many", 0755);
    for (int i = 0; n == 2 && i < atoi(v[1]); i++) {
        snprintf(name, sizeof name, "/many/%d", i / 1000);
        if (i % 1000 == 0) mkdir(name, 0755);
        snprintf(name, sizeof name, "/many/%d/file-%d", i / 1000, i);
        close(open(name, O_CREAT | O_WRONLY, 0644));
    }
}
C
    cc -static -O1 -o many many.c
    printf 'FROM busybox:1\nCOPY many /made\nRUN /made %d\n' "$files" >Dockerfile
    [ "$(peak "$COOPER" build -t app:1 .)" -le $((32 + files * 180 / 1000000)) ]
}

@test "memory grows little with the number of stages and instructions" {
    busybox_image
    echo x >f
    python3 - <<'Y'
def write(name, *lines):
    open(name, "w").write("FROM busybox:1 AS s0\n" + "".join(lines))
write("labels", *(f"FROM s{i} AS s{i + 1}\nLABEL l{i}=v{i}\n" for i in range(3000)))
write("env", *(f"FROM s{i} AS s{i + 1}\nENV l{i}=v{i}\n" for i in range(1500)))
write("many", *(f"{w} l{i}=v{i}\n" for i in range(5000) for w in ("ENV", "LABEL")))
write("heirs", *(f"LABEL a{i}=b\n" for i in range(500)),
      *(f"FROM s0 AS t{i}\nLABEL l{i}=v{i}\n" for i in range(1000)),
      "FROM scratch\nCOPY f /\n", *(f"COPY --from=t{i} /etc/passwd /p\n" for i in range(0, 1000, 50)))
Y
    for name in labels env many heirs; do
        mb=$(peak "$COOPER" build -f "$name" -t app:1 .)
        echo "$name: $mb MB"
        [ "$mb" -le 64 ]
    done
}

# without_engine COMMAND…: no user namespaces, no mounts, no chroot.
without_engine() {
    unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces &&
        exec setpriv --bounding-set=-sys_admin,-sys_chroot --inh-caps=-all --ambient-caps=-all "$@"' sh "$@"
}

# refused ARGS…: a build that cannot be done here, and leaves no layer in the store.
refused() {
    run without_engine "$COOPER" build --progress=plain "$@"
    echo "$output"
    [ "$status" -eq 10 ]
    [[ $output == *"RUN needs a sandbox"* && $output == *">>> RUN"* ]]
    [ -z "$(find "$COOPER_ROOT"/layers "$COOPER_ROOT"/blobs -mindepth 2 -size +100k 2>/dev/null)" ]
}

@test "a RUN that cannot run here is reported before anything is fetched or made for it" {
    need docker-registry
    without_engine true || skip "needs user namespaces"
    busybox_image
    "$COOPER" tag busybox:1 "$REGISTRY/told:1"
    "$COOPER" push -q "$REGISTRY/told:1"
    export COOPER_ROOT=$T/fresh
    dd if=/dev/urandom of=big bs=1M count=1 2>/dev/null
    from="FROM $REGISTRY/told:1"
    # Alone, after files, in another stage, bound, after another, in one of two platforms.
    while IFS= read -r rest; do
        printf "%s AS a\n$rest\n" "$from" >Dockerfile
        refused .
        refused --no-cache .
    done <<'EOF'
RUN true
COPY big /\nRUN true
COPY big /\nFROM scratch\nCOPY --from=a /big /\nFROM a\nRUN true
RUN true\nFROM scratch\nCOPY --from=a /bin /
RUN --mount=target=/c true
COPY --link big /\nWORKDIR /x\nRUN true
EOF
    printf 'FROM scratch AS s-amd64\nCOPY big /\n%s AS s-arm64\nRUN true\nFROM s-$TARGETARCH\n' "$from" >Dockerfile
    refused --platform linux/amd64,linux/arm64 .
}

@test "without an engine, everything that needs none is built" {
    without_engine true || skip "needs user namespaces"
    busybox_image
    echo x >f
    printf 'FROM busybox:1 AS unused\nRUN exit 1\nFROM busybox:1\nCOPY f /\nWORKDIR /w\n' >Dockerfile
    run without_engine "$COOPER" build -q .
    [ "$status" -eq 0 ]
    # What is cached needs none, by its definition or by what its inputs come out as.
    printf 'FROM busybox:1 AS made\nCOPY f /\nRUN cat /f >/g\nFROM scratch\nCOPY --from=made /g /\n' >Dockerfile
    build --cache-to "type=local,dest=$T/cache,mode=max" .
    [ "$status" -eq 0 ]
    run without_engine "$COOPER" build --progress=plain .
    [ "$status" -eq 0 ]
    sed -i 's/COPY f/COPY .\/f/' Dockerfile
    run without_engine "$COOPER" build --progress=plain .
    echo "$output"
    [ "$status" -eq 0 ]
    run without_engine "$COOPER" build --progress=plain --no-cache .
    [ "$status" -eq 10 ]
    # … or by a cache from elsewhere.
    sed -i 's/COPY .\/f/COPY f/' Dockerfile
    "$COOPER" tag busybox:1 other:1 && "$COOPER" prune -a >/dev/null
    run without_engine "$COOPER" build --progress=plain --cache-from "type=local,src=$T/cache" .
    echo "$output"
    [ "$status" -eq 0 ]
}
