#!/usr/bin/env bats
# The one static program, and the tarball that carries it: in roots that have no library.
load helpers

setup_file() {
    # As for other programs: made by `make check`, else here.
    make -s -C "$ROOT" static out/release/static/test_layers_decompress >&2
}

STATIC=$ROOT/out/release/static/cooper

# small_root DIR: a root file system of busybox and the static program.
small_root() {
    mkdir -p "$1/bin" "$1/dev" "$1/proc" "$1/etc" "$1/tmp" "$1/ctx"
    cp "$(command -v busybox)" "$1/bin/busybox"
    for name in sh cat grep ls xz tar test; do ln -s busybox "$1/bin/$name"; done
    cp "$STATIC" "$1/bin/cooper"
    printf 'FROM scratch\nCOPY busybox /bin/sh\nRUN echo made >/made\n' >"$1/ctx/Dockerfile"
    cp "$1/bin/busybox" "$1/ctx/"
}

# inside DIR COMMAND…: runs it in that root, in namespaces of its own.
inside() {
    unshare -m --propagation private sh -c 'mount --bind "$1" "$1" && mount -t proc proc "$1/proc" &&
        mount --rbind /dev "$1/dev" && root=$1 && shift && exec chroot "$root" /bin/busybox env -i PATH=/bin "$@"' sh "$@"
}

@test "the static program needs no library" {
    run ldd "$STATIC"
    [[ "$output" == *"statically linked"* || "$output" == *"not a dynamic executable"* ]]
    run "$STATIC" version
    [ "$output" = "$("$COOPER" version)" ]
}

@test "its gzip reader passes the tests of the other one" {
    "$ROOT/out/release/static/test_layers_decompress"
}

@test "it builds in a root of busybox, and its store is where root's is" {
    need_root
    need busybox
    small_root "$T/root"
    run inside "$T/root" cooper build --progress=plain -t a:1 /ctx
    echo "$output"
    [ "$status" -eq 0 ]
    [ -f "$T/root/var/lib/cooper/oci-layout" ]
    # The same image as that of the other program.
    SOURCE_DATE_EPOCH=1 "$COOPER" build -q -t b:1 "$T/root/ctx" >"$T/expected"
    run inside "$T/root" sh -c 'SOURCE_DATE_EPOCH=1 cooper build -q -t b:1 /ctx'
    [ "$output" = "$(cat "$T/expected")" ]
    run inside "$T/root" cooper doctor
    [[ "$output" == *"ok  registries and the web"* && "$output" == *"ok  xz and bzip2"* ]]
}

