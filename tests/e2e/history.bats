#!/usr/bin/env bats
# Builds are remembered: history, reports, traces.
load helpers

eval "$(declare -f setup | sed '1s/setup/setup_place/')"

setup() {
    setup_place
    busybox_image
    "$COOPER" history rm --all
    mkdir "$T/work" "$T/work/c"
    cd "$T/work" || return 1
}

validate() {
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../schemas/validate" "$@"
}

check_report() {
    "$BATS_TEST_DIRNAME/../lib/check_report.py" "$@"
}

# Three stages; the last step fails unless $1 is true.
three_stages() {
    cat >c/Dockerfile <<END
FROM busybox:1 AS assets
RUN echo assets-$BATS_TEST_NUMBER >/a && head -c 5000 /dev/zero >/big
FROM busybox:1 as tools
RUN printf '\033[31mred\033[0m\n' && echo '</pre><script>alert(1)</script>' && echo tools-$BATS_TEST_NUMBER >/t
FROM busybox:1
COPY --from=assets /a /big /x/
COPY --from=tools /t /x/
RUN rm /x/big && echo "last words" && $1
END
}

@test "a build is listed, shown and gives its logs" {
    three_stages true
    build -t app:1 c
    [ "$status" -eq 0 ]
    run "$COOPER" history
    [[ "${lines[1]}" == *app:1*done*"5: 5 run, 0 cached"* ]]
    run "$COOPER" history inspect
    [[ "$output" == *"MISS"*"RUN rm /x/big"* ]]
    run "$COOPER" history logs
    [[ "$output" == *"last words"* ]]
    "$COOPER" history inspect --format json | validate build
    "$COOPER" history ls --format json | validate builds
    run "$COOPER" history ls --format '{{.Name}} {{.Status}}'
    [ "$output" = "app:1 done" ]
}

@test "a build of which all is cached is recorded, too" {
    three_stages true
    build c
    build c
    run "$COOPER" history ls
    [[ "${lines[1]}" == *"5: 0 run, "*" cached"* ]]
    "$COOPER" history export '^0' | validate build
    [ "$("$COOPER" history ls -q | wc -l)" -eq 2 ]
}

@test "explain and history call a build the same" {
    three_stages true
    build c
    id=$("$COOPER" history ls -q)
    run "$COOPER" explain "$id"
    [ "$status" -eq 0 ]
    [[ "$output" == *"$id"* ]]
}

@test "builds are named by the beginning of their id and by how long ago they were" {
    three_stages true
    build -t one:1 c
    build -t two:1 c
    run "$COOPER" history inspect ^1
    [[ "$output" == *one:1* ]]
    id=$("$COOPER" history ls -q | head -n 1)
    run "$COOPER" history inspect "$id"
    [[ "$output" == *two:1* ]]
    run "$COOPER" history inspect ^7
    [ "$status" -eq 4 ]
    run "$COOPER" history inspect nonsense
    [ "$status" -eq 4 ]
    [[ "$output" == *"cooper history ls"* ]]
    run "$COOPER" history rm ^0 ^1
    [ "$status" -eq 0 ]
    [ -z "$("$COOPER" history ls -q)" ]
}

@test "an image's history is what it was" {
    run "$COOPER" history busybox:1
    [ "$status" -eq 0 ]
    [[ "$output" == *"COPY root /"* ]]
}

@test "--history=false, checks and dry runs keep no record" {
    three_stages true
    build --history=false c
    run "$COOPER" build --check c
    run "$COOPER" build --dry-run c
    [ -z "$("$COOPER" history ls -q)" ]
}

@test "records are private, hold no secrets and no values of arguments" {
    printf 'topsecretvalue' >s
    printf 'FROM busybox:1\nARG A\nRUN --mount=type=secret,id=s cat /run/secrets/s; echo %s\n' "$RANDOM" >c/Dockerfile
    build --secret id=s,src=s --build-arg A=argvalue17 --report=r.html c
    [ "$status" -eq 0 ]
    run grep -rl -e topsecretvalue -e argvalue17 "$COOPER_ROOT/builds" r.html
    [ "$status" -eq 1 ]
    [ "$(find "$COOPER_ROOT/builds" -type f -perm /077 | wc -l)" -eq 0 ]
    "$COOPER" history export | grep -q '"A"'
}

@test "the output of a step is kept whole" {
    printf 'FROM busybox:1\nRUN echo %s; seq 1 200000\n' "$RANDOM" >c/Dockerfile
    build c
    id=$("$COOPER" history ls -q)
    step=$("$COOPER" history export | /usr/bin/python3 -c 'import json,sys; print([s["id"] for s in json.load(sys.stdin)["steps"] if "log" in s][0])')
    "$COOPER" history logs "$id" "$step" | tail -n +2 | cmp - <(seq 1 200000)
    run "$COOPER" history logs "$id" 999
    [ "$status" -eq 4 ]
    run "$COOPER" history logs "$id" x
    [ "$status" -eq 2 ]
}

@test "the newest 50 records stay" {
    printf 'FROM scratch\nCOPY Dockerfile /\n' >c/Dockerfile
    mkdir -p "$COOPER_ROOT/builds"
    for i in $(seq 10 70); do
        mkdir "$COOPER_ROOT/builds/$(printf '%016x' "$(date -d "-$i min" +%s%N)")"
    done
    mkdir "$COOPER_ROOT/builds/0000000000000001"
    build c
    [ "$(find "$COOPER_ROOT/builds" -mindepth 1 -maxdepth 1 | wc -l)" -le 51 ]
    [ ! -e "$COOPER_ROOT/builds/0000000000000001" ]
}

