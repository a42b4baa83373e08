#!/usr/bin/env bats
# The main way: Dockerfile → image, cached rebuilds, outputs.
load helpers

@test "a file is copied into an image from scratch" {
    echo hello >file
    printf 'FROM scratch\nCOPY file /dir/\n' >Dockerfile
    build -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 dir/file)" = hello ]
}

@test "a RUN step changes files, and its deletions are in the image" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1
RUN echo one > /one && mkdir /dir && echo two > /dir/two && rm /etc/group
RUN rm -r /dir && chmod 600 /one
EOF
    build -t app:1 .
    [ "$status" -eq 0 ]
    tree_of app:1 >"$T/list"
    grep -q -- '^-rw------- 0/0 .* one$' "$T/list"
    ! grep -q ' dir/' "$T/list"
    ! grep -q 'etc/group' "$T/list"
}

@test "a rebuild with nothing changed runs nothing and gives the same image" {
    busybox_image
    echo a >a
    printf 'FROM busybox:1\nCOPY a /a\nRUN date +%%s%%N > /when\n' >Dockerfile
    build -t app:1 --iidfile "$T/id1" .
    [ "$status" -eq 0 ]
    build -t app:1 --iidfile "$T/id2" .
    [ "$status" -eq 0 ]
    [[ "$output" == *"CACHED"* ]]
    cmp "$T/id1" "$T/id2"
}

@test "a changed file is a miss from its COPY on" {
    busybox_image
    echo a >a
    printf 'FROM busybox:1\nRUN date +%%s%%N > /first\nCOPY a /a\nRUN cat /a > /b\n' >Dockerfile
    build -t app:1 .
    first=$(cat_of app:1 first)
    echo changed >a
    build -t app:1 .
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 b)" = changed ]
    [ "$(cat_of app:1 first)" = "$first" ]
}

@test "touching a file is no change, its mode is one" {
    echo a >a
    printf 'FROM scratch\nCOPY a /a\n' >Dockerfile
    build -t app:1 --iidfile "$T/id1" .
    touch -d '2001-01-01' a
    build -t app:1 --iidfile "$T/id2" .
    cmp "$T/id1" "$T/id2"
    chmod 755 a
    build -t app:1 --iidfile "$T/id3" .
    ! cmp -s "$T/id2" "$T/id3"
}

@test "stages run in parallel" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
RUN sleep 1; echo a > /a
FROM busybox:1 AS b
RUN sleep 1; echo b > /b
FROM busybox:1
COPY --from=a /a /
COPY --from=b /b /
EOF
    start=$(date +%s%N)
    build -t app:1 .
    took=$(( ($(date +%s%N) - start) / 1000000 ))
    [ "$status" -eq 0 ]
    echo "took $took ms"
    [ "$took" -lt 1900 ]
}

@test "a stage that nothing needs is not run" {
    busybox_image
    printf 'FROM busybox:1 AS broken\nRUN false\nFROM busybox:1\nRUN true\n' >Dockerfile
    build -t app:1 .
    [ "$status" -eq 0 ]
}

@test "a context comes as a tar on standard input, plain and compressed" {
    echo hello >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    for z in '' -z -j -J --zstd; do
        tar c $z . >"$T/ctx.tar"
        run "$COOPER" build --progress=plain --no-cache -t app:1 - <"$T/ctx.tar"
        echo "$output"
        [ "$status" -eq 0 ]
        [ "$(cat_of app:1 file)" = hello ]
    done
}

@test "a Dockerfile comes on standard input" {
    echo hello >file
    run "$COOPER" build --progress=plain -t app:1 -f - . <<'EOF'
FROM scratch
COPY file /
EOF
    [ "$status" -eq 0 ]
    [ "$(cat_of app:1 file)" = hello ]
}

@test "the program answers to the name build" {
    ln -s "$COOPER" "$T/build"
    echo hello >file
    printf 'FROM scratch\nCOPY file /\n' >Dockerfile
    run "$T/build" --progress=plain -t app:1 .
    [ "$status" -eq 0 ]
}

@test "the same inputs give the same manifest with SOURCE_DATE_EPOCH" {
    busybox_image
    echo a >a
    cat >Dockerfile <<'EOF'
FROM busybox:1
WORKDIR /w
COPY a .
RUN mkdir d && echo b > d/b && chown 12:34 d/b && ln d/b c
EOF
    export SOURCE_DATE_EPOCH=1700000000
    build -t app:1 --digest-file "$T/1" --root "$COOPER_ROOT" .
    [ "$status" -eq 0 ]
    cp -r "$T/ctx" "$T/elsewhere"
    sleep 1.1
    (umask 077; build --no-cache -t app:1 --digest-file "$T/2" "$T/elsewhere"; [ "$status" -eq 0 ])
    cmp "$T/1" "$T/2"
}
