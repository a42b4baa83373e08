#!/usr/bin/env bats
# Options of build: what their values mean.
load helpers

@test "fields of --secret and --output may be quoted" {
    busybox_image
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=x,required=true cp /run/secrets/x /seen\n' >Dockerfile
    printf value >'a,b'
    build --secret 'id=x,"src=a,b"' -o "\"type=tar\",\"dest=$T/o,ut.tar\"" .
    [ "$status" -eq 0 ]
    [ "$(tar -xOf "$T/o,ut.tar" seen)" = value ]
    build --secret 'id=x,"src=a,b' .
    [ "$status" -eq 2 ]
    [[ "$output" == *"--secret"*"a double quote has no end"* ]]
}

@test "warnings before an error are printed with it" {
    printf 'FROM scratch AS x\nMAINTAINER me\nCOPYY a b\n' >Dockerfile
    build .
    [ "$status" -eq 3 ]
    [[ "$output" == *"1 warning found"*"MaintainerDeprecated"*"unknown instruction: COPYY"* ]]
    printf 'FROM scratch AS x\nMAINTAINER me\nCOPY --from=y a b\n' >Dockerfile
    build --offline .
    [ "$status" -ne 0 ]
    [[ "$output" == *"1 warning found"*"MaintainerDeprecated"* ]]
    [ "$(grep -c MaintainerDeprecated <<<"$output")" -eq 1 ]
}

@test "a limit that cannot be applied is reported once per build" {
    need_root
    busybox_image
    printf 'FROM busybox:1\nRUN true\nRUN echo\nFROM busybox:1\nCOPY --from=0 /etc /x\nRUN true\n' >Dockerfile
    for option in "--memory 100m" "--cpus 1" "--memory 100m --isolation=chroot"; do
        run unshare -m --propagation private sh -ec 'mount -t tmpfs none /sys/fs/cgroup; exec "$@"' - \
            "$COOPER" build --no-cache --progress=plain $option .
        [ "$status" -eq 0 ] || { echo "$output"; false; }
        [ "$(grep -c "limits are not applied: no cgroup v2" <<<"$output")" -eq 1 ]
    done
}

@test "a limit above the hard limit is reported once, and lowered to it" {
    need_root
    busybox_image
    printf 'FROM busybox:1\nRUN ulimit -Hn >n; ulimit -Hs >s\nRUN true\n' >Dockerfile
    # KIND=WANTED, what is told (nothing: -), what steps get.
    while read -r asked told kind got; do
        run prlimit --nofile=512:1024 --stack=8388608:16777216 setpriv --bounding-set -sys_resource \
            "$COOPER" build --no-cache --progress=plain -o "type=local,dest=$T/out" --ulimit "$asked" .
        echo "$asked: $output"
        [ "$status" -eq 0 ]
        if [ "$told" = - ]; then
            [[ "$output" != *"--ulimit"* ]]
        else
            [ "$(grep -c -- "--ulimit ${asked%%=*}: this user may have no more than $told, which is what steps get" <<<"$output")" -eq 1 ]
        fi
        [ "$(cat "$T/out/$kind")" = "$got" ]
    done <<'EOF'
nofile=256 - n 256
nofile=1024 - n 1024
nofile=1025 1024 n 1024
nofile=100:4096 1024 n 1024
nofile=-1 1024 n 1024
stack=33554432 16777216 s 16384
EOF
}
