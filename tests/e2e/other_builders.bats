#!/usr/bin/env bats
# Command lines of other builders: each works, is said to have no effect, or is refused
# with what to do instead.
load helpers

# The folder that command lines are typed in: ctx with a Dockerfile, and a base.
scene() {
    export DOCKER_HOST=unix://$T/none.sock
    busybox_image
    cd "$T" || return 1
    mkdir -p ctx/sub
    printf 'ARG FOO=none\nFROM busybox:1 AS stage\nARG FOO\nCOPY f /f\nRUN echo $FOO >/foo\n' >ctx/Dockerfile
    echo hi >ctx/f
    cp ctx/Dockerfile ctx/f ctx/sub
    printf '# comment\nFOO=file\n' >args
    printf "FROM busybox:1 AS x\nENV A=1\n" >nostep
    echo secret >ign
}

# LINE: standard output in $T/out, standard error in $T/err; the exit status.
type_line() {
    local status=0
    rm -rf "$T/work" && mkdir "$T/work" && cp -r "$T/ctx" "$T/args" "$T/ign" "$T/nostep" "$T/work"
    (cd "$T/work" && eval "timeout 120 '$COOPER' $1" >"$T/out" 2>"$T/err" </dev/null) || status=$?
    return "$status"
}

# Reads "OUTCOME | LINE" from standard input. OUTCOME: "works"; "says OPTION" (works, and
# the option is said once to have no effect); "N TEXT" (exit status N, TEXT in the message).
try_lines() {
    local outcome line status faults=0
    while IFS='|' read -r outcome line; do
        outcome=${outcome% } line=${line# }
        [ -n "$line" ] || continue
        status=0
        type_line "$line" || status=$?
        case $outcome in
        works) [ "$status" -eq 0 ] && ! grep -q 'has no effect' "$T/err" ;;
        says*) [ "$status" -eq 0 ] && [ "$(grep -c -- "${outcome#says } has no effect" "$T/err")" -eq 1 ] ;;
        *) [ "$status" -eq "${outcome%% *}" ] && grep -q -- "${outcome#* }" "$T/err" &&
            [ "$(grep -c '^ERROR: ' "$T/err")" -eq 1 ] ;;
        esac || {
            echo "$line: wanted $outcome, got $status"
            grep -E '^(ERROR|hint)|has no effect' "$T/err" || true
            faults=$((faults + 1))
        }
    done
    [ "$faults" -eq 0 ]
}

