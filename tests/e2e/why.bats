#!/usr/bin/env bats
# Why a step is not cached: a table of changes, each with its reason.
load helpers
load keys

# long N WORD: about N bytes of words, with WORD near the end.
long() {
    local text=
    while [ "${#text}" -lt "$1" ]; do text+=" --option-${#text}=value"; done
    printf '%s %s --last' "$text" "$2"
}

@test "files: content, names, modes, types, and how many there are" {
    rows_begin
    local copy='COPY . /dst/' three='echo a >f; echo b >g; echo c >h'
    why 'f changed, and 2 more files' 'three of them' "$copy" "$three" 'for i in f g h; do echo x$i >$i; done'
    why 'f changed, and 1 more file' 'changed and new' "$copy" "$three" 'echo x >f; echo n >n'
    why 'f was renamed to z' 'renamed' "$copy" "$three" 'mv f z'
    why 'd/f was renamed to e/f, and 2 more files' 'a directory is renamed' "$copy" 'mkdir d; echo a >d/f; echo b >d/g' 'mv d e; rm e/g; echo c >e/g'
    why 'g is gone, and 1 more file' 'two are gone' "$copy" "$three" 'rm g h'
    why 'd is of another type: it was a directory, is a link' 'a directory becomes a link' "$copy" 'mkdir d' 'rmdir d; ln -s f d'
    why 'mode of f was 0644, is 0664 (umask 002? --mode-policy=git ignores it), and 2 more files' 'umask 002' "$copy" "$three; chmod 644 ?" 'chmod 664 ?'
    why 'mode of d was 0755, is 0700 (umask 077? --mode-policy=git ignores it), and 1 more file' 'umask 077' "$copy" 'mkdir d; echo a >d/f; chmod 755 d; chmod 644 d/f' 'chmod 700 d; chmod 600 d/f'
    why 'mode of f was 0644, is 0755' 'somebody may execute it' "$copy" 'echo a >f; chmod 644 f' 'chmod 755 f'
    why 'mode of f was 0755, is 4755' 'set-user-id' "$copy" 'echo a >f; chmod 755 f' 'chmod 4755 f'
    why 'lib: f changed' 'a named context' 'COPY --from=lib f /dst/' 'mkdir ../lib-11; echo a >../lib-11/f' 'echo b >../lib-11/f' --build-context "lib=$T/lib-11"
    why 'f changed' 'a pattern' 'COPY f* /dst/' 'echo a >f; echo a >g' 'echo b >f; echo b >g'
    rows_end 12
}

@test "words: of short ones all is said, of long ones the place" {
    rows_begin
    local a b
    a=$(long 2000 --with-ssl=no) b=$(long 2000 --with-ssl=yes)
    why "the command differs at character *: \"…--with-ssl=yes…\" was \"…--with-ssl=no…\"" 'the end of 2 kB' "RUN :$a" '' 'edit ssl=no ssl=yes'
    why "V differs at character *: \"…--with-ssl=yes…\" was \"…--with-ssl=no…\"" 'a long variable' "ENV V=\"$a\"\nRUN true" '' 'edit ssl=no ssl=yes'
    why "the file's text differs at character *: \"…--with-ssl=yes…\" was \"…--with-ssl=no…\"" 'a long file' "COPY <<E /f\n$a\nE" '' 'edit ssl=no ssl=yes'
    why 'the instruction differs at character *: "*…" was "*…"' 'a long list of files' "COPY $(seq -s ' ' 100) /dst/" 'touch $(seq 200)' 'edit " 99 " " 199 "'
    why 'the instruction was "RUN <<E (echo one)"' 'a script' 'RUN <<E\necho one\nE' '' 'edit one two'
    why 'the instruction was "RUN --network=none true"' 'network of a step' 'RUN --network=none true' '' 'edit --network=none ""'
    why '--network was "default", is "none"' 'network of a build' 'RUN true' '' 'AFTER=(--network none)'
    why '--ulimit was "7=90:90", is "7=80:80"' 'limits' 'RUN true' '' 'AFTER=(--ulimit nofile=80)' --ulimit nofile=90
    why '--shm-size is new: "1048576"' 'shared memory' 'RUN true' '' 'AFTER=(--shm-size 1m)'
    why '--add-host is new: "h"' 'a host' 'RUN true' '' 'AFTER=(--add-host h:127.0.0.9)'
    why 'the instruction was "WORKDIR /a/b"' 'directory' 'WORKDIR /a/b' '' 'edit /a/b /a/c'
    why 'the instruction was "RUN --mount=type=cache,id=a,target=/c true"' 'id of a cache' 'RUN --mount=type=cache,id=a,target=/c true' '' 'edit id=a id=b'
    why 'the instruction was "RUN --mount=type=secret,id=a true"' 'id of a secret' 'RUN --mount=type=secret,id=a true' '' 'edit id=a id=b'
    why 'the instruction was "RUN --mount=type=cache,id=a,target=/c true"' 'id of a cache in a variable' 'ARG I=a\nRUN --mount=type=cache,id=$I,target=/c true' '' 'AFTER=(--build-arg I=b)'
    rows_end 14
}