@test "a build of which all is cached removes records only when there are twice as many" {
    printf 'FROM scratch\nCOPY Dockerfile /\n' >c/Dockerfile
    build c
    for i in $(seq 10 70); do
        mkdir "$COOPER_ROOT/builds/$(printf '%016x' "$(date -d "-$i min" +%s%N)")"
    done
    build c
    [ "$(find "$COOPER_ROOT/builds" -mindepth 1 -maxdepth 1 | wc -l)" -eq 63 ]
    for i in $(seq 110 160); do
        mkdir "$COOPER_ROOT/builds/$(printf '%016x' "$(date -d "-$i min" +%s%N)")"
    done
    build c
    [ "$(find "$COOPER_ROOT/builds" -mindepth 1 -maxdepth 1 | wc -l)" -eq 50 ]
}

@test "damaged records are left out, and named when they are asked for" {
    three_stages true
    build c
    id=$("$COOPER" history ls -q)
    printf '{"id":' >"$COOPER_ROOT/builds/$id/record.json"
    run "$COOPER" history ls
    [ "$status" -eq 0 ]
    run "$COOPER" history inspect "$id"
    [ "$status" -eq 9 ]
}

@test "a report is one page that needs nothing else" {
    three_stages true
    build --report=r.html --platform linux/amd64,linux/386 c
    [ "$status" -eq 0 ]
    check_report r.html "RUN rm /x/big" "echo tools" "COPY --from=assets" "last words" "linux/386" "wasted"
    "$COOPER" history export -o again.html
    check_report again.html "RUN rm /x/big"
}

@test "a build that fails has a report, with the error at its line" {
    three_stages false
    build --report=r.html --platform linux/amd64,linux/386 c
    [ "$status" -eq 5 ]
    check_report r.html "FAILED" "last words" "did not complete successfully"
    grep -q '<div id="L8" class="bad">' r.html
    run "$COOPER" history ls
    [[ "$output" == *failed* ]]
    printf 'FORM x\n' >c/Dockerfile
    build --report=r.json c
    [ "$status" -eq 3 ]
    validate build <r.json
}

@test "a report of 100 steps is below 1 MB" {
    { echo FROM busybox:1; for i in $(seq 100); do echo "RUN seq 1 3000; echo $i '<<<<&&&&>>>>' $BATS_TEST_NUMBER"; done; } >c/Dockerfile
    build --report=r.html c
    [ "$status" -eq 0 ]
    check_report r.html "RUN seq 1 3000; echo 100"
}

@test "a report is JSON or a page, and nothing else" {
    three_stages true
    for name in r r.txt r.html.gz /dev/stdout; do
        build --report="$name" c
        [ "$status" -eq 2 ]
        [[ "$output" == *"FILE.html is a page"* ]]
    done
    build --report=nowhere/r.html c
    [ "$status" -ne 0 ]
    mkdir d.html
    build --report=d.html c
    [ "$status" -ne 0 ]
    "$COOPER" build -q --report=- c 2>/dev/null | validate build
}

@test "traces have Chrome's form and OpenTelemetry's" {
    three_stages true
    build c
    "$COOPER" history trace | /usr/bin/python3 -c 'import json,sys; assert any(e["ph"] == "X" and "RUN rm" in e["name"] for e in json.load(sys.stdin)["traceEvents"])'
    "$COOPER" history trace --otlp | /usr/bin/python3 -c '
import json, sys
spans = json.load(sys.stdin)["resourceSpans"][0]["scopeSpans"][0]["spans"]
root = [s for s in spans if "parentSpanId" not in s]
assert len(root) == 1 and all(s["traceId"] == root[0]["traceId"] for s in spans)
assert len({s["spanId"] for s in spans}) == len(spans)
assert any(a["key"] == "cooper.verdict" and a["value"]["stringValue"] == "MISS" for s in spans for a in s["attributes"])'
}

@test "a collector gets the trace; without one there is a warning" {
    three_stages true
    cat >collector.py <<'END'
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open("got", "wb").write(body)
        open("head", "w").write(self.path + "\n" + str(self.headers))
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
open("port.tmp", "w").write(str(s.server_port))
import os; os.rename("port.tmp", "port")
s.handle_request()
END
    /usr/bin/python3 collector.py 3>&- &
    server=$!
    for _ in $(seq 100); do [ -e port ] && break; sleep 0.1; done
    export OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$(cat port)"
    export TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
    OTEL_EXPORTER_OTLP_HEADERS="x-team=a%20b,Authorization=Basic%20eA==" OTEL_SERVICE_NAME=svc build c
    [ "$status" -eq 0 ]
    kill "$server" 2>/dev/null || true
    grep -q '^/v1/traces' head
    grep -qi '^x-team: a b' head
    grep -qi '^authorization: Basic eA==' head
    grep -q 0af7651916cd43dd8448eb211c80319c got
    grep -q '"parentSpanId":"b7ad6b7169203331"' got
    grep -q '"stringValue":"svc"' got
    build c
    [ "$status" -eq 0 ]
    [[ "$output" == *"no trace was sent"* ]]
    OTEL_EXPORTER_OTLP_PROTOCOL=grpc build c
    [[ "$output" == *"only http/json"* ]]
    OTEL_TRACES_EXPORTER=none build c
    [[ "$output" != *"no trace"* ]]
}
