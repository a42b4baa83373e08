# Two users for a file of tests: one with a range of subordinate ids, one with a single id.

setup_file() {
    [ "$(id -u)" -eq 0 ] || return 0
    user=cooper-test-$$
    single=cooper-one-$$
    useradd --create-home "$user" && useradd --create-home "$single"
    usermod --add-subuids 700000-765535 --add-subgids 700000-765535 "$user"
    sed -i "/^$single:/d" /etc/subuid /etc/subgid
    export user single
}

teardown_file() {
    [ -n "${user:-}" ] || return 0
    # Layer directories belong to mapped ids; root removes them all.
    userdel --remove "$user" >/dev/null 2>&1
    userdel --remove "$single" >/dev/null 2>&1
    true
}

# as USER COMMAND…: with a home of its own and a store in it.
as() {
    local who=$1
    shift
    setpriv --reuid "$who" --regid "$who" --init-groups env -u COOPER_ROOT \
        HOME="/home/$who" USER="$who" PATH="$PATH" SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-}" "$@"
}
