#!/usr/bin/env bats
# What the commands that list and show images print, for people and for scripts.

load helpers

# image NAME [LINE…]: a small image.
image() {
    printf 'FROM scratch\n' >Dockerfile
    printf '%s\n' "${@:2}" >>Dockerfile
    "$COOPER" build -q -t "$1" . >/dev/null
}

setup_images() {
    SOURCE_DATE_EPOCH=1700000000 image app:1 'LABEL stage=old a.b/c="x y"' 'ENV A=1 B=2' 'CMD ["run", "it"]' 'COPY Dockerfile /'
    SOURCE_DATE_EPOCH=1700000100 image app:2 'LABEL stage=new' 'ENTRYPOINT ["/e"]'
    SOURCE_DATE_EPOCH=1700000200 image localhost:5000/team/tool:1 'USER 5'
}

@test "a list has the columns of docker, the newest first" {
    setup_images
    run "$COOPER" images
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" =~ ^"REPOSITORY "\ +"TAG "\ +"IMAGE ID "\ +"CREATED "\ +SIZE$ ]]
    [[ "${lines[1]}" == "localhost:5000/team/tool   1 "* && "${lines[2]}" == "app "*" 2 "* && "${lines[3]}" == "app "*" 1 "* ]]
    [ "${#lines[@]}" -eq 4 ]
    run "$COOPER" images -n --sort repository --digests --no-trunc
    [ "${#lines[@]}" -eq 3 ]
    [[ "${lines[0]}" =~ ^app\ +1\ +sha256:[0-9a-f]{64}\ +sha256:[0-9a-f]{64}\  ]]
    run "$COOPER" image ls -q
    [ "${#lines[@]}" -eq 3 ]
    [[ "${lines[0]}" =~ ^[0-9a-f]{12}$ ]]
}

# listed ARGS…: the images as name:tag, in one line.
listed() {
    "$COOPER" images --sort repository --format '{{.Repository}}:{{.Tag}}' "$@" | tr '\n' ' '
}

@test "names, patterns and filters choose images" {
    setup_images
    [ "$(listed)" = "app:1 app:2 localhost:5000/team/tool:1 " ]
    [ "$(listed app)" = "app:1 app:2 " ]
    [ "$(listed docker.io/library/app:2)" = "app:2 " ]
    [ "$(listed 'a*')" = "app:1 app:2 " ]
    [ "$(listed '*')" = "app:1 app:2 " ]
    [ "$(listed '*/team/*')" = "localhost:5000/team/tool:1 " ]
    [ "$(listed nothing)" = "" ]
    [ "$(listed -f reference='ap?:1' --filter reference='*/*/tool')" = "app:1 localhost:5000/team/tool:1 " ]
    [ "$(listed -f label=stage)" = "app:1 app:2 " ]
    [ "$(listed -f label=stage=new)" = "app:2 " ]
    [ "$(listed -f label=stage -f label=a.b/c='x y')" = "app:1 " ]
    [ "$(listed -f label!=stage)" = "localhost:5000/team/tool:1 " ]
    [ "$(listed -f before=app:2)" = "app:1 " ]
    [ "$(listed -f since=app:1)" = "app:2 localhost:5000/team/tool:1 " ]
    [ "$(listed -f until=2023-11-14T22:14:00Z)" = "app:1 " ]
    [ "$(listed -f until=24h)" = "app:1 app:2 localhost:5000/team/tool:1 " ]
    [ "$(listed -f dangling=true)" = "" ]
    [ "$(listed -f dangling=false -f label=stage=old)" = "app:1 " ]
    id=$("$COOPER" images -q app:1)
    [ "$(listed -f id="$id")" = "app:1 " ]
    for bad in "" x x= =x reference dangling=maybe since=nope until=never $'label\n'; do
        run "$COOPER" images -f "$bad"
        echo "$bad: $output"
        [ "$status" -eq 2 ] || [ "$status" -eq 4 ]
        [[ "$output" == *--filter* ]]
    done
    run "$COOPER" images a b
    [ "$status" -eq 2 ]
}

@test "images without a name are shown on request" {
    setup_images
    jq '.manifests[0].annotations = {}' "$COOPER_ROOT/index.json" >"$T/index"
    cp "$T/index" "$COOPER_ROOT/index.json"
    [ "$("$COOPER" images -q | wc -l)" -eq 2 ]
    [ "$("$COOPER" images -a -q | wc -l)" -eq 3 ]
    [ "$("$COOPER" images -f dangling=true --format '{{.Repository}} {{.Tag}}')" = "<none> <none>" ]
}

@test "templates print lists as docker does" {
    setup_images
    run "$COOPER" images app:1 --format '{{.ID}}|{{.Repository}}|{{.Tag}}|{{.CreatedAt}}|{{.Digest}}|{{.Size}}'
    [[ "$output" =~ ^[0-9a-f]{12}\|app\|1\|"2023-11-14 22:13:20 +0000 UTC"\|sha256:[0-9a-f]{64}\|[0-9.]+k?B$ ]]
    run "$COOPER" images app --format 'table {{.Repository}}\t{{.Tag}}'
    [ "${lines[0]}" = "REPOSITORY   TAG" ]
    [ "${lines[1]}" = "app          2" ]
    run "$COOPER" images app --noheading --format 'table {{.Tag}}\t{{upper .Repository}}'
    [ "$output" = "$(printf '2   APP\n1   APP')" ]
    run "$COOPER" images nothing --format 'table {{.ID}}'
    [ "$output" = "IMAGE ID" ]
    [ "$("$COOPER" images app:1 --format '{{json .}}' | jq -r '.Repository + .Tag + .Labels.stage')" = app1old ]
    [ "$("$COOPER" images --format json | jq -r '.[].name' | sort -u | tr '\n' ' ')" = "app localhost:5000/team/tool " ]
    [ "$("$COOPER" images app:1 --format '{{.Tag}}\t{{.Tag}}')" = "$(printf '1\t1')" ]
    for bad in '{{' '{{.Nope}}' xml 'table {{.ID' '{{template "x"}}' '{{index .Tag 5}}'; do
        run "$COOPER" images --format "$bad"
        [ "$status" -eq 2 ]
        [[ "$output" == *--format* ]]
    done
}

