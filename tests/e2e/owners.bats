#!/usr/bin/env bats
# A store is believed: one that somebody else made, or can change, is refused or told of.
load helpers

setup_file() {
    export OTHER=cooper-other-$$
    [ "$(id -u)" -ne 0 ] || useradd --system --no-create-home "$OTHER"
}

teardown_file() {
    [ "$(id -u)" -ne 0 ] || userdel "$OTHER"
}

simple() {
    echo a >a
    printf 'FROM scratch\nCOPY a /\n' >Dockerfile
}

as_other() {
    setpriv --reuid "$OTHER" --regid "$OTHER" --clear-groups env HOME=/nonexistent "$@"
}

@test "root refuses a user's store, and a user root's, in every command" {
    need_root
    simple
    chmod 777 "$T"
    as_other env COOPER_ROOT="$T/theirs" "$COOPER" build -q -t x:1 .
    chmod 755 "$T"
    mkdir -m 777 "$T/ours"
    COOPER_ROOT=$T/ours "$COOPER" build -q -t x:1 .
    chmod -R a+rwX "$T/ours"
    for words in "build ." images "inspect x:1" "tag x:1 y:1" "rmi x:1" "prune -a" du; do
        echo "$words"
        # shellcheck disable=SC2086
        COOPER_ROOT=$T/theirs run "$COOPER" $words
        echo "$output"
        [ "$status" -eq 10 ]
        [[ "$output" == *"store $T/theirs: oci-layout in it was made by another user"*"hint: "* ]]
        # shellcheck disable=SC2086
        run as_other env COOPER_ROOT="$T/ours" "$COOPER" $words
        echo "$output"
        [ "$status" -eq 10 ]
        [[ "$output" == *"made by another user"* ]]
    done
    # Links to it are no other store.
    ln -s theirs "$T/link"
    COOPER_ROOT=$T/link run "$COOPER" images
    [ "$status" -eq 10 ]
    # Nothing of it was changed.
    as_other env COOPER_ROOT="$T/theirs" "$COOPER" inspect x:1 >/dev/null
}

@test "a part of a store that belongs to another user is refused" {
    need_root
    simple
    build .
    [ "$status" -eq 0 ]
    for part in steps layers blobs blobs/sha256 index.json tmp; do
        chown "$OTHER" "$COOPER_ROOT/$part"
        build .
        [ "$status" -eq 10 ]
        [[ "$output" == *"$part in it was made by another user"* ]]
        chown root "$COOPER_ROOT/$part"
    done
    build .
    [ "$status" -eq 0 ]
}

@test "a store, or a directory above it, that everybody may write to is reported" {
    simple
    mkdir -m 755 "$T/way" "$T/way/store"
    for open in way/store way; do
        chmod 777 "$T/$open"
        COOPER_ROOT=$T/way/store build .
        [ "$status" -eq 0 ]
        [[ "$output" == *"everybody on this machine may write to $T/$open "*"chmod o-w $T/$open"* ]]
        chmod 755 "$T/$open"
    done
    chmod 1777 "$T/way"
    COOPER_ROOT=$T/way/store build .
    [ "$status" -eq 0 ]
    [[ "$output" != *"everybody"* ]]
}

@test "a store that a group may write to is reported, unless it is the user's own group" {
    need_root
    simple
    build .
    # MODE, owner's own group or another's, the place, and whether it is told.
    while read -r mode group place told; do
        chmod 755 "$T"
        chmod 700 "$COOPER_ROOT"
        chgrp 0 "$T" "$COOPER_ROOT"
        [ "$group" = own ] || chgrp "$OTHER" "$T/$place"
        chmod "$mode" "$T/$place"
        build .
        echo "$mode $group $place: $output"
        [ "$status" -eq 0 ]
        place=$T/$place
        [ "$(grep -c "a group of users other than our own may write to ${place%/.} " <<<"$output")" -eq "$told" ] || return 1
    done <<EOF
0770 other ${COOPER_ROOT#"$T/"} 1
0775 other ${COOPER_ROOT#"$T/"} 1
0755 other ${COOPER_ROOT#"$T/"} 0
0770 own ${COOPER_ROOT#"$T/"} 0
0775 other . 1
1775 other . 0
0775 own . 0
EOF
}

@test "every command that uses a store reports who else may write to it" {
    simple
    build -t x:1 .
    chmod 777 "$COOPER_ROOT"
    for words in "build ." images "inspect x:1" "tag x:1 y:1" du "du --format json" doctor prune "prune --dry-run" "rmi y:1"; do
        # shellcheck disable=SC2086
        "$COOPER" $words >"$T/out" 2>"$T/err"
        echo "$words: $(cat "$T/err")"
        [ "$(grep -c "everybody on this machine may write to $COOPER_ROOT" "$T/err")" -eq 1 ]
        [ "$(grep -c WARNING "$T/err")" -le 1 ]
        ! grep -q "everybody on this machine" "$T/out"
    done
    # Quiet is quiet.
    "$COOPER" build -q . 2>"$T/err"
    [ ! -s "$T/err" ]
}

@test "a directory above the store that belongs to another user is reported" {
    need_root
    simple
    mkdir -m 755 "$T/theirs"
    chown "$OTHER" "$T/theirs"
    COOPER_ROOT=$T/theirs build .
    [ "$status" -eq 0 ]
    [[ "$output" == *"store $T/theirs: its directory belongs to another user"* ]]
}

@test "container volumes that everybody may write to are used without a warning" {
    need_root
    simple
    mkdir "$T/volume"
    run unshare -m sh -c 'mount -t tmpfs -o mode=777 none "$1" && COOPER_ROOT=$1 "$2" build --progress=plain .' sh \
        "$T/volume" "$COOPER"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" != *everybody* ]]
}
