# For tests of what must lead nowhere: users, a canary outside, and a root full of links.

setup_file() {
    need_refuse
    NAME=cooper-walls-$$
    export NAME
    [ "$(id -u)" -eq 0 ] || return 0
    single=$NAME-one ids=$NAME-ids
    useradd --create-home "$single" && useradd --create-home "$ids"
    usermod --add-subuids 900000-965535 --add-subgids 900000-965535 "$ids"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid
    export single ids
}

teardown_file() {
    [ -z "${single:-}" ] || userdel --remove "$single" >/dev/null 2>&1
    [ -z "${ids:-}" ] || userdel --remove "$ids" >/dev/null 2>&1
}

# as USER COMMAND…: with a home and a store of its own.
as() {
    local user=$1
    shift
    if [ "$user" = root ]; then
        "$@"
    else
        setpriv --reuid "$user" --regid "$user" --clear-groups env -u COOPER_ROOT "HOME=/home/$user" "$@"
    fi
}

# A file of the machine that no step may see or change, beside the context and the store.
lay_canary() {
    mkdir "$T/outside"
    echo cooper-canary >"$T/outside/canary"
    chmod -R a+rwX "$T/outside"
}

outside_is_untouched() {
    [ "$(ls -A "$T/outside")" = canary ]
    [ "$(cat "$T/outside/canary")" = cooper-canary ]
}

# rootfs DIRECTORY: a shell, and links that would lead out.
rootfs() {
    mkdir -p "$1/bin" "$1/etc" "$1/tmp"
    cp /bin/busybox "$1/bin/busybox" 2>/dev/null || cp /usr/bin/busybox "$1/bin/busybox"
    for name in sh cat ls ln mkdir mv rm seq stat true; do ln -s busybox "$1/bin/$name"; done
    ln -s /proc/self/fd "$1/fds"
    ln -s /proc/self/cwd "$1/cwd"
    ln -s "../../../../../../../../..$T/outside" "$1/out"
    ln -s "$T/outside" "$1/absolute"
    ln -s /etc "$1/inside"
}
