#!/usr/bin/env bats
# What a crash of the machine does to the store: files that are empty, cut off or all
# zeros. Each is a miss: the next build succeeds and makes the same image. By default
# each kind of file is damaged in one way, with COOPER_SOAK=1 in all.
load helpers

setup_file() {
    file_registry_start
}

teardown_file() {
    registry_stop
}

# A store with files of every kind, as it was before: $T/whole. The base is one that
# can be had again.
whole_store() {
    export SOURCE_DATE_EPOCH=1700000000
    mkdir -p "$T/base/root/bin"
    cp "$(command -v busybox)" "$T/base/root/bin/sh"
    for name in cat false ln mkdir rm; do ln -s sh "$T/base/root/bin/$name"; done
    printf 'FROM scratch\nCOPY root /\nENV PATH=/bin\n' >"$T/base/Dockerfile"
    "$COOPER" build -q -t "$REGISTRY/base:1" --push "$T/base" >/dev/null
    COOPER_ROOT=$T/whole
    mkdir src
    for i in 1 2 3; do echo "file $i" >"src/$i"; done
    cat >Dockerfile <<EOF
FROM $REGISTRY/base:1 AS made
RUN echo made >/made && mkdir /d && ln /made /d/hard
FROM $REGISTRY/base:1
COPY src /src
COPY --from=made /d /d
RUN --mount=type=cache,target=/c cat /src/* /d/hard >/all && rm /src/1
EOF
    # Files that are touched within seconds are not noted.
    touch -d '2020-02-02' src/* Dockerfile .
    printf 'FROM %s/base:1\nRUN false\n' "$REGISTRY" >"$T/Dockerfile.failing"
    build --on-error=keep -f "$T/Dockerfile.failing" .
    build -t "$REGISTRY/app:1" --push .
    build -t app:1 --digest-file "$T/want" .
    [ "$status" -eq 0 ] || return 1
    cp -a "$T/whole" "$T/spare"
}

# The files of kind $1, below the store.
files_of() {
    case $1 in
    diff) find layers/*/diff -type f ! -name '.wh.*' ;;
    info) find layers -maxdepth 2 -name info ;;
    index) ls index.json index.old ;;
    failed) find failed -name run.json ;;
    blobs | steps | trees | refs | compressed | contexts) find "$1" -type f ;;
    *) ls "$1" ;;
    esac
}

# damage HOW FILE…: its time stays.
damage() {
    local how=$1 file size
    shift
    for file in "$@"; do
        size=$(stat -c %s "$file")
        touch -r "$file" "$T/time"
        case $how in
        empty) : >"$file" ;;
        cut) truncate -s $((size / 2)) "$file" ;;
        zeros) truncate -s 0 "$file" && truncate -s "$size" "$file" ;;
        esac
        touch -r "$T/time" "$file"
    done
}

# after_crash BOOT KIND HOW: a copy of the whole store is damaged, and a build made of it.
after_crash() {
    local boot=$1 kind=$2 how=$3 files
    TRIED=$((TRIED + 1))
    export COOPER_ROOT=$T/broken
    rm -rf "$COOPER_ROOT"
    cp -a "$T/spare" "$COOPER_ROOT"
    cd "$COOPER_ROOT"
    mapfile -t files < <(files_of "$kind")
    [ ${#files[@]} -gt 0 ] || { echo "no file of kind $kind"; BAD=1; }
    damage "$how" "${files[@]}"
    if [ "$boot" = other ] && [ "$kind" != boot ]; then
        touch -r boot "$T/time"
        echo another >boot
        touch -r "$T/time" boot
    fi
    cd "$T/ctx"
    if fails_not "$boot boot, $kind, $how" build -t app:1 --digest-file "$T/got" .; then
        cmp "$T/want" "$T/got" || { echo "$boot boot, $kind, $how"; BAD=1; }
    fi
    # The second one is as if nothing had been: all of it from the store.
    if fails_not "$boot boot, $kind, $how, again" build -o "type=tar,dest=$T/tree.tar" .; then
        ! grep -iE 'MISS|warning' "$T/log" || { echo "$boot boot, $kind, $how, again"; BAD=1; }
    fi
    [ "$(tar -xOf "$T/tree.tar" all)" = $'file 1\nfile 2\nfile 3\nmade' ] ||
        { echo "$boot boot, $kind, $how: files differ"; BAD=1; }
    [ "$boot" = this ] || every_blob_fits "$kind, $how"
}

fails_not() {
    local name=$1
    shift
    "$COOPER" "$@" --progress=plain >"$T/log" 2>&1 && return
    echo "$name: $(tail -n 4 "$T/log")"
    BAD=1
    return 1
}

every_blob_fits() {
    local wrong
    wrong=$(cd "$COOPER_ROOT/blobs/sha256" && sha256sum * | awk '$1 != $2 { print $2 }')
    [ -z "$wrong" ] || { echo "$1: blobs that are not what their names say: $wrong"; BAD=1; }
}

# One way of damage for each kind, or all.
ways() {
    local all=(empty cut zeros)
    if [ -n "${COOPER_SOAK:-}" ]; then echo "${all[@]}"; else echo "${all[$((TRIED % 3))]}"; fi
}

@test "after a crash of the machine every damaged file is a miss" {
    need docker-registry
    whole_store
    TRIED=0 BAD=0
    for kind in blobs steps trees diff info refs compressed contexts failed index \
        oci-layout engine boot; do
        for how in $(ways); do after_crash other "$kind" "$how"; done
    done
    echo "$TRIED tried"
    [ "$BAD" -eq 0 ] && [ "$TRIED" -ge 13 ]
}

# What the files of a layer and its blob hold is trusted as long as the machine runs.
@test "damaged notes are misses without a crash, too" {
    need docker-registry
    whole_store
    TRIED=1 BAD=0
    for kind in steps trees info refs compressed contexts failed index oci-layout engine; do
        for how in $(ways); do after_crash this "$kind" "$how"; done
    done
    echo "$((TRIED - 1)) tried"
    [ "$BAD" -eq 0 ] && [ "$TRIED" -gt 10 ]
}
