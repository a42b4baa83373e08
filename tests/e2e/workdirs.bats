#!/usr/bin/env bats
# A working directory leads nowhere but below the root, whatever its name says.
load helpers
load walls

# Looks for the canary from where it is.
LOOK='d=.; for i in 0 1 2 3 4 5 6 7 8 9; do
    for f in canary outside/canary; do [ ! -e "$d/$f" ] || { echo canary in "$d"; exit 9; }; done; d=$d/..; done'

# Where a working directory may be meant to lead out.
directories() {
    seq -f '/proc/self/fd/%g' 3 40
    printf '%s\n' /fds/5 /fds/12/new /dev/fd/7 /proc/thread-self/fd/12 /proc/1/cwd /proc/1/root \
        /proc/self/cwd/.. /proc/self/root/.. /cwd /proc/self/fd/12/../../../..
}

@test "no working directory leads out of the root, for any user and kind of mount" {
    need_root
    lay_canary
    rootfs "$T/ctx/root"
    printf '%s\n' "$LOOK" >look.sh
    printf 'FROM scratch\nCOPY root look.sh /\nENV PATH=/bin\nARG D\nWORKDIR $D\nRUN ["/bin/sh", "/look.sh"]\n' >Dockerfile
    chmod -R a+rX "$T/ctx"
    # An old kernel itself is slow where it is emulated: there the sandbox's own test of
    # it has all directories, and this one some.
    local ways=(fsopen=ENOSYS linux-6.1 'since-5.6=EPERM mounts=EPERM') each=3
    [ -z "${COOPER_TEST_KERNEL:-}" ] || ways=('') each=4
    for user in root "$ids" "$single"; do
        first=1
        for rules in "${ways[@]}"; do
            # shellcheck disable=SC2086
            run as "$user" ${rules:+"$REFUSE" $rules --} "$BASH" -c "$BUILDS" builds "$COOPER" "$T/ctx" \
                < <(directories | sed -n "$first~${each}p")
            echo "$user, $rules: $output"
            [ "$output" = "" ]
            first=$((first + 1))
        done
    done
    outside_is_untouched
}

# Builds with each directory of standard input; tells which led out, or failed in another way.
BUILDS='
    while read -r d; do
        said=$("$1" build -q --no-cache --build-arg "D=$d" "$2" 2>&1 </dev/null)
        status=$?
        case $status in 0 | 5 | 10) ;; *) echo "$d: status $status: $said" ;; esac
        [[ "$said" != *"canary in"* ]] || echo "$d leads out"
    done'
