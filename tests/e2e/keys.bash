# One build before and one after a change: does the last step run again?
#
#   row WANT NAME DOCKERFILE PREPARE CHANGE [OPTION…]
#
# WANT is "runs" or "stays". DOCKERFILE (with printf's escapes; without a FROM it gets
# one, and a WORKDIR of its own, so that no row finds what another left) is made in an
# empty context, in which PREPARE is run first, then CHANGE. OPTIONs are of both builds,
# unless CHANGE sets AFTER, an array of those of the second one.

# fate_of LOG: CACHED, DONE, … of the last numbered step.
fate_of() {
    awk '
        /^#[0-9]+ \[[^]]*[0-9]+\/[0-9]+\] / {
            split($0, part, "]"); n = split(part[1], word, /[ \[]/); split(word[n], count, "/")
            if (count[1] == count[2]) last = $1
            next
        }
        $2 ~ /^(CACHED|DONE|SKIPPED|ERROR:|CANCELED)$/ { fate[$1] = $2 }
        END { print fate[last] }' "$1"
}

# The step ran (DONE) or not: "runs", "stays", or what else there is.
row_build() {
    local log=$T/row.log
    if ! "$COOPER" build --progress=plain -t row:1 "$@" >"$log" 2>&1; then
        echo "failed: $(tail -n 5 "$log")"
        return
    fi
    case $(fate_of "$log") in
    DONE) echo runs ;;
    CACHED) echo stays ;;
    *) echo "unclear: $(grep -c . "$log") lines" ;;
    esac
}

row_failed() {
    echo "row '$NAME': $*"
    BAD=$((BAD + 1))
}

row() {
    local want=$1 dockerfile=$3 prepare=$4 change=$5 got
    NAME=$2
    shift 5
    ROWS=$((${ROWS:-0} + 1))
    AFTER=("$@")
    CTX=$T/row-$ROWS
    mkdir "$CTX"
    cd "$CTX"
    {
        [[ $dockerfile == *FROM* ]] || printf 'FROM busybox:1\nWORKDIR /row-%d\n' "$ROWS"
        printf "$dockerfile\n"
    } >Dockerfile
    printf 'Dockerfile\n.dockerignore\n' >.dockerignore
    eval "$prepare" || row_failed "preparation"
    got=$(row_build "$@" "$CTX")
    [ "$got" = runs ] || row_failed "first build: $got"
    got=$(row_build "$@" "$CTX")
    [ "$got" = stays ] || row_failed "same again: $got"
    eval "$change" || row_failed "change"
    got=$(row_build "${AFTER[@]}" "$CTX")
    [ "$got" = "$want" ] || row_failed "after the change: $got"
    chmod -R u+rwX "$CTX" 2>/dev/null || true
    cd "$T"
}

# why REASON NAME DOCKERFILE PREPARE CHANGE [OPTION…]: what the first step says that was
# not in the cache because of the change. * stands for any text.
why() {
    local reason=$1 got
    # Only * is special.
    reason=${reason//\\/\\\\}
    reason=${reason//[/\\[}
    reason=${reason//\?/\\?}
    shift
    row runs "$@"
    got=$(sed -n 's/^#[0-9]* MISS: //p' "$T/row.log" | head -n 1)
    # shellcheck disable=SC2053
    [[ $got == $reason ]] || row_failed "the reason is: $got"
}

# edit OLD NEW: in the row's Dockerfile.
edit() {
    local text
    text=$(cat Dockerfile)
    [[ $text == *"$1"* ]] || return 1
    printf '%s\n' "${text//"$1"/"$2"}" >Dockerfile
}

# rebase LINES: another base:1, from busybox:1 and LINES.
rebase() {
    mkdir -p "$T/base"
    printf "FROM busybox:1\n$1\n" >"$T/base/Dockerfile"
    "$COOPER" build -q -t base:1 "$T/base" >/dev/null
}

rows_begin() {
    busybox_image
    ROWS=0 BAD=0
}

rows_end() {
    echo "$ROWS rows, $BAD bad"
    [ "$BAD" -eq 0 ] && [ "$ROWS" -ge "$1" ]
}