@test "inspect prints parts by a template" {
    setup_images
    show() { "$COOPER" inspect app:1 --format "$1"; }
    id=$("$COOPER" inspect app:1 | jq -r .id)
    [ "$(show '{{.Id}}')" = "$id" ]
    [ "$(show '{{.ID}}')" = "$id" ]
    [ "$(show '{{json .Config.Cmd}}')" = '["run","it"]' ]
    [ "$(show '{{.Config.Cmd}}')" = '[run it]' ]
    [ "$(show '{{range .Config.Env}}{{println .}}{{end}}' | grep -c '^[AB]=')" = 2 ]
    [ "$(show '{{index .Config.Labels "a.b/c"}}')" = 'x y' ]
    [ "$(show '{{.Config.Labels.stage}}{{.Config.Labels.none}}')" = 'old<no value>' ]
    [ "$(show '{{index .RepoTags 0}}')" = app:1 ]
    [ "$(show '{{index .RepoDigests 0}}')" = "app@$("$COOPER" inspect app:1 | jq -r .digest)" ]
    [ "$(show '{{len .RootFS.Layers}} {{.RootFS.Type}}')" = '1 layers' ]
    [ "$(show '{{.Architecture}} {{.Os}}')" = "$("$COOPER" inspect app:1 | jq -r '.config | .architecture + " " + .os')" ]
    [ "$(show '{{.Created}}')" = 2023-11-14T22:13:20Z ]
    [ "$(show '{{if .Config.Entrypoint}}yes{{else}}no{{end}}')" = no ]
    [ "$(show '{{.digest}} {{.platform}}')" = "$("$COOPER" inspect app:1 | jq -r '.digest + " " + .platform')" ]
    [ "$(show json | jq -r '.Config.Cmd[0] + (.Size | type)')" = runnumber ]
    [ "$("$COOPER" inspect -f '{{.RepoTags}}' app:1 app:2)" = "$(printf '[app:1]\n[app:2]')" ]
    run "$COOPER" inspect app:1 --format '{{.Config.Nope}}'
    [ "$status" -eq 2 ]
    [[ "$output" == *"no member .Nope"*"column"* || "$output" == *"column"*"no member .Nope"* ]]
    [[ "$output" == *.Entrypoint* ]]
}

@test "image inspect prints the documents of docker" {
    setup_images
    "$COOPER" tag app:1 other:5
    "$COOPER" image inspect app:1 app:2 >"$T/json"
    [ "$(jq length "$T/json")" = 2 ]
    [ "$(jq -c '.[0].RepoTags | sort' "$T/json")" = '["app:1","other:5"]' ]
    [ "$(jq -c '.[1].Config | [.Entrypoint, .Cmd, .Labels.stage]' "$T/json")" = '[["/e"],null,"new"]' ]
    [ "$(jq -r '.[0].Id' "$T/json")" = "$("$COOPER" inspect app:1 | jq -r .id)" ]
}

@test "an image can be named by its id" {
    setup_images
    id=$("$COOPER" images -q app:1)
    whole=$("$COOPER" images -q --no-trunc app:1)
    for word in "$id" "$whole" "${whole#sha256:}" "${id:0:6}" "sha256:$id"; do
        [ "$("$COOPER" inspect -f '{{index .RepoTags 0}}' "$word")" = app:1 ]
    done
    "$COOPER" tag "$id" copy:1
    [ "$("$COOPER" images -q copy:1)" = "$id" ]
    # A name is looked up before an id.
    image "$id:latest" 'USER 9'
    [ "$("$COOPER" inspect -f '{{.Config.User}}' "$id")" = 9 ]
    run "$COOPER" inspect 000000000000
    [ "$status" -eq 4 ]
    run "$COOPER" inspect abc
    [ "$status" -eq 4 ]
}

@test "commands of two words" {
    setup_images
    [ "$("$COOPER" image ls -q app:1)" = "$("$COOPER" images -q app:1)" ]
    "$COOPER" image tag app:1 app:3
    "$COOPER" image rm app:3
    run "$COOPER" image ls -q app:3
    [ -z "$output" ]
    "$COOPER" system df | grep -q total
    "$COOPER" system prune -f
    for words in image "image nope" "image lss" system "system x"; do
        # shellcheck disable=SC2086
        run "$COOPER" $words
        [ "$status" -eq 2 ]
    done
    run "$COOPER" image lss
    [[ "$output" == *"image ls?"* ]]
    run "$COOPER" image --help
    [[ "$status" -eq 0 && "$output" == *inspect* ]]
}

@test "an image's metadata cannot control the terminal" {
    printf 'FROM scratch\nLABEL a="\033]0;t\007\033[2J"\n' >Dockerfile
    "$COOPER" build -q -t rude:1 .
    for format in '{{.Config.Labels.a}}' '{{json .Config}}' '{{printf "%s" .Config.Labels}}' json; do
        run "$COOPER" inspect --format "$format" rude:1
        [ "$status" -eq 0 ]
        [[ "$output" != *$'\033'* && "$output" != *$'\007'* ]]
    done
    run "$COOPER" images --format 'table {{.Labels}}' rude:1
    [[ "$output" != *$'\033'* ]]
}