@test "lines for docker build" {
    scene
    try_lines <<'EOF'
2 no context is given | build
2 more than one context is given | build a b
works | build --file=ctx/Dockerfile ctx
works | build -fctx/Dockerfile -ta:1 ctx
works | build --build-arg FOO ctx
works | build --build-arg=FOO=1 --progress plain ctx
works | build --progress=none ctx
works | build --progress=auto ctx
2 the image has no name | build --push ctx
6 cannot connect | build --push -t 127.0.0.1:1/x:1 ctx
4 variable Y is not set | build --secret id=x,env=Y ctx
4 /nonexist: no such file | build --secret id=x,src=/nonexist ctx
works | build --secret id=x,type=env,env=HOME ctx
works | build --annotation a=b ctx
works | build --annotation "manifest[linux/amd64]:a=b" --platform linux/amd64 ctx
says --attest | build --attest type=sbom ctx
works | build --provenance=false ctx
says --provenance | build --provenance=true ctx
says --provenance | build --provenance mode=min ctx
says --provenance | build --provenance=mode=max ctx
works | build --sbom=false ctx
works | build --sbom false ctx
says --sbom | build --sbom ctx
says --sbom | build --sbom=generator=a/b ctx
says --builder | build --builder default ctx
says --cgroup-parent | build --cgroup-parent foo ctx
works | build --ulimit nofile=100:200 --no-cache --progress plain ctx
works | build --network host ctx
works | build --network=bridge ctx
works | build --network none --no-cache ctx
2 must be default, none or host | build --network=mynet ctx
works | build --add-host a:1.2.3.4 --no-cache ctx
works | build --add-host host.docker.internal:host-gateway ctx
works | build --squash ctx
works | build --rm ctx
works | build --rm=true --force-rm ctx
2 not true or false | build --rm=perhaps ctx
works | build -m 512m ctx
works | build --memory=512m --memory-swap=-1 ctx
works | build -c 100 ctx
works | build --cpu-period=1 --cpu-quota=1 ctx
works | build --cpuset-mems 0 ctx
works | build --cpuset-cpus 0 ctx
works | build --cpu-quota 100 ctx
works | build --isolation=process ctx
works | build --isolation=default ctx
2 virtual machines are not used | build --isolation=hyperv ctx
says --security-opt | build --security-opt seccomp=unconfined ctx
works | build --disable-content-trust=false ctx
says --disable-content-trust | build --disable-content-trust ctx
says --compress | build --compress ctx
says --stream | build --stream ctx
works | build --platform local ctx
works | build --pull=false ctx
works | build --no-cache=false ctx
says --cache-to | build --cache-to type=gha,mode=max ctx
says --cache-from | build --cache-from type=gha ctx
says --cache-from | build --cache-from type=s3,region=eu,bucket=b,name=n ctx
says --cache-to | build --cache-to type=azblob,account_url=https://a ctx
2 unknown cache type | build --cache-to type=gah ctx
works | build --cache-to type=inline -t a:3 ctx
works | build --shm-size 64m ctx
works | build --shm-size=1 ctx
works | build --allow=security.insecure,network.host ctx
says --allow | build --allow device ctx
says --allow | build --allow fs.read=/ ctx
2 unknown entitlement | build --allow everything ctx
works | build --call=targets ctx
works | build --call outline ctx
works | build --call=targets,format=json ctx
works | build --check ctx
works | build --metadata-file md.json ctx
works | build --iidfile iid ctx
works | build --label a ctx
3 could not be found | build --target nope ctx
works | build --resource memory=1g ctx
says --debug | build --debug ctx
says --debug | -D build ctx
says --debug | --debug build ctx
says --host | -H tcp://x build ctx
says --log-level | --log-level debug build ctx
says --builder | --context default build ctx
says --builder | docker -c default buildx build ctx
says --builder | buildx --builder x build ctx
works | --config . build ctx
works | build --print=outline ctx
2 --on-error=shell | build --invoke sh ctx
works | build --no-cache-filter=stage ctx
works | build --output=out1 ctx
works | build -o type=tar ctx
works | build -o type=oci ctx
works | build -o type=oci,dest=ocidir,tar=false ctx
works | build -o type=docker -t a:4 ctx
works | build -o type=image,name=foo:1 ctx
works | build -o type=cacheonly ctx
2 did you mean type=none | build -o none ctx
2 needs dest=DIRECTORY | build -o type=local ctx
works | build -o type=image,compression=zstd,force-compression=true,oci-mediatypes=true,name=foo:2 ctx
2 unknown output attribute | build -o type=image,bogus=true,name=foo:3 ctx
works | build -o - ctx
works | build --help
works | buildx build ctx
works | buildx b ctx
works | builder build ctx
works | docker build ctx
works | docker buildx build --load ctx
works | docker image build ctx
works | bud ctx
works | -v
works | -h
works | help
works | help build
works | help docker
2 cooper build -t NAME DIRECTORY | compose build
2 cooper build --target STAGE | bake
2 cooper build --target STAGE | buildx bake --set a=b --print
2 there are no builders | buildx create --use
2 did you mean --tag | build --tga x ctx
2 unknown option -z | build -z ctx
works | build --platform= ctx
2 the name is empty | build --tag= ctx
works | build -- ctx
EOF
}

