#!/usr/bin/env bats
# login and logout: what a registry says of credentials, and what becomes of the files that
# hold them (tests/lib/faulty_registry.py: user "user", password "secret").

load helpers

setup_file() {
    need python3
}

# serve SETTINGS: a registry; HOST is its name.
serve() {
    local port
    port=$(free_port)
    HOST=127.0.0.1:$port
    python3 "$ROOT/tests/lib/faulty_registry.py" --port "$port" "$@" >"$T/served.log" 2>&1 </dev/null 3>&- &
    SERVER=$!
    for _ in $(seq 100); do
        curl -fsS "http://$HOST/control" >/dev/null 2>&1 && return
        sleep 0.1
    done
    cat "$T/served.log"
    return 1
}

eval "their_$(declare -f setup)"
eval "their_$(declare -f teardown)"

setup() {
    their_setup
    export HOME=$T/home
    mkdir "$HOME"
    unset DOCKER_CONFIG REGISTRY_AUTH_FILE XDG_RUNTIME_DIR XDG_CONFIG_HOME DOCKER_AUTH_CONFIG
    FILE=$HOME/.docker/config.json
}

teardown() {
    [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
    their_teardown
}

login() {
    run bash -c 'printf %s "$1" | "${@:2}"' _ "${PASSWORD-secret}" "$COOPER" login --password-stdin -u user "$@"
}

auth_of() {
    jq -r --arg k "$2" '.auths[$k].auth' "$1" | base64 -d
}

@test "a login with a password is kept where builds read it, for its owner alone" {
    serve '{"auth": "basic", "root_auth": true}'
    login "$HOST"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Login Succeeded"* && "$output" != *secret* ]]
    [ "$(auth_of "$FILE" "$HOST")" = user:secret ]
    [ "$(stat -c %a "$FILE")" = 600 ]
    [ "$(stat -c %a "$HOME/.docker")" = 700 ]
    printf 'FROM scratch\nLABEL a=b\n' >Dockerfile
    build -t "$HOST/app:1" --push .
    [ "$status" -eq 0 ]
}

@test "a token server is asked for a login without any repository" {
    serve '{"auth": "token", "root_auth": true}'
    login "http://$HOST/v2/"
    [ "$status" -eq 0 ]
    [ "$(auth_of "$FILE" "$HOST")" = user:secret ]
    curl -fsS "http://$HOST/control" >"$T/counts"
    ! grep -q repository: "$T/counts"
}

@test "a wrong password is refused, kept nowhere and shown nowhere" {
    for kind in basic token; do
        serve "{\"auth\": \"$kind\", \"root_auth\": true}"
        PASSWORD=hush-hush login "$HOST"
        [ "$status" -eq 7 ]
        [[ "$output" != *hush-hush* && "$output" != *"$(printf user:hush-hush | base64)"* ]]
        [[ "$output" == *"$HOST"* && "$output" != *"cooper login"* ]]
        [ ! -e "$FILE" ]
        kill "$SERVER"
    done
}

@test "what a file of credentials says besides stays" {
    serve '{"auth": "basic", "root_auth": true}'
    mkdir "$HOME/.docker"
    printf '{"psFormat":"x","auths":{"other.example":{"auth":"dTpw","email":"e"},"http://%s/":{"auth":"b2xkOm9sZA=="}},"plugins":{"a":{"b":1.5}}}' "$HOST" >"$FILE"
    chmod 644 "$FILE"
    login "$HOST"
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.psFormat, .auths["other.example"], .plugins.a.b]' "$FILE")" = '["x",{"auth":"dTpw","email":"e"},1.5]' ]
    [ "$(jq -r '.auths | length' "$FILE")" = 2 ]
    [ "$(auth_of "$FILE" "http://$HOST/")" = user:secret ]
    [ "$(stat -c %a "$FILE")" = 600 ]
    run "$COOPER" logout "$HOST"
    [ "$status" -eq 0 ]
    [[ "$output" == *"$HOST from $FILE"* ]]
    [ "$(jq -c '.auths | keys' "$FILE")" = '["other.example"]' ]
    run "$COOPER" logout "$HOST"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Not logged in to $HOST"* ]]
}

@test "the file is that of --authfile, of the variables, or the one that knows the registry" {
    serve '{"auth": "basic", "root_auth": true}'
    login --authfile "$T/a/b/auth.json" "$HOST"
    [ "$(auth_of "$T/a/b/auth.json" "$HOST")" = user:secret ]
    export DOCKER_CONFIG=$T/docker
    login "$HOST"
    [ "$(auth_of "$T/docker/config.json" "$HOST")" = user:secret ]
    export REGISTRY_AUTH_FILE=$T/containers.json
    login "$HOST"
    # It is known already in DOCKER_CONFIG, and no other file is asked before that has it.
    [ ! -e "$T/containers.json" ]
    login other.invalid
    [ "$status" -ne 0 ]
    rm -r "$T/docker"
    login "$HOST"
    [ "$(auth_of "$T/containers.json" "$HOST")" = user:secret ]
    [ ! -e "$FILE" ]
    run "$COOPER" logout --all
    [ "$(jq -c .auths "$T/containers.json")" = '{}' ]
    [ "$(auth_of "$T/a/b/auth.json" "$HOST")" = user:secret ]
    unset REGISTRY_AUTH_FILE DOCKER_CONFIG
    HOME= login "$HOST"
    [ "$status" -eq 2 ]
    [[ "$output" == *--authfile* ]]
}

@test "only our own regular files are written, through links of ours too" {
    need_root
    serve '{"auth": "basic", "root_auth": true}'
    mkdir "$HOME/.docker" "$T/dotfiles"
    echo '{"keep":1}' >"$T/dotfiles/config.json"
    ln -s "$T/dotfiles/config.json" "$FILE"
    login "$HOST"
    [ "$status" -eq 0 ]
    [ -L "$FILE" ]
    [ "$(jq .keep "$T/dotfiles/config.json")" = 1 ]
    [ "$(auth_of "$T/dotfiles/config.json" "$HOST")" = user:secret ]
    # A link that another user owns, or that leads to another user's file.
    chown nobody "$T/dotfiles/config.json"
    cp -p "$T/dotfiles/config.json" "$T/before"
    PASSWORD=secret login "$HOST"
    [ "$status" -eq 8 ]
    cmp "$T/before" "$T/dotfiles/config.json"
    rm "$FILE"
    for path in /dev/null "$T/pipe" "$T/dir" "" "$T/dir/" "$T/dangling" "$T/before/x"; do
        rm -rf "$T/pipe" "$T/dir"
        mkfifo "$T/pipe"
        mkdir "$T/dir"
        ln -sfn "$T/nowhere" "$T/dangling"
        REGISTRY_AUTH_FILE=$path login "$HOST"
        if [ -z "$path" ]; then
            [ "$status" -eq 0 ]
            rm "$FILE"
            continue
        fi
        echo "$path: $output"
        [ "$status" -eq 2 ] || [ "$status" -eq 4 ] || [ "$status" -eq 1 ]
        [[ "$output" == *"keep the credentials"* ]]
    done
    [ -c /dev/null ] && [ -p "$T/pipe" ] && [ -d "$T/dir" ] && [ ! -e "$T/nowhere" ]
    [ -z "$(ls "$T/dir")" ]
}

@test "a malformed file is left as it is" {
    serve '{"auth": "basic", "root_auth": true}'
    mkdir "$HOME/.docker"
    for text in '{"auths":' '[]' '{"auths": 5}' 'x'; do
        printf '%s' "$text" >"$FILE"
        login "$HOST"
        [ "$status" -eq 9 ]
        [ "$(cat "$FILE")" = "$text" ]
    done
    : >"$FILE"
    login "$HOST"
    [ "$status" -eq 0 ]
}

@test "a helper gets the password on its standard input, and forgets it" {
    serve '{"auth": "basic", "root_auth": true}'
    mkdir "$T/bin" "$HOME/.docker"
    cat >"$T/bin/docker-credential-fake" <<'END'
#!/bin/sh
echo "$@" >>"$T_LOG"
case $1 in
store) cat >"$T_LOG.secret" ;;
get) cat >/dev/null; [ -e "$T_LOG.secret" ] && cat "$T_LOG.secret" || { echo credentials not found in native keychain; exit 1; } ;;
erase) cat >/dev/null; rm "$T_LOG.secret" ;;
esac
END
    chmod +x "$T/bin/docker-credential-fake"
    export PATH=$T/bin:$PATH T_LOG=$T/helper.log
    for text in "{\"credHelpers\":{\"$HOST\":\"fake\"}}" '{"credsStore":"fake"}'; do
        printf '%s' "$text" >"$FILE"
        login "$HOST"
        [ "$status" -eq 0 ]
        ! grep -q secret "$FILE" "$T_LOG"
        [ "$(jq -c --arg h "$HOST" '.auths[$h]' "$FILE")" = '{}' ]
        [ "$(jq -r '.ServerURL + " " + .Username + " " + .Secret' "$T_LOG.secret")" = "$HOST user secret" ]
        run "$COOPER" login --get-login "$HOST"
        [ "$output" = user ]
        run "$COOPER" logout "$HOST"
        [ "$status" -eq 0 ]
        [ ! -e "$T_LOG.secret" ]
        [ "$(jq -c .auths "$FILE")" = '{}' ]
    done
    printf '{"credsStore":"no-such-program"}' >"$FILE"
    login "$HOST"
    [ "$status" -eq 7 ]
    [[ "$output" == *docker-credential-no-such-program* ]]
}

