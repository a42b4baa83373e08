#!/usr/bin/env bats
# Commands other than build, with the options and words that people know from docker and
# podman: each does it, or says what to do instead.

load helpers

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
}

# image NAME [LINE…]: a small image.
image() {
    printf 'FROM scratch\n' >Dockerfile
    printf '%s\n' "${@:2}" >>Dockerfile
    "$COOPER" build -q -t "$1" . >/dev/null
}

@test "history tells the instructions of an image, the latest first" {
    head -c 3000 /dev/zero >file
    SOURCE_DATE_EPOCH=1700000000 image app:1 'COPY file /' 'LABEL a=0123456789012345678901234567890123456789' 'CMD ["x"]'
    run "$COOPER" history app:1
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" =~ ^IMAGE\ +CREATED\ +"CREATED BY"\ +SIZE\ +COMMENT ]]
    [[ "${lines[1]}" == "$("$COOPER" images -q app:1)"*'CMD ["x"]'*0B* ]]
    [[ "${lines[2]}" == "<missing>"*"LABEL a="*"…"* ]]
    [[ "${lines[3]}" == "<missing>"*"COPY file /"* ]]
    [ "${#lines[@]}" -eq 4 ]
    run "$COOPER" image history --no-trunc --format '{{.CreatedBy}}|{{.CreatedAt}}|{{.Size}}' app:1
    [[ "${lines[1]}" == "LABEL a=0123456789012345678901234567890123456789|2023-11-14T22:13:20Z|0B" ]]
    run "$COOPER" history --human=false --format '{{.Size}} {{.CreatedSince}}' app:1
    [[ "${lines[2]}" =~ ^[0-9]+\ 2023-11-14T22:13:20Z$ ]]
    [ "$("$COOPER" history -q app:1 | tail -1)" = "<missing>" ]
    [ "$("$COOPER" history --format json app:1 | jq length)" = 3 ]
    [ "$("$COOPER" history --format 'table {{.ID}}\t{{.Size}}' app:1 | head -1 | tr -s ' ')" = "IMAGE SIZE" ]
    for words in nope "app:1 app:1" "--human=x app:1" "--platform x/ app:1" "--format {{ app:1" "--platform linux/s390x nope"; do
        # shellcheck disable=SC2086
        run "$COOPER" history $words
        [ "$status" -eq 2 ] || [ "$status" -eq 4 ]
    done
}

@test "info tells version, store and machine, and no secret" {
    image app:1 'USER 1'
    export DOCKER_AUTH_CONFIG='{"auths":{"h.example":{"auth":"dTpodXNoaHVzaA=="}}}'
    run "$COOPER" info
    [ "$status" -eq 0 ]
    [[ "$output" == *"DockerRootDir: $COOPER_ROOT"* && "$output" != *dTpo* && "$output" != *hushhush* ]]
    [ "$("$COOPER" info --format '{{.Images}} {{.DockerRootDir}} {{.OSType}}')" = "1 $COOPER_ROOT linux" ]
    [ "$("$COOPER" system info --format json | jq -r .ServerVersion)" = "$("$COOPER" version --format json | jq -r .version)" ]
    run "$COOPER" info --format '{{.Nope}}'
    [ "$status" -eq 2 ]
    run "$COOPER" info x
    [ "$status" -eq 2 ]
}

@test "names are removed by name, by id, and all at once" {
    image app:1 'USER 1'
    image b:1 'USER 2'
    "$COOPER" tag app:1 app:2 app:3
    run "$COOPER" rmi app:3
    [ "$output" = "Untagged: docker.io/library/app:3" ]
    run "$COOPER" rmi -f nope app:2
    [ "$status" -eq 0 ]
    "$COOPER" tag app:1 app:2
    # A mistake changes nothing.
    run "$COOPER" rmi app:1 nope
    [ "$status" -eq 4 ]
    run "$COOPER" rmi "$("$COOPER" images -q app:1)" app:1
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 2 ]
    [ "$("$COOPER" images -q | wc -l)" = 1 ]
    image c:1 'USER 3'
    # shellcheck disable=SC2046
    "$COOPER" rmi $("$COOPER" images -q)
    [ -z "$("$COOPER" images -q)" ]
    image c:1 'USER 3'
    "$COOPER" rmi --all --force
    [ -z "$("$COOPER" images -q)" ]
    run "$COOPER" rmi --all c:1
    [ "$status" -eq 2 ]
    run "$COOPER" rmi
    [ "$status" -eq 2 ]
}

@test "options of docker's and podman's prune and df" {
    image app:1 'USER 1'
    for words in "prune -af" "prune --all --force" "prune --volumes" "prune -f --filter until=24h" "prune --filter dangling=true" \
        "prune --keep-storage 10gb" "prune --max-used-space 1gb -f" "system prune -a -f --volumes" "image prune -a -f" \
        "du -v" "du --verbose" "system df -v"; do
        # shellcheck disable=SC2086
        run "$COOPER" $words
        echo "$words: $output"
        [ "$status" -eq 0 ]
    done
    "$COOPER" inspect app:1 >/dev/null
    for bad in "" x label=a until= until=x dangling= =; do
        run "$COOPER" prune --filter "$bad"
        [ "$status" -eq 2 ]
        [[ "$output" == *--filter* ]]
    done
}

@test "every tag of a repository is pulled" {
    need docker-registry
    for tag in 1 2 three; do
        image "$REGISTRY/many/app:$tag" "LABEL tag=$tag"
        "$COOPER" push -q "$REGISTRY/many/app:$tag"
    done
    export COOPER_ROOT=$T/other
    run "$COOPER" pull -q --all-tags "$REGISTRY/many/app"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [ "$("$COOPER" images --format '{{.Labels.tag}}' | sort | tr '\n' ' ')" = "1 2 three " ]
    run "$COOPER" pull -a "$REGISTRY/many/app:1"
    [ "$status" -eq 2 ]
    run "$COOPER" pull -a "$REGISTRY/none/app"
    [ "$status" -eq 4 ]
}

@test "a missing argument shows the usage" {
    image app:1 'USER 1'
    run "$COOPER" tag app:1
    [ "$status" -eq 2 ]
    [[ "$output" == *"cooper tag [OPTIONS] NAME NEW-NAME"* ]]
}

@test "what cooper has not is refused with what to do instead" {
    for words in "ps -a" "exec a" "logs a" "container ls" "volume ls" "rename a b" "search x" "cp a b" \
        "image exists app" "import x" "export x" "rm a"; do
        # shellcheck disable=SC2086
        run "$COOPER" $words
        [ "$status" -eq 2 ]
        [[ "$output" == *"hint: "* && "$output" != *"see: cooper --help"* && "$output" != *"did you mean"* ]]
    done
}

@test "version has the members of docker's" {
    version=$("$COOPER" version --format json | jq -r .version)
    [ "$("$COOPER" version --format '{{.Server.Version}} {{.Client.Version}} {{.Version}}')" = "$version $version $version" ]
    run "$COOPER" version --format '{{.Nope}}'
    [ "$status" -eq 2 ]
}
