#!/usr/bin/env bats
# Repositories as sources: who may read them, what of the machine counts, what is kept,
# and what a hostile one can do.
load helpers

PASSWORD=s3cr3t-w0rd

setup_file() {
    export BASE=$BATS_FILE_TMPDIR/base
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    export GIT_COMMITTER_DATE='1500000000 +0000' GIT_AUTHOR_DATE='1500000000 +0000'
    mkdir -p "$BASE/repos" "$BASE/files"
    repositories
    echo hello >"$BASE/files/f"
    printf 'FROM scratch\nCOPY context /c\n' >"$BASE/files/df"
    printf '[uploadpack]\n\tallowAnySHA1InWant = true\n' >"$BASE/server.config"
    : >"$BASE/users"
    "$BATS_TEST_DIRNAME/../lib/git_server.py" "$BASE" "$BASE/log" >"$BASE/url" 2>"$BASE/err" 3>&- &
    echo $! >"$BASE/pid"
    for _ in $(seq 100); do
        [ -s "$BASE/url" ] && break
        sleep 0.1
    done
    read -r URL OTHER <"$BASE/url"
    export URL OTHER HOST=${URL#http://}
}

teardown_file() {
    kill "$(cat "$BASE/pid")" || true
}

# repository NAME [OPTION…]: a commit with a, sub/b and sub/c, tags v1 (annotated), light, w1 (on
# the second of three commits).
repository() {
    local name=$1 tree=$BATS_FILE_TMPDIR/tree-$1
    shift
    git init -q -b main "$@" "$tree"
    cd "$tree" || return 1
    git config user.name t && git config user.email t@localhost
    mkdir sub
    echo 1 >a
    echo b >sub/b
    git add -A && git commit -q -m one && git tag -a -m one v1 && git tag light
    echo 2 >a
    git commit -q -a -m two && git tag -a -m w w1
    echo 3 >a
    git commit -q -a -m three
    publish "$name"
    cd - >/dev/null || return 1
}

# publish NAME: the repository we are in, as NAME.git.
publish() {
    rm -rf "$BASE/repos/$1.git"
    git clone -q --bare . "$BASE/repos/$1.git"
    git -C "$BASE/repos/$1.git" update-server-info
}

repositories() {
    repository r
    repository long --object-format=sha256
    repository sub
}

setup() {
    T=$(mktemp -d "${TMPDIR:-/tmp}/cooper-test.XXXXXX")
    chmod 755 "$T"
    export COOPER_ROOT=$T/store
    mkdir "$T/ctx"
    cd "$T/ctx" || return 1
    : >"$BASE/log"
    : >"$BASE/users"
}

# basic USER:PASSWORD: the header's value.
basic() {
    printf 'Basic %s' "$(printf %s "$1" | base64 -w0)"
}

# adds SOURCE [OPTION…]: ADD of it, to an archive.
adds() {
    local source=$1
    shift
    printf 'FROM scratch\nADD %s /x/\n' "$source" >"$T/Dockerfile"
    run "$COOPER" build --progress=plain -o "type=tar,dest=$T/out.tar" -f "$T/Dockerfile" "$@" "$T/ctx"
    [ "$status" -eq 0 ] || { echo "ADD $source: $status, $output"; return 1; }
}

# refuses STATUS TEXT SOURCE [OPTION…]: the same fails like that.
refuses() {
    local want=$1 text=$2 source=$3
    shift 3
    printf 'FROM scratch\nADD %s /x/\n' "$source" >"$T/Dockerfile"
    run "$COOPER" build --progress=plain -o "type=tar,dest=$T/out.tar" -f "$T/Dockerfile" "$@" "$T/ctx"
    [ "$status" -eq "$want" ] && [[ "$output" == *"$text"* ]] ||
        { echo "ADD $source: $status, $output"; return 1; }
}

has() {
    tar xOf "$T/out.tar" "$1"
}

# nowhere WORD: not in the output, nor in any file of the store, nor in the archive.
nowhere() {
    [[ "$output" != *"$1"* ]] || { echo "shown: $output"; return 1; }
    ! grep -ral -- "$1" "$COOPER_ROOT" || return 1
    [ -e "$T/out.tar" ] || return 0
    mkdir -p "$T/x" && tar xf "$T/out.tar" -C "$T/x"
    ! grep -ral -- "$1" "$T/x" || return 1
}

# ------------------------------------------------------------ who we are

@test "the user and password in a URL are used, and shown nowhere" {
    { basic "joe:$PASSWORD"; echo; basic "$PASSWORD:"; } >"$BASE/users"
    local address kind
    for address in "joe:$PASSWORD" "$PASSWORD" "joe:s3cr3t%2dw0rd"; do
        for kind in "auth/r.git" "auth/r.git#v1" "auth/r.git#main:sub" "private/f"; do
            rm -rf "$COOPER_ROOT"
            adds "http://$address@$HOST/$kind" --metadata-file "$T/meta"
            nowhere "$PASSWORD" && nowhere "s3cr3t%2dw0rd"
            [[ "$output" == *"xxxxx"*"@$HOST/$kind"* ]]
            ! grep -q "$PASSWORD" "$T/meta" || return 1
            run "$COOPER" build --progress=rawjson -f "$T/Dockerfile" -t x .
            [ "$status" -eq 0 ] && nowhere "$PASSWORD"
            run "$COOPER" build --print-plan=json -f "$T/Dockerfile" .
            nowhere "$PASSWORD"
        done
        adds "--keep-git-dir=true http://$address@$HOST/auth/r.git#v1"
        nowhere "$PASSWORD" && nowhere "s3cr3t%2dw0rd"
        has x/.git/config | grep -q 'url = http://xxxxx.*@127.0.0.1'
    done
}

@test "no process has a password in its arguments" {
    need strace
    basic "joe:$PASSWORD" >"$BASE/users"
    printf 'FROM scratch\nADD --keep-git-dir=true http://joe:%s@%s/auth/r.git#v1 /\n' "$PASSWORD" "$HOST" >Dockerfile
    ASAN_OPTIONS=detect_leaks=0 strace -f -s 4096 -e trace=execve -o "$T/trace" "$COOPER" build -q .
    grep -q 'git.*fetch' "$T/trace"
    ! grep "$PASSWORD" "$T/trace" || return 1
    printf 'FROM scratch\nADD %s/auth/r.git#v1 /\n' "$URL" >Dockerfile
    printf 'Basic %s' "$(printf 'x-access-token:%s' "$PASSWORD" | base64 -w0)" | sed 's/Basic/basic/' >"$BASE/users"
    printf %s "$PASSWORD" >"$T/token"
    ASAN_OPTIONS=detect_leaks=0 strace -f -s 4096 -e trace=execve -o "$T/trace" "$COOPER" build -q --secret "id=GIT_AUTH_TOKEN,src=$T/token" .
    grep -q 'git.*fetch' "$T/trace"
    ! grep -e "$PASSWORD" -e "$(tail -c +7 "$BASE/users")" "$T/trace" || return 1
}

@test "no error message contains a password, whichever program wrote it" {
    local where
    for where in "http://joe:$PASSWORD@$HOST/auth/r.git" "http://joe:$PASSWORD@$HOST/private/f" \
            "http://$PASSWORD@$HOST/auth/r.git" "http://joe:$PASSWORD@$HOST/smart/nosuch.git" \
            "http://joe:$PASSWORD@$HOST/files/nosuch" "http://joe:$PASSWORD@$HOST/smart/r.git#nosuch" \
            "http://joe:$PASSWORD@$HOST/smart/r.git#main:nosuch" "http://joe:$PASSWORD@127.0.0.1:1/r.git" \
            "http://joe:$PASSWORD@127.0.0.1:1/f" "http://joe:a/$PASSWORD@$HOST/auth/r.git" \
            "http://joe:$PASSWORD@$HOST/smart/r.git?nosuch=1" "git://joe:$PASSWORD@127.0.0.1:1/r.git" \
            "--checksum=sha256:$(printf '%064d' 0) http://joe:$PASSWORD@$HOST/files/f"; do
        printf 'FROM scratch\nADD %s /x\n' "$where" >Dockerfile
        for how in plain rawjson quiet; do
            run "$COOPER" build --progress=$how .
            [ "$status" -ne 0 ] || { echo "$where"; return 1; }
            nowhere "$PASSWORD" || { echo "$where"; return 1; }
        done
        where=${where##* }
        for context in "$where" "--build-context src=$where -f $T/Named ."; do
            printf 'FROM scratch\nCOPY --from=src / /\n' >"$T/Named"
            # shellcheck disable=SC2086
            run "$COOPER" build --progress=plain $context
            nowhere "$PASSWORD" || { echo "context $where"; return 1; }
        done
    done
}

@test "every kind of context uses the credentials that are given for it" {
    basic "joe:$PASSWORD" >"$BASE/users"
    printf 'FROM scratch\nCOPY a /x\n' >"$T/D"
    local there=joe:$PASSWORD@$HOST
    run "$COOPER" build --progress=plain -f "$T/D" "http://$there/auth/r.git"
    [ "$status" -eq 0 ] && nowhere "$PASSWORD"
    printf 'FROM scratch\nCOPY --from=src a /x\n' >"$T/D"
    run "$COOPER" build --progress=plain -f "$T/D" --build-context "src=http://$there/auth/r.git" .
    [ "$status" -eq 0 ] && nowhere "$PASSWORD"
    run "$COOPER" build --progress=plain "http://$there/private/df"
    [ "$status" -eq 0 ] && nowhere "$PASSWORD"
    run "$COOPER" build --progress=plain -f "http://$there/private/df" "http://$there/private/df"
    [ "$status" -eq 0 ] && nowhere "$PASSWORD"
}

@test "secrets are only sent to the servers that they are for" {
    local host=127.0.0.1 token header
    printf %s "$PASSWORD" >"$T/token"
    echo "Digest $PASSWORD" >"$T/header"
    token="basic $(printf 'x-access-token:%s' "$PASSWORD" | base64 -w0)"
    header="Digest $PASSWORD"
    echo "$token" >"$BASE/users"
    for id in GIT_AUTH_TOKEN "GIT_AUTH_TOKEN.$HOST"; do
        rm -rf "$COOPER_ROOT"
        adds "$URL/auth/r.git" --secret "id=$id,src=$T/token"
        nowhere "$PASSWORD" && nowhere "${token#* }"
        adds "--keep-git-dir=true $URL/auth/r.git" --secret "id=$id,src=$T/token"
        nowhere "$PASSWORD" && nowhere "${token#* }"
        run "$COOPER" build --secret "id=$id,src=$T/token" -f - "$URL/auth/r.git" <<<$'FROM scratch\nCOPY a /'
        [ "$status" -eq 0 ]
    done
    refuses 7 "" "$URL/auth/r.git#v1" --secret "id=GIT_AUTH_TOKEN.other,src=$T/token"
    refuses 7 "" "$URL/private/f" --secret "id=HTTP_AUTH_TOKEN_other,src=$T/token"
    echo "$header" >"$BASE/users"
    for id in GIT_AUTH_HEADER "GIT_AUTH_HEADER.$HOST"; do
        rm -rf "$COOPER_ROOT"
        adds "$URL/auth/r.git" --secret "id=$id,src=$T/header" --secret "id=GIT_AUTH_TOKEN,src=$T/token"
        nowhere "$PASSWORD"
    done
    adds "$URL/private/f" --secret "id=HTTP_AUTH_HEADER_$host,src=$T/header"
    nowhere "$PASSWORD"
    echo "Bearer $PASSWORD" >"$BASE/users"
    rm -rf "$COOPER_ROOT"
    adds "$URL/private/f" --secret "id=HTTP_AUTH_TOKEN_$host,src=$T/token"
    nowhere "$PASSWORD"
    adds "$URL/private/f" --secret "id=HTTP_AUTH_TOKEN_$host,src=$T/token" \
        --secret "id=HTTP_AUTH_HEADER_$host,src=$T/header"
    run "$COOPER" build --secret "id=HTTP_AUTH_TOKEN_$host,src=$T/token" "$URL/private/df"
    [ "$status" -eq 0 ]
    printf 'a\nb' >"$T/lines"
    refuses 4 "not one line" "$URL/auth/r.git" --secret "id=GIT_AUTH_TOKEN,src=$T/lines"
}

@test "credentials are sent to no other server" {
    printf %s "$PASSWORD" >"$T/token"
    basic "joe:$PASSWORD" >"$BASE/users"
    adds "http://joe:$PASSWORD@$HOST/hop/r.git"
    adds "http://joe:$PASSWORD@$HOST/away/f"
    adds "$URL/away/f" --secret "id=HTTP_AUTH_TOKEN_127.0.0.1,src=$T/token"
    grep -q '^second GET' "$BASE/log"
    refuses 4 "secret is sent to no other" "$URL/hop/r.git" --secret "id=GIT_AUTH_TOKEN,src=$T/token"
    ! grep '^second' "$BASE/log" | grep -v ' -$' || return 1
}

# ------------------------------------------------------------ what counts

@test "nothing of the machine or the user decides what is in the image" {
    export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config
    mkdir -p "$XDG_CONFIG_HOME/git" "$T/template/hooks" "$T/hooks"
    printf '* filter=evil text eol=crlf ident\n' | tee "$XDG_CONFIG_HOME/git/attributes" >"$T/attributes"
    echo a >"$XDG_CONFIG_HOME/git/ignore"
    printf '#!/bin/sh\necho hooked >hooked\n' | tee "$T/template/hooks/post-checkout" >"$T/hooks/post-checkout"
    chmod +x "$T/template/hooks/post-checkout" "$T/hooks/post-checkout"
    cat >"$HOME/.gitconfig" <<END
[core]
    attributesFile = $T/attributes
    hooksPath = $T/hooks
    autocrlf = true
    symlinks = false
    fileMode = false
[filter "evil"]
    smudge = sed s/b/evil/
    clean = cat
[init]
    templateDir = $T/template
[submodule]
    recurse = false
[url "$URL/smart/sub.git"]
    insteadOf = $URL/smart/r.git
END
    cp "$HOME/.gitconfig" "$XDG_CONFIG_HOME/git/config"
    local variables=("GIT_CONFIG_GLOBAL=$HOME/.gitconfig" "GIT_CONFIG_SYSTEM=$HOME/.gitconfig" GIT_CONFIG_NOSYSTEM=0
        "GIT_TEMPLATE_DIR=$T/template" "GIT_DIR=$T/none" "GIT_WORK_TREE=$T/none" "GIT_INDEX_FILE=$T/index"
        "GIT_CONFIG_COUNT=1" "GIT_CONFIG_KEY_0=core.autocrlf" "GIT_CONFIG_VALUE_0=true"
        "GIT_CONFIG_PARAMETERS='core.autocrlf=true'" "GIT_ATTR_SOURCE=HEAD" "GIT_OBJECT_DIRECTORY=$T/none"
        "GIT_ALTERNATE_OBJECT_DIRECTORIES=$T/none" GIT_TRACE=1 GIT_CEILING_DIRECTORIES=/ GIT_SHALLOW_FILE="$T/none"
        GIT_DEFAULT_HASH=sha256 GIT_ASKPASS=/bin/echo)
    adds "$URL/smart/r.git"
    [ "$(has x/sub/b)" = b ] && [ "$(has x/a)" = 3 ]
    tar tvf "$T/out.tar" >"$T/list"
    rm -rf "$COOPER_ROOT"
    printf 'FROM scratch\nADD %s /x/\n' "$URL/smart/r.git" >"$T/Dockerfile"
    env "${variables[@]}" "$COOPER" build -q -o "type=tar,dest=$T/out.tar" -f "$T/Dockerfile" .
    tar tvf "$T/out.tar" | diff "$T/list" -
    [ "$(has x/sub/b)" = b ] && [ "$(has x/a)" = 3 ]
}

@test "system-wide git attributes are ignored" {
    need_root
    need unshare
    adds "$URL/smart/r.git"
    rm -rf "$COOPER_ROOT"
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w &&
        mount -t overlay none -o "lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w" /etc || exit 77
        printf "* text eol=crlf\n" >/etc/gitattributes
        printf "[core]\n autocrlf=true\n" >/etc/gitconfig
        exec "$@"' sh "$COOPER" build -q -o "type=tar,dest=$T/out.tar" -f "$T/Dockerfile" . || {
        [ $? -eq 77 ] && skip "needs an overlay over /etc"
        return 1
    }
    [ "$(has x/a | od -An -c | tr -d ' ')" = '3\n' ]
}

# ------------------------------------------------------------ kinds

@test "git describe works where the .git directory is kept" {
    local source want
    while read -r source want; do
        adds "--keep-git-dir=true $URL/smart/$source"
        rm -rf "$T/x" && mkdir "$T/x" && tar xf "$T/out.tar" -C "$T/x"
        [ "$(git -C "$T/x/x" describe --tags --always)" = "$want" ] ||
            { echo "$source: $(git -C "$T/x/x" describe --tags --always), not $want"; return 1; }
        git -C "$T/x/x" fsck --connectivity-only
        [ -z "$(git -C "$T/x/x" status --porcelain)" ]
    done <<END
r.git#v1 v1
r.git#refs/tags/v1 v1
r.git?tag=v1 v1
r.git#light light
r.git#w1 w1
r.git#$(git -C "$BASE/repos/r.git" rev-parse w1^{commit}) w1
r.git#main $(git -C "$BASE/repos/r.git" rev-parse --short main)
long.git#v1 v1
END
}

@test "a checksum may be that of the tag or of its commit" {
    local tag commit
    tag=$(git -C "$BASE/repos/r.git" rev-parse v1) commit=$(git -C "$BASE/repos/r.git" rev-parse v1^{commit})
    for sum in "$tag" "$commit" "${tag:0:12}" "${commit:0:12}"; do
        adds "--checksum=$sum $URL/smart/r.git#v1"
        [ "$(has x/a)" = 1 ]
    done
    refuses 9 "expected checksum" "--checksum=${tag:0:12} $URL/smart/r.git#main"
}

@test "repositories of every kind of server and object" {
    local server name
    for server in smart dumb; do
        for name in r long; do
            rm -rf "$COOPER_ROOT"
            adds "$URL/$server/$name.git"
            [ "$(has x/a)" = 3 ]
            adds "$URL/$server/$name.git#v1"
            [ "$(has x/a)" = 1 ]
            adds "$URL/$server/$name.git#$(git -C "$BASE/repos/$name.git" rev-parse w1^{commit})"
            [ "$(has x/a)" = 2 ]
            adds "--keep-git-dir=true $URL/$server/$name.git#v1"
            has x/.git/HEAD >/dev/null
        done
    done
    adds "$URL/smart/r.git#heads/main"
    adds "$URL/smart/r.git#tags/light"
    [ "$(has x/a)" = 1 ]
}

# with_submodule NAME URL: a repository with that one as m.
with_submodule() {
    local tree=$T/tree-$1
    git init -q -b main "$tree"
    cd "$tree" || return 1
    git config user.name t && git config user.email t@localhost
    git update-index --add --cacheinfo "160000,$(git -C "$BASE/repos/sub.git" rev-parse w1^{commit}),m"
    git config -f .gitmodules submodule.m.path m
    git config -f .gitmodules submodule.m.url "$2"
    git add .gitmodules && git commit -q -m m
    publish "$1"
    cd "$T/ctx" || return 1
}

@test "submodules: absolute, relative, of any server" {
    local n=0 server url
    for url in "$URL/smart/sub.git" "$URL/dumb/sub.git" ../sub.git "http://joe:$PASSWORD@$HOST/auth/sub.git"; do
        with_submodule "m$n" "$url"
        basic "joe:$PASSWORD" >"$BASE/users"
        for server in smart dumb; do
            adds "$URL/$server/m$n.git"
            [ "$(has x/m/a)" = 2 ]
            ! tar tf "$T/out.tar" | grep -q '\.git$' || return 1
            adds "$URL/$server/m$n.git?submodules=false"
            ! has x/m/a || return 1
            adds "--keep-git-dir=true $URL/$server/m$n.git"
            [ "$(has x/m/a)" = 2 ]
            mkdir -p "$T/x" && tar xf "$T/out.tar" -C "$T/x"
            ! grep -r "$PASSWORD" "$T/x/x/.git" || return 1
        done
        n=$((n + 1))
    done
    adds "http://joe:$PASSWORD@$HOST/auth/m2.git"
    [ "$(has x/m/a)" = 2 ]
}

# ------------------------------------------------------------ hostile ones

@test "a repository cannot read files of the machine or run programs" {
    local n=0 url
    for url in "file://$BASE/repos/sub.git" "$BASE/repos/sub.git" "ext::sh -c touch% $T/owned" \
            "ssh://-oProxyCommand=touch%20$T/owned/x.git" "-u./x" "--upload-pack=touch $T/owned"; do
        with_submodule "h$n" "$url"
        refuses 4 "" "$URL/smart/h$n.git"
        [ ! -e "$T/owned" ]
        n=$((n + 1))
    done
    refuses 4 "GIT_ALLOW_PROTOCOL" "$URL/smart/h0.git"
    refuses 2 "not a git ref" "$URL/smart/r.git#--upload-pack=touch%20$T/owned"
    refuses 2 "not a git ref" "$URL/smart/r.git?ref=--upload-pack=x"
    refuses 4 "does not contain ref" "$URL/smart/r.git?ref=main:refs/heads/x"
    refuses 4 "does not contain ref" "$URL/smart/r.git?ref=ma*"
    refuses 4 "" "ssh://-oProxyCommand=touch\${IFS}$T/owned/x.git"
    [ ! -e "$T/owned" ]
}

# ------------------------------------------------------------ what is kept

@test "an unchanged repository is asked for its references and nothing else" {
    adds "$URL/smart/r.git#main"
    grep -q 'POST /smart/r.git/git-upload-pack' "$BASE/log"
    for source in "r.git#main" "r.git#main:sub" "r.git"; do
        : >"$BASE/log"
        adds "$URL/smart/$source"
        ! grep -c 'fetch' "$BASE/log" || return 1
        [ "$(grep -c info/refs "$BASE/log")" -eq 1 ]
        [ "$(grep -c POST "$BASE/log")" -le 1 ]
    done
    : >"$BASE/log"
    run "$COOPER" build -f - "$URL/smart/r.git" <<<$'FROM scratch\nCOPY a /'
    [ "$status" -eq 0 ] && [ "$(grep -c info/refs "$BASE/log")" -eq 1 ]
}

@test "a commit that is named by its id is fetched once" {
    local id
    id=$(git -C "$BASE/repos/r.git" rev-parse main)
    adds "$URL/smart/r.git#$id"
    : >"$BASE/log"
    adds "$URL/smart/r.git#$id"
    adds "$URL/smart/r.git#$id" --offline
    [ ! -s "$BASE/log" ]
    refuses 6 "offline" "$URL/smart/r.git#main" --offline
}

@test "a directory of a repository is as new as its files" {
    local tree=$T/tree
    git clone -q "$BATS_FILE_TMPDIR/tree-r" "$tree"
    cd "$tree"
    git config user.name t && git config user.email t@localhost
    publish moving
    cd "$T/ctx"
    adds "$URL/smart/moving.git#main:sub"
    cd "$tree"
    echo 4 >a && git commit -q -a -m four && publish moving
    cd "$T/ctx"
    adds "$URL/smart/moving.git#main:sub"
    [[ "$output" == *CACHED* ]] || { echo "$output"; return 1; }
    cd "$tree"
    echo bb >sub/b && git commit -q -a -m five && publish moving
    cd "$T/ctx"
    adds "$URL/smart/moving.git#main:sub"
    [[ "$output" != *CACHED* ]] && [ "$(has x/b)" = bb ]
    cd "$tree"
}

@test "kept checkouts are counted, and pruned when unused" {
    adds "$URL/smart/r.git"
    [ "$(ls "$COOPER_ROOT/checkouts" | wc -l)" -eq 1 ]
    "$COOPER" prune --all -f >/dev/null || "$COOPER" prune --all >/dev/null
    [ -z "$(ls "$COOPER_ROOT/checkouts")" ]
    adds "$URL/smart/r.git"
}
