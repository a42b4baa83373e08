# A Debian base image out of Debian's packages: source this file.
#
#   base_tar FILE                  makes FILE (a root file system as a tar) unless it is there
#   base_image COOPER NAME FILE    … and builds the image NAME of it

base_tar() {
    local tar=$1
    [ -s "$tar" ] && return 0
    mkdir -p "$(dirname "$tar")"
    # Others may be making it.
    (
        flock 9
        [ -s "$tar" ] || base_tar_make "$tar"
    ) 9>"$tar.lock"
}

base_tar_make() {
    local tar=$1
    echo "making a Debian root file system out of packages: $tar" >&2
    # Docs and lists of the package manager are left out, as in published images.
    mmdebstrap --variant=minbase --quiet \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        bookworm "$tar.tmp.tar" </dev/null || return 1
    mv "$tar.tmp.tar" "$tar"
}

base_image() {
    local cooper=$1 name=$2 tar=$3 dir
    base_tar "$tar" || return 1
    dir=$(mktemp -d)
    ln -L "$tar" "$dir/rootfs.tar" 2>/dev/null || cp "$tar" "$dir/rootfs.tar"
    printf 'FROM scratch\nADD rootfs.tar /\nCMD ["bash"]\n' >"$dir/Dockerfile"
    "$cooper" build -t "$name" "$dir"
    local status=$?
    rm -rf "$dir"
    return "$status"
}
