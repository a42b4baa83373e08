#!/usr/bin/env bats
# What options that other builders have do: to the image, and around RUN steps.
load helpers

config_of() {
    "$COOPER" inspect --raw config "$1"
}

# The files of image NAME, with modes, owners and sizes, by path.
files_of() {
    tree_of "$1" | awk '{ $4 = $5 = ""; print }' | sort -k4
}

# none COMMAND…: fails if COMMAND succeeds ("!" alone fails no test).
none() {
    ! "$@"
}

# ------------------------------------------------------------------ the config

@test "--env is an ENV behind FROM, and --unsetenv removes from the result" {
    busybox_image
    printf 'FROM busybox:1 AS a\nRUN echo "$A $B" >/seen\nENV B=own\nFROM a\n' >Dockerfile
    OUTSIDE=1 build --env A=cmd --env B=line --env OUTSIDE --env NOT_SET --unsetenv PATH -t x:1 .
    [ "$status" -eq 0 ]
    [ "$(config_of x:1 | jq -c .config.Env)" = '["A=cmd","B=own","OUTSIDE=1"]' ]
    [ "$(cat_of x:1 seen)" = "cmd line" ]
}

@test "--from takes the place of the first FROM only" {
    busybox_image
    printf 'FROM scratch\nLABEL which=other\nCOPY f /other\n' >Other
    echo o >f
    build -q -f Other -t other:1 .
    printf 'ARG BASE\nFROM nosuch:1 AS a\nFROM busybox:1\nCOPY --from=a /other /got\n' >Dockerfile
    build --from other:1 --offline -t x:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of x:1 got)" = o ]
}

@test "labels of the base can be left behind" {
    printf 'FROM scratch\nLABEL a=1 b=2\n' >Base
    build -q -f Base -t base:1 .
    printf 'FROM base:1\nLABEL c=3\n' >Dockerfile
    build --unsetlabel a -t x:1 .
    [ "$(config_of x:1 | jq -cS .config.Labels)" = '{"b":"2","c":"3"}' ]
    build --inherit-labels=false --label d=4 -t x:2 .
    [ "$(config_of x:2 | jq -cS .config.Labels)" = '{"c":"3","d":"4"}' ]
}

@test "--omit-history and --timestamp" {
    busybox_image
    echo x >f
    printf 'FROM busybox:1\nCOPY f /\n' >Dockerfile
    build --omit-history --timestamp 1000 -t x:1 .
    [ "$(config_of x:1 | jq -c '[.history, .created, (.rootfs.diff_ids | length)]')" = '[null,"1970-01-01T00:16:40Z",2]' ]
    tree_of x:1 | grep -q '1970-01-01.* f$'
}

@test "arguments of a file count where the line gives none" {
    printf 'FROM scratch\nARG A\nARG B\nARG C=own\nLABEL a=$A b=$B c=$C\n' >Dockerfile
    printf '# of a team\nA=file\n\n  B=file \n' >args
    build --build-arg B=line --build-arg-file args -t x:1 .
    [ "$status" -eq 0 ]
    [ "$(config_of x:1 | jq -cS .config.Labels)" = '{"a":"file","b":"line","c":"own"}' ]
    printf 'A\n' >args
    build --build-arg-file args .
    [ "$status" -eq 2 ]
    [[ "$output" == *"a line is not NAME=VALUE: A"* ]]
    build --build-arg-file missing .
    [ "$status" -eq 4 ]
}

# ------------------------------------------------------------------ the form