@test "it reads archives of every kind" {
    need_root
    need xz
    need bzip2
    need zstd
    small_root "$T/root"
    echo a >a
    for kind in gzip bzip2 xz zstd; do
        tar -cf - a | "$kind" -c >"$T/root/ctx/a.$kind"
        echo "ADD a.$kind /$kind/" >>"$T/root/ctx/Dockerfile"
    done
    echo 'RUN for k in gzip bzip2 xz zstd; do test -s /$k/a || exit 1; done' >>"$T/root/ctx/Dockerfile"
    sed -i 's|^COPY busybox.*|&\nCOPY busybox /bin/test|' "$T/root/ctx/Dockerfile"
    run inside "$T/root" cooper build --progress=plain /ctx
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "it writes the same archives of zstd as the other program, which reads them" {
    seq 1000000 >numbers
    printf 'FROM scratch\nCOPY numbers /\n' >Dockerfile
    export SOURCE_DATE_EPOCH=1
    "$STATIC" build -q -o type=oci,dest="$T/a.tar",compression=zstd,force-compression=true .
    "$COOPER" build -q -o type=oci,dest="$T/b.tar",compression=zstd,force-compression=true .
    cmp "$T/a.tar" "$T/b.tar"
    mkdir "$T/a"
    tar -xf "$T/a.tar" -C "$T/a"
    mkdir empty
    printf 'FROM x\n' >empty/Dockerfile
    COOPER_ROOT=$T/other "$COOPER" build -q -o "$T/out" --build-context x=oci-layout://"$T/a" empty
    cmp numbers "$T/out/numbers"
}

@test "it finds hosts by DNS and by a file, and authorities where distributions keep them" {
    need_root
    need openssl
    need ip
    small_root "$T/root"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 \
        -subj /CN=registry.example -addext "subjectAltName=DNS:registry.example,DNS:other.example" 2>/dev/null
    # Sources that only a plugin of the C library knows are passed over.
    echo 'hosts: mymachines resolve [!UNAVAIL=return] files mdns4 dns' >"$T/root/etc/nsswitch.conf"
    echo 'nameserver 127.0.0.1' >"$T/root/etc/resolv.conf"
    echo '127.0.0.1 other.example' >"$T/root/etc/hosts"
    export T ROOT
    export -f inside
    run timeout 120 unshare -n bash -c '
        set -eu
        ip link set lo up
        python3 "$ROOT/tests/lib/name_server.py" >"$T/names.log" 2>&1 </dev/null 3>&- &
        names=$!
        python3 "$ROOT/tests/lib/faulty_registry.py" --port 5000 --tls "$T/cert.pem" "$T/key.pem" \
            >"$T/served.log" 2>&1 </dev/null 3>&- &
        trap "kill $names $!" EXIT
        for _ in $(seq 100); do ! curl -fsSk -o /dev/null https://127.0.0.1:5000/v2/ 2>/dev/null || break; sleep 0.1; done
        ! inside "$T/root" cooper build -t registry.example:5000/a/b:1 --push /ctx || exit 1
        for place in ssl/certs/ca-certificates.crt pki/tls/certs/ca-bundle.crt ssl/ca-bundle.pem \
            pki/ca-trust/extracted/pem/tls-ca-bundle.pem ssl/cert.pem; do
            mkdir -p "$T/root/etc/$(dirname "$place")"
            cp "$T/cert.pem" "$T/root/etc/$place"
            for host in registry.example other.example; do
                inside "$T/root" cooper build -q -t "$host:5000/a/b:1" --push --load /ctx
                inside "$T/root" cooper rmi "$host:5000/a/b:1"
                inside "$T/root" cooper pull "$host:5000/a/b:1"
            done
            rm "$T/root/etc/$place"
        done
        mkdir "$T/root/certs"
        cp "$T/cert.pem" "$T/root/certs/$(openssl x509 -hash -noout -in "$T/cert.pem").0"
        inside "$T/root" sh -c "SSL_CERT_DIR=/certs cooper pull registry.example:5000/a/b:1"
        echo reached'
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"no file of certificate authorities was found"*"hint: install the package ca-certificates"*reached* ]]
}

@test "the tarball is the same each time, and has the form of /usr/local" {
    need make
    tarball() { "$ROOT/packaging/tarball" "$STATIC" "$1" libzstd-dev libcurl4-openssl-dev; }
    tarball "$T/cooper-1.tar.gz"
    mv "$T/cooper-1.tar.gz" "$T/first"
    umask 077
    cd /
    tarball "$T/cooper-1.tar.gz"
    cmp "$T/first" "$T/cooper-1.tar.gz"
    mkdir "$T/local"
    tar -xzf "$T/first" -C "$T/local" --strip-components=1
    cd "$T/local"
    for file in bin/cooper bin/build share/man/man1/cooper.1 share/man/man1/build.1 \
        share/zsh/site-functions/_cooper share/fish/vendor_completions.d/cooper.fish share/doc/cooper/LICENSE; do
        [ -s "$file" ]
    done
    [ "$(bin/build --help)" = "$(bin/cooper build --help)" ]
    grep -q '^==== libcurl' share/doc/cooper/licences-of-libraries
    # Whoever completes a name gets words of cooper.
    bash -c '. share/bash-completion/completions/build && COMP_WORDS=(cooper bu) COMP_CWORD=1 &&
        _cooper && [[ " ${COMPREPLY[*]} " == *" build "* ]]'
}
