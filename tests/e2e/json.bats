# JSON documents are what their schemas in docs/reference/schemas say.

load helpers.bash

# valid SCHEMA [lines]: standard input is what SCHEMA says.
valid() {
    "$ROOT/tests/schemas/validate" "$@"
}

# An image with all that a config can have, a stage more, a cache, a secret, a heredoc.
write_context() {
    busybox_image
    echo text >file
    mkdir dir
    tar -cf archive.tar file
    cat >Dockerfile <<'END'
# check=skip=none
FROM busybox:1 AS base
# base is where it begins

# the number
ARG NUMBER=1
ENV A=1 B=2
RUN --mount=type=secret,id=token,env=TOKEN --mount=type=ssh true
RUN --mount=type=cache,target=/c,uid=5,mode=0700,sharing=locked --mount=type=tmpfs,target=/t,size=1m echo out; echo err >&2
# the result
FROM base AS final
MAINTAINER somebody
USER app
WORKDIR /made
COPY --from=base --chown=1:2 --chmod=600 /etc/passwd /copied/
COPY --exclude=*.tmp --parents file dir /with/
ADD archive.tar /unpacked/
COPY <<TEXT /text
line
TEXT
RUN <<TEXT
true
TEXT
RUN --network=none --mount=type=bind,from=base,target=/b true
LABEL a=1
EXPOSE 80/udp
VOLUME /v
ONBUILD RUN true
SHELL ["/bin/sh", "-c"]
HEALTHCHECK --interval=1s --retries=2 CMD true
STOPSIGNAL 3
ENTRYPOINT ["sh"]
CMD ["-c", "true"]
END
}

@test "the plan" {
    write_context
    "$COOPER" build --print-plan=json . | valid plan
    "$COOPER" build --print-plan=json --platform linux/amd64,linux/amd64/v2 --add-host a:1.2.3.4 \
        --build-arg SOURCE_DATE_EPOCH=5 --build-arg http_proxy=http://p --cache-to type=inline . | valid plan
    printf '# check=error=true\nFROM scratch\nADD --chmod=600 https://web.example/f /\nADD https://git.example/r.git#main:d /r/\n' >Dockerfile.web
    "$COOPER" build --print-plan=json -f Dockerfile.web . | valid plan
}

@test "answers of --call" {
    write_context
    "$COOPER" build --call=outline,format=json . | valid call-outline
    "$COOPER" build --call=targets,format=json . | valid call-targets
    "$COOPER" build --call=subrequests.describe,format=json . | valid call-subrequests
    run "$COOPER" build --call=check,format=json .
    [ "$status" -eq 1 ]
    "$COOPER" build --call=check,format=json . 2>/dev/null >answer || true
    [ "$(jq '.warnings | length' answer)" -gt 0 ]
    valid call-check <answer
    printf 'FROM scratch\nCOPI a b\n' >Dockerfile.bad
    "$COOPER" build --call=check,format=json -f Dockerfile.bad . 2>/dev/null >answer || true
    jq -e .buildError answer
    valid call-check <answer
    printf 'FROM scratch\nCOPY a b\n' >Dockerfile.good
    "$COOPER" build --call=check,format=json -f Dockerfile.good . | valid call-check
}

@test "the progress, of a build that works, that is cached and that fails" {
    write_context
    echo secret >token
    "$COOPER" build --progress=rawjson --secret id=token,src=token . 2>raw
    grep -q '"logs"' raw
    grep -q '"statuses"' raw
    grep -q '"sourceInfo"' raw
    valid rawjson lines <raw
    "$COOPER" build --progress=rawjson --secret id=token,src=token . 2>raw
    grep -q '"cached":true' raw
    valid rawjson lines <raw
    echo changed >file
    "$COOPER" build --progress=rawjson --secret id=token,src=token . 2>raw
    grep -q '"miss"' raw
    valid rawjson lines <raw
    printf 'FROM busybox:1\nRUN exit 3\n' >Dockerfile.fails
    ! "$COOPER" build --progress=rawjson -f Dockerfile.fails . 2>raw
    grep '^{' raw >lines
    grep -q '"error"' lines
    valid rawjson lines <lines
}