@test "--squash joins the layers of the build, with the same files" {
    busybox_image
    mkdir base && mkdir base/old base/kept && echo 1 >base/old/one && echo 2 >base/old/two && echo 3 >base/kept/three
    printf 'FROM busybox:1\nCOPY base /\n' >Base
    build -q -f Base -t base:1 .
    echo f >f
    cat >Dockerfile <<'EOF'
FROM base:1
COPY f /new/f
RUN mkdir -p /a/b && echo 1 >/a/b/one && ln /a/b/one /a/two && ln -s one /a/b/l && rm -r /old && chmod 700 /a
RUN echo 2 >/a/b/three && rm /a/b/one /bin/ls && mkdir /old && echo x >/old/again && chown 5:6 /kept
RUN rm /a/b/three && echo 3 >/a/b/three && rm -r /tmp && echo file >/tmp && mkdir /kept/more && mkfifo /kept/pipe
ENV DONE=1
EOF
    build -t plain:1 .
    build --squash -t new:1 .
    [ "$status" -eq 0 ]
    build --squash=all -t all:1 .
    files_of plain:1 >"$T/plain"
    files_of new:1 | diff "$T/plain" -
    files_of all:1 | diff "$T/plain" -
    for image in plain:1 new:1 all:1; do
        [ "$(cat_of $image a/two)" = 1 ]
        [ "$(cat_of $image a/b/three)" = 3 ]
    done
    [ "$(config_of new:1 | jq '.rootfs.diff_ids | length')" -eq 3 ]
    [ "$(config_of all:1 | jq '.rootfs.diff_ids | length')" -eq 1 ]
    # The base's layers are its own; all lines of the history stay, one of them with a layer.
    [ "$(config_of new:1 | jq -c '.rootfs.diff_ids[:2]')" = "$(config_of base:1 | jq -c .rootfs.diff_ids)" ]
    [ "$(config_of new:1 | jq '.history | length')" -eq "$(config_of plain:1 | jq '.history | length')" ]
    for image in new:1 all:1; do
        [ "$(config_of $image | jq '[.history[] | select(.empty_layer | not)] | length')" -eq \
            "$(config_of $image | jq '.rootfs.diff_ids | length')" ]
    done
    [ "$(config_of new:1 | jq -r '.history[-1].created_by')" = "ENV DONE=1" ]
}

