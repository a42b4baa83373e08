#!/usr/bin/env bats
# Text that comes from elsewhere is shown, never obeyed by the terminal, wherever it is
# printed (docs/security.md). Every row prints something that is rude.
load helpers

RUDE=$'\e]0;title\a\e[2J\e[31m\xc2\x9b31m\xe2\x80\xaeevil\rx'

setup_file() {
    export RUDE_DIR
    RUDE_DIR=$(mktemp -d)
    python3 "$BATS_TEST_DIRNAME/../lib/rude_server.py" "$RUDE_DIR/port" 3>&- &
    echo $! >"$RUDE_DIR/pid"
    for _ in $(seq 100); do [ -e "$RUDE_DIR/port" ] || sleep 0.1; done
}

teardown_file() {
    kill "$(cat "$RUDE_DIR/pid")"
    rm -rf "$RUDE_DIR"
}

host() {
    echo "127.0.0.1:$(cat "$RUDE_DIR/port")"
}

# harmless WORD ARGS…: nothing that "cooper ARGS…" prints is obeyed, and WORD is in it.
harmless() {
    local word=$1
    shift
    "$COOPER" "$@" >"$T/said" 2>&1 </dev/null || true
    cat -v "$T/said"
    grep -qF "$word" "$T/said" || { echo "does not say: $word"; return 1; }
    ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$T/said" || return 1
    [ "$(grep -c '^ERROR:' "$T/said")" -le 1 ]
}

@test "text from a Dockerfile: frames, messages, titles, warnings, subrequests" {
    for text in "RUN false # $RUDE" "COPYY $RUDE" "FROM $RUDE" "FROM scratch AS $RUDE" "COPY $RUDE /" \
        "COPY --from=$RUDE a /" "COPY --$RUDE=1 a /" "LABEL a=\"$RUDE" "EXPOSE $RUDE" "MAINTAINER $RUDE" \
        "WORKDIR $RUDE" "ARG $RUDE" "ENV A \$$RUDE" "STOPSIGNAL $RUDE" "HEALTHCHECK $RUDE" "SHELL $RUDE" \
        "RUN --mount=type=$RUDE true" "RUN --mount=type=secret,id=$RUDE,required=true true" "ADD http://$RUDE/ /" \
        "USER $RUDE" "ONBUILD $RUDE" "CMD [\"$RUDE"; do
        printf 'FROM scratch\n%s\n' "$text" >Dockerfile
        for how in "" --check "--check --format=json" --call=outline "--call=targets --format=json" --print-plan=json \
            --print-plan=dot --progress=rawjson; do
            # shellcheck disable=SC2086
            harmless "" build --offline --progress=plain $how .
        done
    done
    printf '# syntax=%s\nFROM scratch\n' "$RUDE" >Dockerfile
    harmless evil build --offline .
    printf '# check=error=true;skip=%s\nFROM scratch\n' "$RUDE" >Dockerfile
    harmless "" build --offline .
}

@test "names of files, contexts and arguments" {
    printf 'FROM scratch\nCOPY a /\n' >Dockerfile
    for words in "-f $RUDE" "-t $RUDE" "--target $RUDE" "--platform $RUDE" "--build-arg =$RUDE" "--secret id=$RUDE" \
        "--secret id=x,src=$RUDE" "--ssh $RUDE=$RUDE" "--cache-from $RUDE" "--build-context n=$RUDE" "--root /dev/null/$RUDE" \
        "--$RUDE" "-$RUDE" "-o type=$RUDE" "--annotation $RUDE" "--ulimit $RUDE" "--iidfile /$RUDE/x"; do
        IFS=' ' read -ra all <<<"$words"
        harmless "" build --offline "${all[@]}" .
    done
    for words in "$RUDE" "inspect $RUDE" "rmi $RUDE" "tag $RUDE b" "push $RUDE" "pull $RUDE" "completion $RUDE" "help $RUDE" \
        "build $RUDE"; do
        IFS=' ' read -ra all <<<"$words"
        harmless evil "${all[@]}"
    done
    harmless ERROR shell "$RUDE"
    harmless ERROR build "http://$RUDE"
    printf '%s\n[%s\n' "$RUDE" "$RUDE" >.dockerignore
    harmless "" build --offline .
}

@test "answers of registries, web servers and git servers" {
    for kind in plain html auth moved media json html/busy; do
        harmless "ERROR" pull "$(host)/$kind/x:1"
        printf 'FROM %s/%s/x:1\n' "$(host)" "$kind" >Dockerfile
        harmless "ERROR" build --progress=plain .
        printf 'FROM scratch\nADD http://%s/%s/x /\n' "$(host)" "$kind" >Dockerfile
        harmless "" build --progress=plain .
    done
    printf 'FROM scratch\nADD http://%s/x.git /\n' "$(host)" >Dockerfile
    harmless "ERROR" build --progress=plain .
    harmless "ERROR" build "http://$(host)/x.git"
    printf '{"auths": {"%s": {"auth": "!%s"}}}' "$(host)" "$(tr -d '\0-\37' <<<"$RUDE")" >auth.json
    harmless "" pull --authfile auth.json "$(host)/plain/x"
}

@test "content of archives, layers, images and the store" {
    printf 'FROM scratch\nCOPY a /\nLABEL "%s"="%s"\nENV A="%s"\n' "${RUDE%?x}" "${RUDE%?x}" "${RUDE%?x}" >Dockerfile
    touch a "${RUDE}file"
    build --quiet -t rude:1 . >/dev/null
    harmless "u202eevil" inspect rude:1
    harmless rude images --format=json
    python3 - "$RUDE" <<'PY'
import io, sys, tarfile
rude = sys.argv[1]
for name, member in (("up.tar", "../" + rude), ("link.tar", rude + "/x")):
    with tarfile.open(name, "w") as tar:
        if name == "link.tar":
            link = tarfile.TarInfo(rude)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc"
            tar.addfile(link)
        info = tarfile.TarInfo(member)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
PY
    for tar in up.tar link.tar; do
        printf 'FROM scratch\nADD %s /\n' "$tar" >Dockerfile
        harmless "" build --progress=plain .
        "$COOPER" build - <"$tar" >"$T/said" 2>&1 || true
        ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$T/said"
    done
    # Names of tags that no tool of ours would write.
    python3 - "$COOPER_ROOT/index.json" "$RUDE" <<'PY'
import json, sys
with open(sys.argv[1]) as f:
    index = json.load(f)
for m in index["manifests"]:
    m["annotations"] = {k: v + sys.argv[2] for k, v in m.get("annotations", {}).items()}
with open(sys.argv[1], "w") as f:
    json.dump(index, f)
PY
    for words in images "images --format=json" "inspect rude:1" "prune -a"; do
        # shellcheck disable=SC2086
        harmless "" $words
    done
}

@test "output of a step keeps its colours and nothing else" {
    busybox_image
    printf 'FROM busybox:1\nRUN printf "\\033[31mred\\033[0m \\033]0;title\\007\\033[2J\\302\\23331m\\342\\200\\256x\\n"\n' >Dockerfile
    "$COOPER" build --progress=plain . >"$T/said" 2>&1
    cat -v "$T/said"
    grep -q $'\e\[31mred\e\[0m 31mx' "$T/said"
    ! LC_ALL=C grep -v RUN "$T/said" | LC_ALL=C grep -qP '\x1b\]|\x1b\[2J|\x07|\xc2\x9b|\xe2\x80\xae'
}