@test "lines for buildah and podman build" {
    scene
    try_lines <<'EOF'
works | build --layers ctx
works | build --layers=true ctx
works | build --format oci ctx
works | build --format docker ctx
works | build --isolation chroot ctx
works | build --isolation oci ctx
works | build --isolation rootless ctx
works | build -v /tmp:/mnt ctx
works | build -v /tmp:/mnt:ro,Z ctx
2 paths that exist | build -v data:/mnt ctx
says --userns | build --userns host ctx
says --userns | build --userns=auto ctx
works | build --jobs 4 ctx
works | build --jobs=0 ctx
works | build --manifest foo ctx
works | build --squash ctx
works | podman build --squash-all ctx
works | build --timestamp 0 ctx
works | build --source-date-epoch 0 --rewrite-timestamp ctx
works | build --pull=never ctx
works | build --pull=newer --from scratch --target x -f nostep ctx
works | build --pull-never ctx
works | build --pull missing ctx
works | build --authfile /dev/null ctx
4 --authfile nonexist.json: No such file | build --authfile nonexist.json ctx
works | build --tls-verify ctx
works | build --cert-dir /tmp ctx
works | build --env A=b ctx
works | build --unsetenv PATH ctx
works | build --from busybox:1 ctx
works | build --ignorefile ign ctx
4 missing: no such file | build --ignorefile missing ctx
works | build --http-proxy=false ctx
works | build --dns 1.1.1.1 ctx
works | build --cap-add ALL ctx
works | build --cap-drop NET_RAW ctx
2 unknown capability | build --cap-add FLY ctx
says --security-opt | build --security-opt label=disable ctx
works | build --arch amd64 ctx
works | build --arch arm64 -f nostep ctx
2 one of them is enough | build --arch arm64 --platform linux/amd64 ctx
2 name them: --platform | build --all-platforms ctx
works | build --force-compression ctx
works | build --disable-compression=false ctx
says --logsplit | build --logsplit ctx
works | build --logfile log ctx
works | build --retry 3 --retry-delay 1s ctx
works | build --build-arg-file args ctx
4 no such file | build --build-arg-file missing ctx
says --runtime | build --runtime crun ctx
says --runtime-flag | build --runtime-flag log=x ctx
works | build --omit-history ctx
says --sign-by | build --sign-by me ctx
works | build --skip-unused-stages=false ctx
works | build --no-hostname ctx
works | build --no-hosts ctx
says --pid | build --pid host ctx
says --uts | build --uts host ctx
says --ipc | build --ipc host ctx
says --cgroupns | build --cgroupns host ctx
says --hooks-dir | build --hooks-dir x ctx
works | build --inherit-labels=false ctx
works | build --unsetlabel a ctx
works | build --created-annotation=false ctx
says --identity-label | build --identity-label ctx
2 --memory-swap needs --memory | build --memory-swap 1g ctx
says --storage-driver | build --storage-driver vfs ctx
says --storage-driver | --storage-driver vfs build ctx
works | --root ../store build ctx
2 get no devices | build --device /dev/fuse ctx
says --remote | podman --remote build ctx
says --tmpdir | podman --tmpdir x build ctx
says --group-add | build --group-add x ctx
says --sbom | buildah build --sbom syft ctx
says --sbom-scanner-image | build --sbom-scanner-image a ctx
works | build -t oci-archive:foo.tar ctx
works | build -t docker-archive:foo.tar:app:1 ctx
works | build -t oci:./layout ctx
10 Docker is not reached | build -t docker-daemon:app:1 ctx
6 cannot connect | build -t docker://127.0.0.1:1/x:1 ctx
works | build-using-dockerfile ctx
works | buildah bud ctx
says --log-level | buildah --log-level debug --root ../store build-using-dockerfile ctx
works | podman build --quiet ctx
4 Containerfile: no such file | buildah build
EOF
}

