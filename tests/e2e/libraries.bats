#!/usr/bin/env bats
# Libraries that are loaded when they are needed: without them everything else works, and
# who needs them is told which package has them.
load helpers

# without NAME ARGS…: cooper where the library NAME cannot be loaded.
without() {
    local library=$1
    shift
    library=$(ldconfig -p | sed -n "s|.*$library .* => ||p" | head -n 1)
    [ -e "$library" ] || skip "needs $1"
    run unshare -m sh -c 'mount --bind /dev/null "$1" && shift && exec "$@"' sh "$library" "$COOPER" "$@"
    echo "$output"
}

@test "without libcurl a build works, and commands that need a registry name the package" {
    need_root
    echo a >a
    printf 'FROM scratch\nCOPY a /\n' >Dockerfile
    without libcurl.so.4 build --progress=plain .
    [ "$status" -eq 0 ]
    printf 'FROM scratch\nADD http://127.0.0.1:1/x /\n' >Dockerfile
    for words in "build --progress=plain ." "pull 127.0.0.1:1/x" "build http://127.0.0.1:1/x" "build -f http://127.0.0.1:1/x ."; do
        # shellcheck disable=SC2086
        without libcurl.so.4 $words
        [ "$status" -eq 10 ]
        [[ "$output" == *"libcurl.so.4"*"hint: apt-get install libcurl4"* ]]
        [ "$(grep -c '^ERROR:' <<<"$output")" -eq 1 ]
    done
}

@test "without libarchive an archive of xz names the package" {
    need_root
    need xz
    echo a >a
    tar cJf a.tar.xz a
    printf 'FROM scratch\nADD a.tar.xz /\n' >Dockerfile
    without libarchive.so.13 build --progress=plain .
    [ "$status" -eq 10 ]
    [[ "$output" == *"libarchive.so.13"*"hint: apt-get install libarchive13"* ]]
    run bash -c 'xz -d <a.tar.xz | gzip >a.tar.xz.new; mv a.tar.xz.new a.tar.xz'
    without libarchive.so.13 build --progress=plain .
    [ "$status" -eq 0 ]
}

@test "doctor looks for the libraries" {
    need_root
    without libcurl.so.4 doctor
    [[ "$output" == *"no  registries and the web"*"apt-get install libcurl4"* ]]
    [[ "$output" == *"ok  xz and bzip2"* ]]
    without libarchive.so.13 doctor --format=json
    [[ "$output" == *"apt-get install libarchive13"* ]]
}