@test "the flat progress, of a build that works, that is cached, skipped and that fails" {
    write_context
    echo 'hidden!secret' >token
    cat >>Dockerfile <<'END'
RUN --mount=type=secret,id=token,uid=1000 cat /run/secrets/token; printf 'a\377b\n\n'; printf 'no end' >&2
END
    flat() { "$COOPER" build --progress=jsonl --secret id=token,src=token "$@" 2>raw; }
    flat -t one:1 --metadata-file meta .
    valid jsonl lines <raw
    [ "$(jq -r .event raw | head -n 1)" = build_start ]
    [ "$(jq -r .event raw | tail -n 1)" = result ]
    # All steps are planned before the first of them begins.
    planned=$(jq -r 'select(.event == "step_planned") | .step' raw)
    first=$(jq -rs 'map(.event == "step_planned") | rindex(true)' raw)
    for step in $planned; do
        [ "$(jq -s --argjson s "$step" 'map(.event == "step_end" and .step == $s) | index(true)' raw)" -gt "$first" ]
    done
    [ "$(wc -w <<<"$planned")" -gt 10 ]
    jq -es 'map(select(.event == "step_planned" and .kind == "run" and .stage == "base" and .line == 8)) |
        length == 1 and (.[0] | .file == "Dockerfile" and .platform != null and (.inputs | length) == 1)' raw
    jq -es 'map(select(.event == "log" and .base64 == "Yf9i")) | length == 1' raw
    jq -es 'map(select(.event == "log" and .text == "")) | length == 1' raw
    jq -es 'map(select(.event == "log" and .text == "no end" and .stream == "stderr" and .partial)) | length == 1' raw
    ! grep "hidden!" raw
    jq -es 'map(select(.event == "log" and .text == "***")) | length == 1' raw
    jq -es 'map(select(.event == "step_end" and .verdict == "MISS" and .layer != null and .bytes > 0)) | length > 3' raw
    [ "$(jq -r 'select(.event == "result") | .names[0]' raw)" = docker.io/library/one:1 ]
    [ "$(jq -r 'select(.event == "result") | .digest' raw)" = "$(jq -r '."containerimage.digest"' meta)" ]
    [ "$(jq -r 'select(.event == "result") | .image_id' raw)" = "$(jq -r '."containerimage.config.digest"' meta)" ]
    jq -es 'map(select(.event == "warning" and .line > 0 and .file == "Dockerfile" and (.url | startswith("https://")))) | length > 0' raw
    flat .
    valid jsonl lines <raw
    jq -es 'map(select(.event == "step_end" and .verdict == "HIT" and .outcome == "cached")) | length > 3' raw
    jq -es 'map(select(.event == "step_miss")) | length == 0' raw
    echo changed >file
    flat .
    valid jsonl lines <raw
    jq -es 'map(select(.event == "step_end" and .verdict == "MISS" and .reason == "file changed")) | length > 0' raw
    printf 'FROM busybox:1 AS a\nRUN echo a\nFROM busybox:1\nCOPY --from=a /etc/passwd /\nRUN exit 3\nRUN true\n' >Dockerfile.fails
    ! "$COOPER" build --progress=jsonl -f Dockerfile.fails . 2>raw
    valid jsonl lines <raw
    jq -es 'map(select(.event == "step_end" and .outcome == "failed" and .error != null)) | length == 1' raw
    jq -es 'map(select(.event == "step_end" and .outcome == "not_run" and .verdict == null)) | length == 1' raw
    jq -es '.[-1] | .event == "error" and .status == 5 and .line == 5 and .file == "Dockerfile.fails" and .step > 0' raw
    printf 'FROM busybox:1 AS a\nRUN echo a >/a\nFROM busybox:1\nCOPY --from=a /a /\n' >Dockerfile.skips
    "$COOPER" build -q -f Dockerfile.skips . >/dev/null
    "$COOPER" build --progress=jsonl -f Dockerfile.skips . 2>raw
    valid jsonl lines <raw
    jq -es 'map(select(.event == "step_end" and .verdict == "SKIPPED" and .outcome == "skipped")) | length == 1' raw
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile.small
    "$COOPER" build --progress=jsonl --platform linux/amd64,linux/arm64 -f Dockerfile.small . 2>raw
    valid jsonl lines <raw
    jq -es 'map(select(.event == "step_same")) | length == 0 or (.[0].as > 0)' raw
    ! "$COOPER" build --progress=jsonl -f none . 2>raw
    valid jsonl lines <raw
    BUILDKIT_PROGRESS=jsonl "$COOPER" build -f Dockerfile.small . 2>raw
    valid jsonl lines <raw
}