@test "lines for the executor of kaniko" {
    scene
    mkdir "$T/bin"
    ln -s "$COOPER" "$T/bin/executor"
    try_lines <<'EOF'
works | build --context ctx
works | build --context=dir://ctx
works | build --dockerfile ctx/Dockerfile ctx
works | build --dockerfile Dockerfile ctx
4 cannot be had: no such file | build --dockerfile "cannot be had" ctx
6 cannot connect | build --destination 127.0.0.1:1/a:1 ctx
works | build --destination 127.0.0.1:1/a:1 --no-push ctx
2 contradict | build -t a --push --no-push ctx
works | build --cache --cache-repo oci:cache ctx
says --cache-repo | build --cache-repo 127.0.0.1:1/cache ctx
works | build --cache-ttl 336h ctx
says --cache-dir | build --cache-dir /cache ctx
works | build --no-push ctx
works | build --tar-path x.tar ctx
works | build --single-snapshot ctx
says --snapshot-mode | build --snapshot-mode=redo ctx
works | build --use-new-run ctx
works | build --cleanup ctx
works | build --insecure ctx
works | build --insecure-pull ctx
works | build --skip-tls-verify ctx
works | build --skip-tls-verify-pull ctx
works | build --skip-tls-verify-registry a:5000 ctx
works | build --registry-mirror 127.0.0.1:1 ctx
works | build --registry-map a=b ctx
works | build --registry-certificate a=/x ctx
works | build --custom-platform=linux/amd64 -f nostep ctx
works | build --customPlatform=linux/amd64 -f nostep ctx
works | build -v debug ctx
works | build --verbosity=info ctx
2 must be panic, fatal | build --verbosity=loud ctx
works | build --log-format json ctx
says --log-timestamp | build --log-timestamp ctx
works | build --push-retry 3 ctx
works | build --image-download-retry 3 ctx
works | build --image-format docker ctx
says --force-build-metadata | build --force-build-metadata ctx
says --image-fs-extract-retry | build --image-fs-extract-retry 3 ctx
works | build --ignore-path /x ctx
says --ignore-var-run | build --ignore-var-run ctx
works | build --force ctx
works | build --oci-layout-path x ctx
works | build --image-name-tag-with-digest-file f ctx
works | build --image-name-with-digest-file f ctx
works | build --digest-file f ctx
works | build --context-sub-path sub ctx
4 not a directory of ctx | build --context-sub-path ../ctx ctx
works | build --compressed-caching=false ctx
says --compressed-caching | build --compressed-caching ctx
works | build --compression zstd ctx
works | build --compression gzip --compression-level 9 ctx
works | build --cache-copy-layers ctx
works | build --cache-run-layers ctx
works | build --skip-default-registry-fallback ctx
says --credential-helpers | build --credential-helpers ecr ctx
works | build --reproducible ctx
works | build --dry-run ctx
works | kaniko --context ctx --no-push --dryrun
2 URL#branch | build --git branch=x ctx
2 not fetched from buckets | build --context s3://bucket/x.tar.gz
2 fetch the archive | build --bucket x ctx
works | kaniko --context ctx
works | kaniko --context ctx -f Dockerfile -v info --no-push -d a/b:1
works | executor build -c ctx
works | kaniko executor --context dir://ctx
4 /workspace | kaniko
EOF
    "$T/bin/executor" -c ctx --no-push --dockerfile=Dockerfile --destination=x:1
    "$COOPER" inspect x:1 >/dev/null
}

@test "lines for buildctl" {
    scene
    try_lines <<'EOF'
works | build --frontend dockerfile.v0 --local context=ctx --local dockerfile=ctx
works | build --frontend=dockerfile.v0 --opt target=stage --local context=ctx --output type=image,name=x
works | buildctl build --frontend=dockerfile.v0 --local context=ctx --opt filename=sub/Dockerfile --opt build-arg:FOO=1
works | build --export-cache type=local,dest=cache ctx
works | build --import-cache type=local,src=cache ctx
2 policies of sources | build --source-policy-file p ctx
says --ref-file | buildctl build --ref-file r --local context=ctx
says --addr | --addr tcp://x build ctx
says --addr | buildctl --addr tcp://x build --local context=ctx
2 dockerfile.v0 | build --frontend=my.front ctx
2 unknown key | build --opt colour=red ctx
2 must be KEY=VALUE | build --opt target ctx
EOF
}

@test "nothing is said with --quiet, and each option once" {
    scene
    type_line 'build --quiet --runtime crun --sbom ctx'
    [ ! -s "$T/err" ]
    type_line 'build --runtime crun --runtime runc --progress plain ctx'
    [ "$(grep -c 'runtime has no effect' "$T/err")" -eq 1 ]
    type_line 'build --runtime crun --progress rawjson ctx'
    # "--runtime has no effect", as BuildKit writes it.
    grep -q LS1ydW50aW1lIGhhcyBubyBlZmZlY3 "$T/err"
}

@test "a program's name is the first word" {
    scene
    mkdir "$T/bin"
    for name in docker docker-buildx buildah podman buildctl build; do
        ln -s "$COOPER" "$T/bin/$name"
    done
    cd "$T/ctx"
    "$T/bin/buildah" bud -q -t a:1
    "$T/bin/podman" build -q -t a:2
    "$T/bin/docker" build -q -t a:3 .
    "$T/bin/docker-buildx" build -q -t a:4 .
    "$T/bin/docker-buildx" buildx build -q -t a:5 .
    "$T/bin/build" -q -t a:6 .
    "$T/bin/buildctl" build --progress quiet --local context=. -t a:7
    "$T/bin/docker" images >"$T/images"
    [ "$(grep -c '^a ' "$T/images")" -eq 7 ]
    run "$T/bin/docker" build
    [ "$status" -eq 2 ]
}