# reasons [OPTION…]: the reasons of a build in order, one a line.
reasons() {
    "$COOPER" build --progress=plain "$@" 2>&1 | sed -n 's/^#[0-9]* MISS: //p'
}

# gives REASONS [OPTION…]: they are these.
gives() {
    local want=$1 got
    shift
    got=$(reasons "$@")
    # shellcheck disable=SC2053
    [[ $got == $want ]] || { printf 'got:  %s\nwant: %s\n' "$got" "$want"; return 1; }
}

project() {
    busybox_image
    mkdir one && cd one
    mkdir src
    for i in $(seq 20); do echo "$i" >"src/f$i"; done
    cat >Dockerfile <<'E'
FROM busybox:1
COPY src /src
RUN cat /src/* >/out
RUN wc -c /out
E
}

@test "another checkout is compared with the builds of the first one" {
    project
    build .
    cp -r ../one ../two
    cd ../two
    gives '' .
    echo x >src/f7
    gives 'src/f7 changed
"COPY src /src" changed (?2/4? ran again)
"COPY src /src" changed (?2/4? ran again)' .
    # The third finds the second, which is nearer.
    cp -r ../two ../three
    cd ../three
    echo x >src/f8
    gives 'src/f8 changed
*' .
    # A stage with another name, and a change.
    sed -i 's/FROM busybox:1/& AS other/' Dockerfile
    echo x >src/f9
    gives 'src/f9 changed
*' .
}

@test "a checkout that has other times only, or another umask with --mode-policy=git, is cached" {
    need git
    project
    git init -q . && git add . && git -c user.name=t -c user.email=t@localhost commit -qm one
    (umask 022 && git clone -q . ../two)
    (umask 002 && git clone -q . ../three)
    echo .git >.git/info/exclude
    build ../two
    find ../two -exec touch -d 2001-01-01 {} +
    gives '' ../two
    gives 'mode of src was 0755, is 0775 (umask 002? --mode-policy=git ignores it), and 20 more files*' ../three
    build --mode-policy=git ../two
    gives '' --mode-policy=git ../three
}

@test "another project is not compared" {
    project
    build .
    mkdir ../other && cd ../other
    echo a >f
    printf 'FROM busybox:1\nCOPY f /f\nRUN cat /f\n' >Dockerfile
    gives 'never built here
never built here' .
    # Nor one with the same words and other files.
    mkdir ../looks && cd ../looks
    mkdir src && echo a >src/a
    cp ../one/Dockerfile .
    gives 'never built here
*' .
}

@test "the nearest build explains, not the last" {
    busybox_image
    printf 'FROM busybox:1\nARG A\nARG B\nRUN true\n' >Dockerfile
    build --build-arg A=1 --build-arg B=1 .
    build --build-arg A=2 --build-arg B=2 .
    gives 'B was "1", is "3"' --build-arg A=1 --build-arg B=3 .
    # Of two that are as near, the last.
    gives 'B was "3", is "2"' --build-arg A=1 --build-arg B=2 .
}

@test "a step below others names the one where it began" {
    project
    printf 'FROM busybox:1 AS a\nCOPY src /src\nRUN cat /src/* >/o\nFROM busybox:1\nRUN echo 1 >/x\nCOPY --from=a /o /o\nRUN wc /o\n' >Dockerfile
    build .
    echo x >src/f3
    gives 'src/f3 changed
"COPY src /src" changed (?a 2/3? ran again)
"COPY src /src" changed (?a 2/3? ran again)
"COPY src /src" changed (?a 2/3? ran again)' .
    # What a step below says of itself comes first.
    echo y >src/f3
    sed -i 's/wc/cat/' Dockerfile
    gives 'src/f3 changed
*
the instruction was "RUN wc /o"' .
}

@test "a step that builds on a cached step of another build says what is other there" {
    project
    build .
    echo x >src/f3
    sed -i '/RUN/d' Dockerfile
    build .
    cp -r . ../two
    printf 'RUN cat /src/* >/out\n' >>Dockerfile
    gives '"COPY src /src" is another one: src/f3 changed' .
}

@test "a base that is another one is named with its digests" {
    busybox_image
    rebase 'RUN echo 1 >/f'
    printf 'FROM base:1\nRUN true\n' >Dockerfile
    build .
    rebase 'RUN echo 2 >/f'
    gives 'the image it starts from is another one: base:1 is now sha256:????????????…, was sha256:????????????…' .
    "$COOPER" tag busybox:1 other:1
    sed -i 's/base:1/other:1/' Dockerfile
    gives 'the image it starts from is another one: other:1, was base:1' .
}

@test "what --no-cache, a filter and a limit of age did is said" {
    busybox_image
    printf 'FROM busybox:1 AS a\nRUN echo >/a\nFROM a AS b\nRUN true\n' >Dockerfile
    build .
    gives '--no-cache
--no-cache' --no-cache .
    gives '--no-cache-filter b' --no-cache-filter b .
    gives '--no-cache-filter a
it is made of a stage that is run again' --no-cache-filter a .
    sleep 1.1
    gives 'its result is older than --cache-ttl
*' --cache-ttl 1s .
}

@test "a result that is not there says what became of it" {
    busybox_image
    printf 'FROM busybox:1\nRUN echo a >/a\n' >Dockerfile
    build .
    record=$(grep -l 'RUN echo a' "$COOPER_ROOT"/steps/*)
    rm -r "$COOPER_ROOT/layers/$(jq -r '.layers[0].id' "$record")"
    jq -r '.layers[0].id' "$record" | grep -q '^[0-9a-f]*$' &&
        rm -f "$COOPER_ROOT/blobs/sha256/$(jq -r '.layers[0].id' "$record")"
    gives 'its layer was removed from the store*' .
    rm "$COOPER_ROOT"/steps/*
    gives 'its result is not in the store: it was removed*' .
    printf 'FROM busybox:1\nRUN exit 3\n' >Dockerfile
    build .
    gives 'its result is not in the store: it failed' .
    printf 'FROM busybox:1\nRUN sleep 100\n' >Dockerfile
    "$COOPER" build . 2>/dev/null &
    for i in $(seq 100); do
        ls "$COOPER_ROOT"/steps/*.lock >/dev/null 2>&1 && break
        sleep 0.1
    done
    kill -9 $!
    wait $! || true
    sed -i 's/sleep 100/true/' Dockerfile
    gives 'the instruction was "RUN sleep 100"' .
    sed -i 's/true/sleep 100/' Dockerfile
    timeout -s INT 2 "$COOPER" build --progress=plain . 2>&1 | grep -F 'its result is not in the store: its build ended before'
}

@test "a secret's value is in no reason" {
    busybox_image
    echo first-secret >s
    printf 'FROM busybox:1\nARG A\nRUN --mount=type=secret,id=s cat /run/secrets/s\n' >Dockerfile
    build --secret id=s,src=s --build-arg A=1 .
    echo second-secret >s
    gives '' --secret id=s,src=s --build-arg A=1 .
    gives 'A was "1", is "2"' --secret id=s,src=s --build-arg A=2 .
    ! grep -r -- -secret "$COOPER_ROOT/contexts"
}

@test "notes of builds are bounded, and prune collects them" {
    printf 'FROM scratch\nCOPY f /f\n' >Dockerfile
    for i in $(seq 36); do
        echo "$i" >f
        build .
    done
    [ "$(ls "$COOPER_ROOT"/contexts | grep -c ^built-)" -eq 32 ]
    "$COOPER" prune --all
    [ "$(ls "$COOPER_ROOT"/contexts | grep -c ^built-)" -eq 0 ]
}

@test "explain says the same as the progress, of this build and earlier ones" {
    project
    build .
    build .
    echo x >src/f7
    "$COOPER" build --progress=plain . 2>&1 | sed -n 's/^#[0-9]* MISS: //p' >told
    "$COOPER" explain --format '{{if .Reason}}{{.Reason}}{{end}}' | grep . >explained
    diff told explained
    "$COOPER" explain >table
    grep -E '^VERDICT +LINE +STEP +TIME +REASON$' table
    grep -E '^MISS +2 +\[2/4\] COPY src /src +[0-9.]+s +src/f7 changed$' table
    [ "$("$COOPER" explain --format '{{.Verdict}}' | sort | uniq -c | tr -s ' \n' ' ')" = ' 3 MISS ' ]
    [ "$("$COOPER" explain --format '{{.Verdict}}' ^1 | sort | uniq -c | tr -s ' \n' ' ')" = ' 3 HIT ' ]
    [[ $("$COOPER" explain --format '{{.Reason}}' ^2) == *"never built here"* ]]
    id=$("$COOPER" explain --format json ^1 | jq -r .id)
    [ "$("$COOPER" explain --format json "$id" | jq -r '[.steps[].verdict] | unique[]')" = HIT ]
    # A dry run is no build.
    "$COOPER" build -q --dry-run --no-cache . || [ $? -eq 11 ]
    [[ $("$COOPER" explain) == *"src/f7 changed"* ]]
}

@test "explain gives advice, and says what is not there" {
    run "$COOPER" explain
    [ "$status" -eq 4 ]
    [[ $output == *"no records of builds"* ]]
    project
    sed -i 's/RUN wc.*/RUN sleep 1.2/' Dockerfile
    build .
    chmod g+w src/*
    build .
    run "$COOPER" explain
    [[ $output == *"hint: the modes come from the umask of the checkout: --mode-policy=git"* ]]
    [[ $output == *"hint: line 2: 2 steps ran again ("*"s) because of these files"* ]]
    build --no-cache -f - . <<<'FROM busybox:1
RUN true
RUN exit 3
RUN true'
    run "$COOPER" explain
    [[ $output == *"did not complete successfully: exit code: 3"* ]]
    grep -E '^MISS +3 .*s, failed +--no-cache$' <<<"$output"
    grep -E '^- +4 .*the build ended before it$' <<<"$output"
    for ref in ^99 ^x zz '' ..; do
        run "$COOPER" explain "$ref"
        [ "$status" -eq 4 ]
    done
    run "$COOPER" explain a b
    [ "$status" -eq 2 ]
}

@test "explain shows foreign text, but does not obey it, and shows no secret" {
    busybox_image
    printf 'FROM busybox:1\nRUN echo "\033[2J" >/x\n' >Dockerfile
    build --secret id=s,env=HOME .
    "$COOPER" explain >shown
    ! grep -q "$(printf '\033')" shown
    printf 'FROM busybox:1\nRUN --mount=type=secret,id=s cat /run/secrets/s; echo hidden-value\n' >Dockerfile
    hidden=hidden-value "$COOPER" build --secret id=s,env=hidden . 2>/dev/null
    "$COOPER" explain --format json >shown
    ! grep -q hidden-value shown
}

# serve DIR: an HTTP server for it; URL is its address.
serve() {
    (cd "$1" && exec python3 -u -m http.server --bind 127.0.0.1 0 >"$T/port" 2>"$T/requests") &
    SERVER=$!
    for i in $(seq 100); do
        URL=$(sed -n 's,.*(\(http://[^/]*\)/).*,\1,p' "$T/port")
        [ -n "$URL" ] && return
        sleep 0.1
    done
    return 1
}

teardown() {
    [ -z "${SERVER:-}" ] || kill "$SERVER"
    cd / || return 1
    rm -rf "$T"
}

@test "a download with other content, and a branch that moved" {
    need git
    mkdir "$T/web"
    echo one >"$T/web/f"
    git init -q -b main "$T/tree"
    commit() {
        echo "$1" >"$T/tree/f"
        git -C "$T/tree" add f
        git -C "$T/tree" -c user.name=t -c user.email=t@localhost commit -qm "$1"
        rm -rf "$T/web/r.git"
        git clone -q --bare "$T/tree" "$T/web/r.git"
        git -C "$T/web/r.git" update-server-info
    }
    commit one
    serve "$T/web"
    printf 'FROM scratch\nADD %s/f /f\n' "$URL" >Dockerfile
    build .
    echo two, longer >"$T/web/f"
    touch -d '+1 minute' "$T/web/f"
    gives "$URL/f is now sha256:????????????…, was sha256:????????????…" .
    printf 'FROM scratch\nADD %s/r.git#main /r/\n' "$URL" >Dockerfile
    build .
    commit two
    gives "main of $URL/r.git is now commit ????????????, was ????????????" .
    printf 'FROM scratch\nADD %s/r.git /r/\n' "$URL" >Dockerfile
    build .
    commit three
    gives "HEAD of $URL/r.git is now commit ????????????, was ????????????" .
    want=$(sha256sum "$T/web/f" | cut -d' ' -f1)
    printf 'FROM scratch\nADD %s/f /f\n' "$URL" >Dockerfile
    build .
    printf 'FROM scratch\nADD --checksum=sha256:%s %s/f /f\n' "$want" "$URL" >Dockerfile
    gives '' .
}

@test "another platform says so" {
    busybox_image
    "$COOPER" build -q --platform linux/amd64,linux/arm64 -t both:1 -f - . <<<'FROM scratch
ARG TARGETARCH
COPY <<E /arch
$TARGETARCH
E'
    printf 'FROM both:1\nCOPY f /f\n' >Dockerfile
    echo a >f
    build --platform linux/amd64 .
    gives 'the image it starts from is another one: both:1 for linux/arm64, was for linux/amd64' --platform linux/arm64 .
    gives '' --platform linux/amd64,linux/arm64 .
    echo b >f
    gives 'f changed
f changed' --platform linux/amd64,linux/arm64 .
}

@test "a store that has only an imported cache says what it can" {
    project
    build --cache-to type=local,dest=../cache,mode=max .
    export COOPER_ROOT=$T/other
    "$COOPER" build -q -t busybox:1 "$T/busybox" >/dev/null
    gives '' --cache-from type=local,src=../cache .
    echo x >src/f1
    gives 'src/f1 changed
*' --cache-from type=local,src=../cache .
}

# seen VIEW: the reasons that a build of the row shows there, one a line.
seen() {
    case $1 in
    plain) "$COOPER" build --progress=plain "${AFTER[@]}" . 2>&1 | sed -n 's/^#[0-9]* MISS: //p' ;;
    rawjson) "$COOPER" build --progress=rawjson "${AFTER[@]}" . 2>&1 |
        jq -rs '[.[].vertexes[]? | select(.miss) | .miss] | unique_by(.)[]' ;;
    jsonl) "$COOPER" build --progress=jsonl "${AFTER[@]}" . 2>&1 | jq -r 'select(.event == "step_miss") | .reason' ;;
    tty) script -qec "stty cols 400 rows 50; '$COOPER' build ${AFTER[*]@Q} ." /dev/null </dev/null |
        tr '\r' '\n' | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' ;;
    explain)
        "$COOPER" build -q "${AFTER[@]}" . >/dev/null
        "$COOPER" explain --format '{{.Reason}}'
        ;;
    dry-run) "$COOPER" build --dry-run --progress=quiet "${AFTER[@]}" . | sed -n 's/^         //p' ;;
    esac
}

# shown REASON DOCKERFILE PREPARE CHANGE: each view shows the reason of the change.
shown() {
    local reason=$1 dockerfile=$2 prepare=$3 change=$4 got
    ROWS=$((ROWS + 1))
    AFTER=()
    mkdir "$T/row-$ROWS"
    cd "$T/row-$ROWS"
    printf "$dockerfile\n" >Dockerfile
    printf 'Dockerfile\n.dockerignore\n' >.dockerignore
    eval "$prepare"
    build -q "${AFTER[@]}" .
    eval "$change"
    mkdir "$T/saved"
    cp -a "$COOPER_ROOT"/{steps,contexts} "$T/saved"
    for view in plain rawjson jsonl tty explain dry-run; do
        # No view finds what the one before built.
        rm -rf "$COOPER_ROOT"/{steps,contexts}
        cp -a "$T/saved"/{steps,contexts} "$COOPER_ROOT"
        got=$(seen "$view")
        [[ $got == *"$reason"* ]] || { NAME=$reason row_failed "$view: $got"; }
    done
    rm -rf "$T/saved"
    cd "$T"
}

@test "every view has the reason: plain, rawjson, jsonl, the terminal, explain, --dry-run" {
    need script
    rows_begin
    local from='FROM busybox:1' a b
    a=$(long 2000 --with-ssl=no)
    shown 'f changed' "$from\nCOPY f /" 'echo a >f' 'echo b >f'
    shown 'd/g is new' "$from\nCOPY d /d/" 'mkdir d; echo a >d/f' 'echo a >d/g'
    shown 'f was renamed to g' "$from\nCOPY . /d/" 'echo a >f' 'mv f g'
    shown 'mode of f was 0644, is 0664 (umask 002?' "$from\nCOPY f /" 'echo a >f; chmod 644 f' 'chmod 664 f'
    shown 'V was "1", is "2"' "$from\nARG V\nRUN true" 'AFTER=(--build-arg V=1)' 'AFTER=(--build-arg V=2)'
    shown 'the instruction was "RUN echo one"' "$from\nRUN echo one" '' 'edit one two'
    shown '"…--with-ssl=yes…" was "…--with-ssl=no…"' "$from\nRUN :$a" '' 'edit ssl=no ssl=yes'
    shown 'the image it starts from is another one: base:1 is now sha256:' 'FROM base:1\nRUN true' 'rebase "RUN echo 1 >/f"' 'rebase "RUN echo 2 >/f"'
    shown 'f changed' "$from\nCOPY f /moved" 'echo a >f' 'cp -r . ../moved; cd ../moved; echo b >f'
    shown '([2/3] ran again)' "$from\nCOPY f /\nRUN wc /f" 'echo a >f' 'echo b >f'
    shown '--no-cache' "$from\nRUN true" '' 'AFTER=(--no-cache)'
    shown 'never built here' "$from\nRUN true" '' 'mkdir ../new; cd ../new; printf "FROM busybox:1\nRUN echo something else\n" >Dockerfile'
    rows_end 12
}
