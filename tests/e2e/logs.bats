#!/usr/bin/env bats
# What steps print is in the log, all of it and in order, however fast it comes.
load helpers

MEGABYTES=50

# A step that prints 50 MiB as fast as it can: numbered lines on standard output.
printing_step() {
    busybox_image
    mkdir noise
    cat >noise/print.awk <<'EOF'
BEGIN { for (i = 0; i < 819200; i++) printf "%08d %s\n", i, "the quick brown fox jumps over the lazy dog, again and" }
EOF
    printf 'FROM busybox:1\nRUN --mount=target=/m awk -f /m/noise/print.awk\n' >Dockerfile
    busybox awk -f noise/print.awk >"$T/want"
    [ "$(stat -c %s "$T/want")" -ge $((MEGABYTES * 1000000)) ]
}

@test "50 MiB of output are complete in the log, in every engine" {
    printing_step
    local engines=(ns)
    [ "$(id -u)" -ne 0 ] || engines+=(chroot)
    for engine in "${engines[@]}"; do
        "$COOPER" build --no-cache --progress=plain --isolation=$engine . 2>"$T/log"
        sed -nE 's/^#[0-9]+ [0-9]+\.[0-9]{1,3} ([0-9]{8} )/\1/p' "$T/log" | cmp - "$T/want"
        rm "$T/log"
    done
}

@test "the log for programs keeps bytes of every value" {
    busybox_image
    head -c 4000000 /dev/urandom >noise
    printf 'FROM busybox:1\nRUN --mount=target=/m cat /m/noise\n' >Dockerfile
    "$COOPER" build --no-cache --progress=rawjson . 2>"$T/log"
    jq -r '.logs[]?.data' "$T/log" | while read -r piece; do base64 -d <<<"$piece"; done | cmp - noise
}

@test "standard output and error of parallel steps are complete" {
    busybox_image
    for i in 1 2 3; do
        printf 'FROM busybox:1 AS s%d\nRUN for n in $(seq 20000); do echo "out%d $n"; echo "err%d $n" >&2; done; printf "end%d without line feed"\n' \
            "$i" "$i" "$i" "$i"
    done >Dockerfile
    printf 'FROM busybox:1\nCOPY --from=s1 /etc/passwd /1\nCOPY --from=s2 /etc/passwd /2\nCOPY --from=s3 /etc/passwd /3\n' >>Dockerfile
    "$COOPER" build --no-cache --progress=plain --jobs 3 . 2>"$T/log"
    for i in 1 2 3; do
        for kind in out err; do
            sed -nE "s/^#[0-9]+ [0-9]+\.[0-9]{1,3} ($kind$i )/\1/p" "$T/log" >"$T/got"
            seq 20000 | sed "s/^/$kind$i /" | cmp - "$T/got"
        done
        grep -q "end$i without line feed" "$T/log"
    done
}

@test "a secret is masked anywhere in a long output, and nothing else is lost" {
    busybox_image
    printf 'a-very-hidden-word' >"$T/secret"
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=s seq 300000 | sed "s/7\\$/7 $(cat /run/secrets/s)/"\n' >Dockerfile
    "$COOPER" build --no-cache --progress=plain --secret "id=s,src=$T/secret" . 2>"$T/log"
    ! grep -q hidden-word "$T/log"
    sed -nE 's/^#[0-9]+ [0-9]+\.[0-9]{1,3} ([0-9]+( \*\*\*)?)$/\1/p' "$T/log" >"$T/got"
    seq 300000 | sed 's/7$/7 ***/' | cmp - "$T/got"
}

@test "a warning's place, page and file are in rawjson, without values of secrets" {
    printf 'FROM scratch AS Base\nLABEL key hidden-value\nCOPY Dockerfile /\nFROM base\nLABEL a=b\n' >Dockerfile
    printf 'hidden-value' >"$T/secret"
    "$COOPER" build --progress=rawjson --secret "id=s,src=$T/secret" . 2>"$T/log"
    jq -r '.warnings[]? | [(.short | @base64d), .url, (.detail[0] | @base64d), .range[0].start.line, .range[0].end.line, .sourceInfo.filename, .sourceInfo.language, .level] | @tsv' "$T/log" >"$T/got"
    grep -qP '^StageNameCasing: .*\thttps://docs.docker.com/go/dockerfile/rule/stage-name-casing/\tNames of stages are lower case\t1\t1\tDockerfile\tDockerfile\t1$' "$T/got"
    grep -qP '^LegacyKeyValueFormat: .*\t2\t2\tDockerfile\tDockerfile\t1$' "$T/got"
    jq -r '.warnings[0].sourceInfo.data // empty | @base64d' "$T/log" | sed 1q | grep -qx 'FROM scratch AS Base'
    ! jq -r '.warnings[]?.sourceInfo.data | @base64d' "$T/log" | grep hidden-value
}
