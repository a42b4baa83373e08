# A real registry on loopback for tests: source this file.
#
#   registry_start DIR [PORT]   starts Debian's docker-registry with its data in DIR;
#                               REGISTRY is host:port, REGISTRY_PID its process
#   registry_stop

# A port that nothing listens on now.
free_port() {
    python3 - <<'EOF'
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])
EOF
}

registry_start() {
    local dir=$1 port=${2:-}
    [ -n "$port" ] || port=$(free_port)
    mkdir -p "$dir/data"
    cat >"$dir/config.yml" <<EOF
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $dir/data}, delete: {enabled: true}}
http: {addr: 127.0.0.1:$port}
EOF
    docker-registry serve "$dir/config.yml" >"$dir/log" 2>&1 </dev/null 3>&- &
    REGISTRY_PID=$!
    REGISTRY=127.0.0.1:$port
    local tries=0
    until curl -fsS -o /dev/null "http://$REGISTRY/v2/" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$REGISTRY_PID" 2>/dev/null; then
            echo "the registry did not come up; its log:" >&2
            cat "$dir/log" >&2
            return 1
        fi
        sleep 0.1
    done
}

registry_stop() {
    [ -n "${REGISTRY_PID:-}" ] || return 0
    kill "$REGISTRY_PID" 2>/dev/null || true
    wait "$REGISTRY_PID" 2>/dev/null || true
    REGISTRY_PID=
}
