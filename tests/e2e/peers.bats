#!/usr/bin/env bats
# Images read back by others: the store in place, archives, registries.
load helpers

# An image with what readers stumble over: links, whiteouts, modes, config.
rich_image() {
    busybox_image
    mkdir d
    echo one >d/one
    ln d/one d/hard
    ln -s one d/soft
    chmod 4755 d/one
    cat >Dockerfile <<'EOF'
FROM busybox:1
COPY d /d
RUN rm /etc/group && chown 12:34 /d/one && mkdir -p /very/deep/directory
ENV NAME="a value"
LABEL some.label=yes
EXPOSE 80
VOLUME /data
USER app
WORKDIR /work
HEALTHCHECK --interval=5s CMD true
ENTRYPOINT ["/bin/echo"]
CMD ["hello"]
EOF
    build -t rich:1 "$@" .
    [ "$status" -eq 0 ]
}

@test "skopeo inspects the store in place" {
    need skopeo
    rich_image
    run skopeo inspect "oci:$COOPER_ROOT:docker.io/library/rich:1"
    echo "$output"
    [ "$status" -eq 0 ]
    jq -e '.Os == "linux" and (.Layers | length) >= 3' <<<"$output"
}

@test "skopeo copies an oci archive and finds every digest right" {
    need skopeo
    rich_image -o "type=oci,dest=$T/a.tar"
    skopeo --insecure-policy copy "oci-archive:$T/a.tar" "dir:$T/dir"
    skopeo inspect --config --raw "dir:$T/dir" | jq -e '.config.Env | index("NAME=a value")'
    skopeo inspect --config --raw "dir:$T/dir" | jq -e '.config.Healthcheck.Interval == 5000000000'
}

@test "umoci unpacks the image to the files that cooper exports" {
    need umoci
    need_root
    rich_image -o "type=oci,tar=false,dest=$T/layout" -o type=image
    umoci unpack --image "$T/layout:1" "$T/bundle"
    tree_of rich:1 | sed 's/ -> .*//; s/ link to .*//' | awk '{print $1, $2, $NF}' | sed 's,/$,,' | sort >"$T/ours"
    (cd "$T/bundle/rootfs" && tar --numeric-owner -cf - --sort=name . | tar --numeric-owner -tvf -) \
        | sed 's/ -> .*//; s/ link to .*//' | awk '{print $1, $2, $NF}' | sed 's, \./, ,; s,/$,,' | grep ' .* ..*' | sort >"$T/theirs"
    # Which of two hard links comes first is the reader's choice.
    sed -i 's/^h/-/' "$T/ours" "$T/theirs"
    diff "$T/ours" "$T/theirs"
    jq -e '.process.args == ["/bin/echo", "hello"] and .process.cwd == "/work"' "$T/bundle/config.json"
}

@test "podman loads the docker archive and runs it" {
    need podman
    need_root
    rich_image -o "type=docker,dest=$T/a.tar"
    podman --root "$T/p" --runroot "$T/pr" load -i "$T/a.tar"
    run podman --root "$T/p" --runroot "$T/pr" --runtime runc run --rm --network=none \
        --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 rich:1
    echo "$output"
    podman --root "$T/p" --runroot "$T/pr" system reset -f >/dev/null 2>&1 || true
    # It leaves mounts where its runtime failed.
    awk -v dir="$T/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | tac | xargs -r umount -l
    if [ "$status" -ne 0 ] && [[ "$output" == *cgroup* || "$output" == *"crun"* || "$output" == *netavark* ]]; then
        skip "podman cannot run containers on this machine: ${output##*$'\n'}"
    fi
    [ "$status" -eq 0 ]
    [[ "$output" == *hello* ]]
}

@test "runc runs the unpacked image" {
    need umoci
    need runc
    need_root
    rich_image -o "type=oci,tar=false,dest=$T/layout" -o type=image
    umoci unpack --image "$T/layout:1" "$T/bundle"
    # No terminal, and no network namespace that would need setting up.
    jq '.process.terminal = false' "$T/bundle/config.json" >"$T/c" && mv "$T/c" "$T/bundle/config.json"
    run runc --root "$T/runc" run -b "$T/bundle" "cooper-$$"
    echo "$output"
    [[ "$output" != *"no cgroup mount"* ]] || skip "runc needs cgroups: $output"
    [ "$status" -eq 0 ]
    [[ "$output" == *hello* ]]
}

@test "buildah builds from an image that cooper pushed" {
    need buildah
    need docker-registry
    need_root
    rich_image
    registry_start "$T/registry"
    "$COOPER" push rich:1 "$REGISTRY/x/rich:1"
    run buildah --root "$T/b" --runroot "$T/br" from --tls-verify=false "$REGISTRY/x/rich:1"
    echo "$output"
    registry_stop
    [ "$status" -eq 0 ]
    run buildah --root "$T/b" --runroot "$T/br" inspect "${output##*$'\n'}"
    jq -e '.OCIv1.config.User == "app"' <<<"$output"
    buildah --root "$T/b" --runroot "$T/br" rm -a >/dev/null
    buildah --root "$T/b" --runroot "$T/br" rmi -a -f >/dev/null
}

@test "GNU tar, Python and cooper list the same files in a layer" {
    rich_image -o "type=oci,dest=$T/a.tar,compression=uncompressed"
    mkdir "$T/l"
    tar -xf "$T/a.tar" -C "$T/l"
    manifest=$T/l/blobs/$(jq -r '.manifests[0].digest | sub(":"; "/")' "$T/l/index.json")
    for d in $(jq -r '.layers[].digest | sub(":"; "/")' "$manifest"); do
        tar -tf "$T/l/blobs/$d" | sed 's,/$,,' >"$T/gnu"
        python3 -c 'import sys, tarfile
for m in tarfile.open(sys.argv[1]).getmembers(): print(m.name)' "$T/l/blobs/$d" >"$T/python"
        diff "$T/gnu" "$T/python"
    done
}
