# Root file systems of Debian to try packages in: source this file. WORK is where they are.

# debian_mirror: what this machine's apt uses.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
        'Component: main' 2>/dev/null | grep -v security | head -n 1
}

# fresh_root NAME SUITE: the new directory $WORK/NAME, a minimal system. ROOTS, if set, is
# a directory where the tars of such systems are kept.
fresh_root() {
    local root=$WORK/$1 tar=${ROOTS:-$WORK}/$2.tar
    [ -s "$tar" ] || mmdebstrap --variant=minbase --quiet --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$2" "$tar" "$(debian_mirror)" </dev/null >&2 || return 1
    mkdir -p "$root"
    tar -xf "$tar" -C "$root" --exclude='./dev/*'
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
}

# in_root ROOT COMMAND…: runs it there, with processes, mounts and devices of its own and
# none of our variables. It is no chroot: there users could not make namespaces.
in_root() {
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --propagation private bash -c '
        root=$1; shift
        mount --bind "$root" "$root" && cd "$root" && mkdir -p proc dev sys .old &&
            mount -t proc proc proc && mount -t tmpfs -o mode=755 dev dev || exit 125
        for node in null:3 zero:5 full:7 random:8 urandom:9; do
            mknod -m 666 "dev/${node%:*}" c 1 "${node#*:}"
        done
        mkdir dev/pts dev/shm && chmod 1777 dev/shm
        mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
        ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
        ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr
        pivot_root . .old && exec /bin/sh -c "umount -l /.old && rmdir /.old && cd / && exec \"\$@\"" sh \
            env -i HOME=/root DEBIAN_FRONTEND=noninteractive \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' bash "$@" </dev/null
}

# apt_in ROOT PACKAGE…: installs them there; a path that begins with ./ is a file.
apt_in() {
    local root=$1
    shift
    in_root "$root" apt-get -q update &&
        in_root "$root" apt-get -q -y --no-install-recommends install "$@"
}
