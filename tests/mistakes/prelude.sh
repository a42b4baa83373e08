# What the scripts in testdata/mistakes can call; tests/mistakes/run sets CASE, COOPER,
# REGISTRY, CLOSED and PATH.

dockerfile() {
    printf '%s\n' "$@" >Dockerfile
}

# answering CODE | tls | plain-as-remote: a server that answers everything so; $ANSWERING
# is its host and port.
answering() {
    [ -n "${1##[0-9]*}" ] && [ -z "$CASE_OWN_HOSTS" ] && { echo "SKIP: needs root, for a name of its own"; exit 99; }
    ANSWERING=$(python3 "$CASE_TOOLS/answering.py" "$1" "$CASE_PIDS")
}

# as-user COMMAND…: as somebody who is not root.
as-user() {
    if [ "$(id -u)" -eq 0 ]; then
        chmod 755 "$PWD"
        setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent COOPER_ROOT="$CASE_USER_STORE" "$@"
    else
        "$@"
    fi
}

# $SMALL is a directory on a file system of 100 MB.
small-disk() {
    [ -n "$CASE_OWN_HOSTS" ] || { echo "SKIP: needs root, to mount a small file system"; exit 99; }
    SMALL=$CASE_SMALL
    mount -t tmpfs -o size=100m small "$SMALL"
}