@test "the metadata file, of an image, of an index and of files" {
    write_context
    "$COOPER" build -q -t one:1 -t two:1 --metadata-file meta .
    [ "$(jq -r '."image.name"' meta)" = docker.io/library/one:1,docker.io/library/two:1 ]
    valid metadata-file <meta
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile.small
    "$COOPER" build -q -f Dockerfile.small --platform linux/amd64,linux/arm64 --annotation index-descriptor:a=b \
        -o type=oci,dest=out.tar --metadata-file meta .
    jq -e '."containerimage.descriptor".annotations.a == "b"' meta
    valid metadata-file <meta
    "$COOPER" build -q -f Dockerfile.small -o out --metadata-file meta .
    valid metadata-file <meta
}

@test "images: list, inspect and history" {
    write_context
    "$COOPER" build -q -t app:1 --annotation key=value .
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile.small
    "$COOPER" build -q -f Dockerfile.small --platform linux/amd64,linux/arm64 -t index:1 .
    for image in app:1 index:1; do
        "$COOPER" inspect "$image" | valid inspect
        "$COOPER" inspect --format json "$image" | jq -s . | valid image-inspect
        "$COOPER" history --format json "$image" | valid history
    done
    "$COOPER" image inspect app:1 index:1 | valid image-inspect
    "$COOPER" images --format json >list
    [ "$(jq length list)" -eq 3 ]
    valid images <list
}

@test "images: what is damaged" {
    busybox_image
    "$COOPER" inspect --raw manifest busybox:1 | jq -r .config.digest | cut -d: -f2 >digest
    echo no >"$COOPER_ROOT/blobs/sha256/$(cat digest)"
    "$COOPER" images --format json >list
    jq -e '.[0].damaged' list
    valid images <list
}

@test "what became of a build" {
    write_context
    "$COOPER" build --dry-run --format json --secret id=token,env=HOME . >answer || [ $? -eq 11 ]
    valid dry-run <answer
    "$COOPER" build -q --platform linux/amd64,linux/arm64 -f - . <<<'FROM scratch
COPY file /'
    "$COOPER" explain --format json | valid explain
    "$COOPER" build -q --target base -f - . <<<'FROM busybox:1 AS base
RUN true
RUN exit 3
RUN true' || [ $? -eq 5 ]
    "$COOPER" explain --format json >answer
    valid explain <answer
    jq -e '.error and .target == "base" and [.steps[].result] == ["done", "failed", "not reached"]' answer
}

@test "the store and the machine" {
    write_context
    "$COOPER" build -q -t app:1 .
    "$COOPER" du --format json | valid du
    "$COOPER" info --format json | valid info
    "$COOPER" prune --dry-run --format json | valid prune
    "$COOPER" prune --format json | valid prune
    "$COOPER" version --format json | valid version
    "$COOPER" doctor --format json >answer || [ $? -eq 10 ]
    valid doctor <answer
}

@test "a schema refuses members that it does not name" {
    run valid version <<<'{"version": "1", "outputProfile": 1, "more": 2}'
    [ "$status" -eq 1 ]
    [[ $output == *more* ]]
}