@test "known credentials are used again, and --get-login tells of them" {
    serve '{"auth": "basic", "root_auth": true}'
    run "$COOPER" login --get-login "$HOST"
    [ "$status" -eq 7 ]
    login "$HOST"
    run "$COOPER" login --get-login "$HOST"
    [ "$output" = user ]
    run "$COOPER" login "$HOST" </dev/null
    [ "$status" -eq 0 ]
    [[ "$output" == *"Login Succeeded"* ]]
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$HOST" "$(printf user:old-one | base64)" >"$FILE"
    run "$COOPER" login "$HOST" </dev/null
    [ "$status" -eq 7 ]
    [[ "$output" == *"$FILE"* && "$output" != *old-one* ]]
}

@test "a person is asked, and what is typed as password is not shown" {
    serve '{"auth": "basic", "root_auth": true}'
    run python3 "$ROOT/tests/lib/in_terminal.py" Password: $'secret\n' "$COOPER" login -u user "$HOST"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Login Succeeded"* && "$output" != *secret* ]]
    [ "$(auth_of "$FILE" "$HOST")" = user:secret ]
    run "$COOPER" login -u user 127.0.0.1:1 </dev/null
    [ "$status" -eq 2 ]
    [[ "$output" == *--password-stdin* ]]
}

@test "an interrupted question leaves the terminal as it was" {
    run python3 "$ROOT/tests/lib/in_terminal.py" Password: $'\003' \
        bash -c '"$1" login -u user 127.0.0.1:1; echo "status $?"; stty -a' _ "$COOPER"
    [[ "$output" == *"status 130"* ]]
    [[ "$output" == *" echo "* && "$output" != *" -echo "* ]]
}