@test "squashed layers are the same each time, in other tools' eyes, too" {
    need umoci
    busybox_image
    printf 'FROM busybox:1\nRUN echo 1 >/one && rm /bin/ls\nRUN echo 2 >/two\n' >Dockerfile
    for i in 1 2; do
        build --squash --timestamp 0 -o "type=oci,dest=$T/layout$i,tar=false" -t x:1 .
        [ "$status" -eq 0 ]
    done
    cmp "$T/layout1/index.json" "$T/layout2/index.json"
    umoci unpack --rootless --image "$T/layout1:1" "$T/bundle" 2>/dev/null ||
        umoci unpack --rootless --image "$T/layout1:$(umoci list --layout "$T/layout1" | head -1)" "$T/bundle"
    [ "$(cat "$T/bundle/rootfs/one" "$T/bundle/rootfs/two")" = "1
2" ]
    [ ! -e "$T/bundle/rootfs/bin/ls" ]
}

@test "--format docker and --compression are for every output that names none" {
    echo x >f
    printf 'FROM scratch\nCOPY f /\n' >Dockerfile
    build --format docker -o "type=oci,dest=$T/a,tar=false" .
    jq -e '.manifests[0].mediaType == "application/vnd.docker.distribution.manifest.v2+json"' "$T/a/index.json"
    BUILDAH_FORMAT=docker build -o "type=oci,dest=$T/b,tar=false" .
    jq -e '.manifests[0].mediaType | contains("docker")' "$T/b/index.json"
    BUILDAH_FORMAT=docker build --format oci -o "type=oci,dest=$T/c,tar=false" .
    jq -e '.manifests[0].mediaType | contains("oci")' "$T/c/index.json"
    build --compression zstd -o "type=oci,dest=$T/d,tar=false" -o "type=oci,dest=$T/e,tar=false,compression=gzip" .
    [ "$status" -eq 0 ]
    manifest() { echo "$1/blobs/$(jq -r '.manifests[0].digest' "$1/index.json" | tr : /)"; }
    jq -e '.layers[0].mediaType | endswith("+zstd")' "$(manifest "$T/d")"
    jq -e '.layers[0].mediaType | endswith("+gzip")' "$(manifest "$T/e")"
    build --format docker --compression zstd -o "type=oci,dest=$T/f" .
    [ "$status" -eq 2 ]
    BUILDAH_FORMAT=tar build .
    [ "$status" -eq 2 ]
    [[ "$output" == *"variable BUILDAH_FORMAT"* ]]
}

@test "--manifest names an index, even of one platform" {
    printf 'FROM scratch\nLABEL a=1\n' >Dockerfile
    build --manifest list:1 .
    [ "$status" -eq 0 ]
    [ "$("$COOPER" inspect --raw root list:1 | jq '.manifests | length')" -eq 1 ]
    build --manifest list:2 --platform linux/amd64,linux/arm64 .
    [ "$("$COOPER" inspect --raw root list:2 | jq -c '[.manifests[].platform.architecture]')" = '["amd64","arm64"]' ]
    build --arch arm --variant v6 --os linux -t x:1 .
    [ "$(config_of x:1 | jq -c '[.os, .architecture, .variant]')" = '["linux","arm","v6"]' ]
    DOCKER_DEFAULT_PLATFORM=linux/s390x build -t x:2 .
    [ "$(config_of x:2 | jq -r .architecture)" = s390x ]
}

@test "names that say where the image goes" {
    echo x >f
    printf 'FROM scratch\nCOPY f /\n' >Dockerfile
    build -t "oci-archive:$T/a.tar:app:1" -t "docker-archive:$T/b.tar:app:2" -t "oci:$T/layout" .
    [ "$status" -eq 0 ]
    tar -xOf "$T/a.tar" index.json | jq -e '.manifests[0].annotations | tostring | contains("app:1")'
    tar -xOf "$T/b.tar" manifest.json | jq -e '.[0].RepoTags == ["app:2"] or .[0].RepoTags == ["docker.io/library/app:2"]'
    [ -e "$T/layout/oci-layout" ]
    build -t containers-storage:app:3 .
    "$COOPER" inspect app:3
}

@test "--cache-ttl runs steps again that are older" {
    busybox_image
    printf 'FROM busybox:1\nRUN date +%%s; cat /proc/uptime >/now\n' >Dockerfile
    build --cache-ttl 1h -t x:1 .
    build --cache-ttl 1h -t x:2 .
    [[ "$output" == *CACHED* ]]
    sleep 1.1
    build --cache-ttl 1s -t x:3 .
    [ "$status" -eq 0 ]
    [[ "$output" != *CACHED* ]]
    [ "$(cat_of x:1 now)" != "$(cat_of x:3 now)" ]
    build --cache-ttl 1h -t x:4 .
    [ "$(cat_of x:4 now)" = "$(cat_of x:3 now)" ]
}

# ------------------------------------------------------------------ what is read

@test "a Containerfile and a .containerignore are found" {
    printf 'FROM scratch\nCOPY . /\nLABEL which=container\n' >Containerfile
    echo secret >secret
    echo f >f
    echo secret >.containerignore
    build -t x:1 .
    [ "$status" -eq 0 ]
    tree_of x:1 | none grep -q secret
    sed s/container/docker/ Containerfile >Dockerfile
    echo f >.dockerignore
    build -t x:2 .
    [ "$(config_of x:2 | jq -r .config.Labels.which)" = docker ]
    tree_of x:2 | grep -q secret
    "$COOPER" buildah build -q -t x:3
    [ "$(config_of x:3 | jq -r .config.Labels.which)" = container ]
    tree_of x:3 | none grep -q secret
    echo 'Cont*' >"$T/ign"
    build --ignorefile "$T/ign" -t x:4 .
    tree_of x:4 | grep -q secret
    tree_of x:4 | none grep -q Containerfile
}

@test "contexts and Dockerfiles as kaniko names them" {
    mkdir -p sub/deep
    printf 'FROM scratch\nCOPY f /\nLABEL at=sub\n' >sub/My.Dockerfile
    echo f >sub/f
    tar -czf "$T/c.tar.gz" -C sub .
    cd /
    build --context "dir://$T/ctx" --context-sub-path sub --dockerfile My.Dockerfile --no-push -d x:1
    [ "$status" -eq 0 ]
    build --context "tar://$T/c.tar.gz" --dockerfile My.Dockerfile -t x:2
    [ "$status" -eq 0 ]
    "$COOPER" kaniko -v error -c tar://stdin -f My.Dockerfile --no-push -d x:3 <"$T/c.tar.gz"
    [ "$(config_of x:3 | jq -r .config.Labels.at)" = sub ]
    build --context "tar://$T/missing" -t x:2
    [ "$status" -eq 4 ]
    ln -s / "$T/ctx/sub/out"
    build --context "$T/ctx" --context-sub-path sub/out -t x:4
    [ "$status" -eq 4 ]
}

# ------------------------------------------------------------------ around steps

@test "--volume shows a directory or file of this machine to steps" {
    busybox_image
    mkdir "$T/data"
    echo outside >"$T/data/f"
    printf 'FROM busybox:1\nRUN cat /mnt/f >/seen; echo step >/mnt/g || echo no >/ro; ls /mnt >/names\n' >Dockerfile
    build --volume "$T/data:/mnt:ro" -t x:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of x:1 seen) $(cat_of x:1 ro)" = "outside no" ]
    tree_of x:1 | none grep -q ' mnt/'
    [ ! -e "$T/data/g" ]
    build --volume "$T/data:/mnt:O" -t x:2 .
    [ "$(cat_of x:2 names)" = "f
g" ]
    [ ! -e "$T/data/g" ]
    build -v "$T/data:/mnt:rw,Z" -t x:3 .
    [ "$(cat "$T/data/g")" = step ]
    printf 'FROM busybox:1\nRUN cat /etc/one >/seen\n' >Dockerfile
    build --volume "$T/data/f:/etc/one" -t x:4 .
    [ "$(cat_of x:4 seen)" = outside ]
    build --volume "$T/nosuch:/mnt" .
    [ "$status" -eq 4 ]
    [[ "$output" == *"--volume $T/nosuch:/mnt"*"No such file"* ]]
}

@test "where nothing can be mounted, a volume is copied, and it is said that writes are lost" {
    need_root
    busybox_image
    mkdir "$T/data"
    echo outside >"$T/data/f"
    touch -d 2001-01-01 "$T/data"
    printf 'FROM busybox:1\nRUN cat /mnt/f >/seen; echo step >/mnt/g; rm -f /mnt/f; true\n' >Dockerfile
    for how in ro O ro,O; do
        build --isolation chroot --no-cache --volume "$T/data:/mnt:$how" -t x:1 .
        [ "$status" -eq 0 ]
        [ "$(cat_of x:1 seen)" = outside ]
        [ "$(ls "$T/data")" = f ]
        [ "$(stat -c %y "$T/data" | cut -c1-4)" = 2001 ]
    done
    build --isolation chroot --no-cache --volume "$T/data:/mnt" .
    [ "$status" -eq 0 ]
    [[ "$output" == *"/mnt shows a copy, and what is written to it is lost"* ]]
    [ "$(cat "$T/data/f")" = outside ]
    build --isolation chroot --no-cache --volume "$T/data/f:/etc/one:ro" .
    [ "$status" -eq 0 ]
}

@test "a volume is part of the key by its paths, and leads out of no root" {
    busybox_image
    mkdir "$T/data" "$T/other"
    echo 1 >"$T/data/f"
    printf 'FROM busybox:1\nRUN cp /mnt/f /seen\n' >Dockerfile
    build --volume "$T/data:/mnt" -t x:1 .
    echo 2 >"$T/data/f"
    build --volume "$T/data:/mnt" -t x:2 .
    [[ "$output" == *CACHED* ]]
    echo 3 >"$T/other/f"
    build --volume "$T/other:/mnt" -t x:3 .
    [ "$(cat_of x:3 seen)" = 3 ]
    printf 'FROM busybox:1\nRUN ln -s ../../../.. /mnt\nRUN cat /mnt/f >/seen || true\n' >Dockerfile
    build --volume "$T/data:/mnt/d/../x" .
    [ ! -e /x ]
    [ ! -e /d ]
}

@test "/etc/hosts and resolv.conf of steps" {
    busybox_image
    mkdir "$T/etc" && echo "9.9.9.9 image" >"$T/etc/hosts"
    printf 'FROM busybox:1\nCOPY --from=etc hosts /etc/\nRUN cp /etc/hosts /h && cp /etc/resolv.conf /r\n' >Dockerfile
    build --build-context "etc=$T/etc" --no-hosts --dns 1.1.1.1 --dns ::2 --dns-search a.example --dns-search b.example \
        --dns-option ndots:3 -t x:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of x:1 h)" = "9.9.9.9 image" ]
    cat_of x:1 r >"$T/r"
    [ "$(grep nameserver "$T/r")" = "nameserver 1.1.1.1
nameserver ::2" ]
    [ "$(grep search "$T/r")" = "search a.example b.example" ]
    [ "$(grep options "$T/r")" = "options ndots:3" ]
    build --build-context "etc=$T/etc" -t x:2 .
    cat_of x:2 h | grep -q localhost
}

@test "capabilities of steps" {
    need_root
    busybox_image
    printf 'FROM busybox:1\nRUN grep -E "CapPrm" /proc/self/status | cut -f2 >/caps\n' >Dockerfile
    has() { (((16#$(cat_of "$1" caps) >> $2 & 1) == 1)); }
    build -t x:1 .
    has x:1 13
    none has x:1 12
    build --cap-add NET_ADMIN,CAP_SYS_PTRACE --cap-drop net_raw -t x:2 .
    has x:2 12
    has x:2 19
    none has x:2 13
    build --cap-drop all -t x:3 .
    [ "$((16#$(cat_of x:3 caps)))" -eq 0 ]
    build --cap-add all --cap-drop SYS_ADMIN -t x:4 .
    has x:4 19
    none has x:4 21
}

@test "paths that no layer gets" {
    busybox_image
    mkdir -p base/var/kept && echo old >base/var/kept/f
    printf 'FROM busybox:1\nCOPY base /\n' >Base
    build -q -f Base -t base:1 .
    printf 'FROM base:1\nRUN cat /var/kept/f >/seen; echo x >/var/kept/g; mkdir -p /work/a; echo 1 >/var/other\n' >Dockerfile
    build --ignore-path /var/kept --ignore-path=/work -t x:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of x:1 seen)" = old ]
    tree_of x:1 >"$T/tree"
    grep -q ' var/other$' "$T/tree"
    none grep -Eq ' (var/kept/g|work)' "$T/tree"
}

@test "proxies of this machine are for steps if that is asked for" {
    busybox_image
    printf 'FROM busybox:1\nRUN echo "${http_proxy:-none}" >/seen\n' >Dockerfile
    export http_proxy=http://proxy.example:1
    build --offline -t x:1 .
    [ "$(cat_of x:1 seen)" = none ]
    build --offline --http-proxy --no-cache -t x:2 .
    [ "$(cat_of x:2 seen)" = http://proxy.example:1 ]
    "$COOPER" podman build -q --offline --no-cache -t x:3 .
    [ "$(cat_of x:3 seen)" = http://proxy.example:1 ]
    "$COOPER" podman build -q --offline --no-cache --http-proxy=false -t x:4 .
    [ "$(cat_of x:4 seen)" = none ]
    config_of x:2 | none grep -q proxy.example
}

@test "limits reach the control group, or it is said that they cannot" {
    need_root
    busybox_image
    printf 'FROM busybox:1\nRUN true\n' >Dockerfile
    build --no-cache -c 512 --cpuset-cpus 0 --memory 64m --memory-swap 96m .
    [ "$status" -eq 0 ]
    if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
        [[ "$output" == *"limits are not applied"* ]]
        skip "needs a cgroup v2 at /sys/fs/cgroup"
    fi
    [[ "$output" != *"limits are not applied"* ]] || skip "needs a cgroup v2 with these controllers"
}

# ------------------------------------------------------------------ the log

@test "--logfile gets the progress" {
    printf 'FROM scratch\nLABEL a=1\n' >Dockerfile
    echo "an older log, which is longer than the first line of the new one, and ends here" >"$T/log"
    build --logfile "$T/log" --sbom -t x:1 .
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    grep -q 'exporting to image' "$T/log"
    grep -q -- '--sbom has no effect' "$T/log"
    none grep -q 'older' "$T/log"
    printf 'FROM scratch\nRUM x\n' >Dockerfile
    build --logfile "$T/log" .
    [ "$status" -eq 3 ]
    [[ "$output" == *"unknown instruction: RUM"* ]]
    cp Dockerfile "$T/before"
    build --logfile Dockerfile .
    [ "$status" -eq 2 ]
    cmp Dockerfile "$T/before"
    build --logfile "$T" .
    [ "$status" -eq 2 ]
    build --logfile "$T/none/log" .
    [ "$status" -eq 2 ]
}

@test "--mode-policy=git: modes of contexts as git has them, in copies and mounts" {
    busybox_image
    mkdir -m 700 d lib
    echo f >f
    install -m 600 f d/f
    install -m 4775 f d/x
    install -m 700 f lib/x
    ln -s f d/l
    mkfifo -m 600 d/p
    printf 'FROM busybox:1\nCOPY d /d/\nCOPY --from=lib . /lib/\nCOPY --chmod=640 f /f\nRUN --mount=target=/m stat -c "%%a %%n" /m/d /m/d/* >/seen\n' >Dockerfile
    # modes OPTION…: of everything that is copied.
    modes() {
        build --build-context lib=lib -o "$T/out" "$@" .
        (cd "$T/out" && stat -c '%a %n' d d/* lib/* f && cat seen)
    }
    [ "$(modes)" = "$(modes --mode-policy=keep)" ]
    [ "$(modes | tr '\n' ' ')" = '755 d 600 d/f 777 d/l 600 d/p 4775 d/x 700 lib/x 640 f 700 /m/d 600 /m/d/f 777 /m/d/l 600 /m/d/p 4775 /m/d/x ' ]
    rm -r "$T/out"
    [ "$(modes --mode-policy=git | tr '\n' ' ')" = '755 d 644 d/f 777 d/l 600 d/p 755 d/x 755 lib/x 640 f 755 /m/d 644 /m/d/f 777 /m/d/l 600 /m/d/p 755 /m/d/x ' ]
}