@test "passwords and names that cannot be are refused" {
    serve '{"auth": "basic", "root_auth": true}'
    for password in "" $'\n'; do
        PASSWORD=$password login "$HOST"
        [ "$status" -eq 2 ]
        [[ "$output" == *"password is empty"* ]]
    done
    PASSWORD=$'secret\r\n' login "$HOST"
    [ "$status" -eq 0 ]
    run bash -c '"$1" login -u user --password-stdin "$2" </dev/zero' _ "$COOPER" "$HOST"
    [ "$status" -eq 9 ]
    run "$COOPER" login --password-stdin "$HOST" </dev/null
    [ "$status" -eq 2 ]
    [[ "$output" == *--username* ]]
    run "$COOPER" login -p a --password-stdin -u u "$HOST" </dev/null
    [ "$status" -eq 2 ]
    run "$COOPER" login -u a:b -p secret "$HOST"
    [ "$status" -eq 2 ]
    for word in "" a myregistry "ghcr.io/a:1" "ghcr.io/A" "https://" "ghcr.io@sha256:0" $'a.b\n' "a b.c"; do
        run "$COOPER" login -u u -p secret "$word"
        echo "$word: $output"
        [ "$status" -eq 2 ]
        run "$COOPER" logout "$word"
        [ "$status" -eq 2 ]
    done
}

@test "part of a registry has a login of its own" {
    serve '{"auth": "basic", "root_auth": true}'
    login "$HOST/acme"
    [ "$status" -eq 0 ]
    [ "$(auth_of "$FILE" "$HOST/acme")" = user:secret ]
    printf 'FROM scratch\nLABEL a=b\n' >Dockerfile
    build -t "$HOST/acme/app:1" --push .
    [ "$status" -eq 0 ]
    build -t "$HOST/other/app:1" --push .
    [ "$status" -eq 7 ]
    [[ "$output" == *"cooper login $HOST"* ]]
}

@test "-p is taken with a warning; a registry that asks for nothing says so" {
    serve '{"auth": "basic", "root_auth": true}'
    run "$COOPER" login -u user -p secret "$HOST"
    [ "$status" -eq 0 ]
    [[ "$output" == *--password-stdin* && "$output" != *": secret"* ]]
    kill "$SERVER"
    serve '{}'
    login "$HOST"
    [ "$status" -eq 0 ]
    [[ "$output" == *"were not checked"* ]]
}

@test "a refused pull or push names the command; too many requests name two ways out" {
    serve '{"auth": "token", "root_auth": true}'
    run "$COOPER" pull --progress plain "$HOST/a:1"
    [ "$status" -eq 7 ]
    [[ "$output" == *"hint: log in: cooper login $HOST"* ]]
    kill "$SERVER"
    serve '{"rules": [{"path": "/manifests/", "times": 99, "status": 429, "headers": {"Retry-After": "0"}}]}'
    run "$COOPER" pull --progress plain "$HOST/a:1"
    [ "$status" -eq 6 ]
    [[ "$output" == *"cooper login $HOST"*mirror* ]]
}

@test "--creds are for the named registry alone, and win over files" {
    serve '{"auth": "basic", "root_auth": true}'
    printf 'FROM scratch\nLABEL a=b\n' >Dockerfile
    build -t "$HOST/app:1" .
    run "$COOPER" push --progress plain --creds user:secret "$HOST/app:1"
    [ "$status" -eq 0 ]
    [[ "$output" != *secret* ]]
    [ ! -e "$FILE" ]
    run "$COOPER" pull --progress plain --creds user:secret "$HOST/app:1"
    [ "$status" -eq 0 ]
    run "$COOPER" pull --progress plain --creds user:secret --tls-verify=false "$HOST/app:1" other.example/app
    [ "$status" -eq 2 ]
    for bad in user user: :secret "" wrong:one; do
        run "$COOPER" pull --progress plain --creds "$bad" "$HOST/app:1"
        [ "$status" -eq 2 ] || [ "$status" -eq 7 ]
        [[ "$output" != *one* ]]
    done
}
