#!/usr/bin/env bats
# Names in a Dockerfile, an image or an archive lead nowhere but where they belong.
load helpers
load walls

# status MOUNT: of a step with that mount, which looks around.
mount_status() {
    printf 'FROM walls\nRUN --mount=%s cat /etc/canary /x/canary /out/canary /x/outside/canary 2>/dev/null; true\n' "$1" >Dockerfile
    timeout 60 "$COOPER" build --progress=plain --no-cache --isolation="$2" . >"$T/log" 2>&1 && status=0 || status=$?
    ! grep -q cooper-canary "$T/log" || { echo "$1: reads what is outside"; false; }
}

MOUNTS=(
    'tmpfs,target=/proc' 'tmpfs,target=/dev' 'tmpfs,target=/sys' 'tmpfs,target=/etc'
    'tmpfs,target=/etc/hosts' 'cache,target=/proc/self/fd/5' 'cache,target=/proc/1/cwd/x'
    'cache,target=/fds/12/x' 'cache,target=/cwd' 'cache,target=/cwd/../x' 'cache,target=/out'
    'cache,target=/out/new' 'cache,target=/absolute/new' 'cache,target=/inside'
    'cache,target=../../../x' 'cache,target=/a/../../../x' 'cache,target=/x,id=../../x'
    'cache,target=/x,id=/' 'cache,target=/x,id=..' 'cache,target=/x,id=.'
    'bind,target=/dev' 'bind,target=/proc' 'bind,target=/x,source=../..'
    'bind,target=/x,source=/proc/self/root' 'bind,target=/x,from=walls,source=/out'
    'bind,target=/x,from=walls,source=/absolute' 'bind,target=/x,from=walls,source=/cwd'
    'bind,target=/x,from=walls,source=/fds' 'bind,target=/x,from=walls,source=../../..'
    'bind,target=/x,source=link-out' 'bind,target=/x,source=link-up'
    'cache,target=/x,from=walls,source=/absolute' 'secret,id=../outside/canary,target=/x/canary'
    'secret,id=/,target=/proc/self/fd/5' 'secret,id=..,target=/etc/x' 'ssh,id=../x'
)

@test "no mount leads out of the root, the context or an image, in any engine" {
    lay_canary
    rootfs "$T/ctx/root"
    ln -s "$T/outside" link-out
    ln -s ../outside link-up
    printf 'FROM scratch\nCOPY root /\nENV PATH=/bin\n' | "$COOPER" build -q -t walls -f - .
    for engine in ns chroot; do
        "$COOPER" doctor | grep -q "^ok  .*$engine" || [ "$engine" = ns ] || continue
        for mount in "${MOUNTS[@]}"; do
            mount_status "type=$mount" "$engine"
            echo "$engine $mount: $status"
            case $status in 0 | 3 | 4 | 5 | 10) ;; *) cat "$T/log"; false ;; esac
        done
        for mount in 'cache,target=/' 'bind,target=/' 'tmpfs,target=//' 'tmpfs,target=/x/..'; do
            mount_status "type=$mount" "$engine"
            [ "$status" -eq 3 ]
        done
        for mount in 'cache,target=/proc/self/fd/5' 'cache,target=/fds/12/x' 'cache,target=/cwd'; do
            mount_status "type=$mount" "$engine"
            [ "$engine" = chroot ] || { [ "$status" -ne 0 ] && grep -q 'symbolic links' "$T/log"; }
        done
    done
    outside_is_untouched
}

# Two stages with one cache: the first swaps a directory for a link out of it, the second
# has a mount below that directory.
@test "a mount target that meanwhile becomes a link leads nowhere else" {
    lay_canary
    rootfs "$T/ctx/root"
    printf 'FROM scratch\nCOPY root /\nENV PATH=/bin\n' | "$COOPER" build -q -t walls -f - .
    cat >Dockerfile <<END
FROM walls AS swaps
RUN --mount=type=cache,target=/c for i in \$(seq 400); do mkdir -p /c/d; mv /c/d /c/e; ln -s ../../../../../../../../..$T/outside /c/d; rm /c/d; rm -rf /c/e; done
FROM walls AS mounts
END
    for i in 1 2 3 4 5 6 7 8 9; do
        echo "RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/c/d/made-$i --mount=type=bind,source=root/etc,target=/c/d/x/$i : $i" >>Dockerfile
    done
    printf 'FROM scratch\nCOPY --from=swaps /etc /a\nCOPY --from=mounts /etc /b\n' >>Dockerfile
    for rules in '' openat2=ENOSYS 'since-5.6=EPERM mounts=EPERM'; do
        for i in 1 2 3; do
            # A step may find the directory gone: it fails then.
            # shellcheck disable=SC2086
            ${rules:+"$REFUSE" $rules --} timeout 120 "$COOPER" build -q --no-cache . >"$T/log" 2>&1 ||
                [ $? -ne 124 ]
            outside_is_untouched
        done
    done
}

@test "three thousand nested directories end a step and nothing else" {
    rootfs "$T/ctx/root"
    cat >"$T/deep.c" <<'END'
#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 3000; i++)
		if (mkdir("d", 0755) < 0 || chdir("d") < 0)
			return 1;
	return 0;
}
END
    cc -static -o root/deep "$T/deep.c"
    printf 'FROM scratch AS base\nCOPY root /\nENV PATH=/bin\n' >Dockerfile
    printf 'FROM base AS deep\nWORKDIR /tmp\nRUN ["/deep"]\nFROM base AS fine\nRUN : >/fine\n' >>Dockerfile
    for engine in ns chroot; do
        "$COOPER" build -q --isolation=$engine --target fine . || { [ $engine = chroot ] && continue; }
        run "$COOPER" build --progress=plain --isolation=$engine --target deep .
        echo "$output"
        [ "$status" -eq 4 ]
        [[ "$output" == *"/tmp/d/d/d/"*"more than the 4095 that the path of a file may have"* ]]
        "$COOPER" prune -a -f >/dev/null
        [ -z "$(ls "$COOPER_ROOT/layers" "$COOPER_ROOT/tmp" | grep -v :)" ]
    done
    # As a context, and in one that is an archive.
    mkdir "$T/nested"
    (cd "$T/nested" && "$T/ctx/root/deep")
    echo 'FROM scratch' | cat - <(echo 'COPY . /') >"$T/nested/Dockerfile"
    run "$COOPER" build -q "$T/nested"
    [ "$status" -eq 4 ]
    [[ "$output" == *"more than the 4095"* ]]
    tar -C "$T/nested" -cf "$T/nested.tar" . 2>/dev/null
    run "$COOPER" build -q - <"$T/nested.tar"
    echo "$output"
    [ "$status" -eq 9 ]
}

@test "no step, of any user, can execute the program that runs it" {
    need_root
    rootfs "$T/ctx/root"
    printf '#!/proc/self/exe\n' >root/script
    chmod 755 root/script
    printf 'FROM scratch\nCOPY root /\nARG P\nRUN ["/bin/ls", "-l", "/proc/self/exe"]\n' >Dockerfile.base
    for program in /proc/self/exe /script; do
        { cat Dockerfile.base; echo "RUN [\"$program\", \"version\"]"; } >"Dockerfile.${program##*/}"
    done
    chmod -R a+rX "$T/ctx"
    for user in root "$ids" "$single"; do
        for program in exe script; do
            run as "$user" "$COOPER" build --progress=plain -f "$T/ctx/Dockerfile.$program" "$T/ctx"
            echo "$user $program: $output"
            [ "$status" -eq 5 ]
            [[ "$output" == *"exec format error"* ]]
        done
    done
}

@test "scripts of packages replace the nodes of /dev, and open no others" {
    need_root
    rootfs "$T/ctx/root"
    cat >changes <<'END'
rm /dev/null && busybox mknod -m 666 /dev/null c 1 3 && echo x >/dev/null
(busybox sleep 0.1; busybox mknod -m 666 /dev/sda b 8 0; ! cat /dev/sda 2>/tmp/why; busybox grep denied /tmp/why) &
mkdir -p /dev/net /rootfs/dev && busybox mknod -m 666 /dev/net/tun c 10 200 && ! cat /dev/net/tun
wait && rm /tmp/why && echo x >/dev/null && busybox head -c 1 /dev/zero | busybox wc -c
busybox mknod /rootfs/dev/sda b 8 0 && ! cat /rootfs/dev/sda && ! cat /dev/sda && echo all-done
END
    printf 'FROM scratch\nCOPY root /\nENV PATH=/bin\nRUN --mount=type=bind,source=changes,target=/changes sh -e /changes\n' >Dockerfile
    build .
    [ "$status" -eq 0 ] && [[ $output == *all-done* ]]
    "$COOPER" build -q -o "type=tar,dest=$T/rootfs.tar" .
    tar -tvf "$T/rootfs.tar" >"$T/list"
    cat "$T/list"
    grep -q '^b.* 8,0 .* rootfs/dev/sda$' "$T/list"
    ! grep -E ' (dev/(null|sda|net)|tmp/why)' "$T/list"
    # In a container that has all rights.
    run unshare --mount --pid --fork --mount-proc "$COOPER" build --progress=plain --no-cache .
    echo "$output"
    [ "$status" -eq 0 ] && [[ $output == *all-done* ]]
}

@test "where a filter cannot ask, nodes of /dev stay, and no others can be opened" {
    need_root
    rootfs "$T/ctx/root"
    cat >Dockerfile <<'END'
FROM scratch
COPY root /
ENV PATH=/bin
RUN ! rm /dev/null 2>/tmp/why && busybox grep busy /tmp/why && busybox mknod -m 666 /dev/sda b 8 0 && \
    ! cat /dev/sda 2>/tmp/why && busybox grep denied /tmp/why && echo x >/dev/null && echo all-done
END
    for rules in 'seccomp.1&0x8=EINVAL' 'seccomp.1&0x8=EPERM' mounts=ENOSYS mounts=EPERM mount_setattr=ENOSYS; do
        run "$REFUSE" "$rules" -- "$COOPER" build --progress=plain --no-cache .
        echo "$rules: $output"
        [ "$status" -eq 0 ] && [[ $output == *all-done* ]]
    done
}

@test "names in images lead to no file of the machine" {
    lay_canary
    printf 'FROM scratch\nLABEL a=b\n' >Dockerfile
    "$COOPER" build -q -t fine .
    for name in ../../x a/../../b:1 refs/../../x refs/.. x:a/../b x/. x//y /abs "x:../y" "x@sha256:../.." .. ' ' $'x\n:1' "x:$(printf 't%.0s' {1..200})"; do
        for command in 'tag fine' 'rmi' 'inspect' 'pull --offline' push 'build -q . -t' 'build -q . --cache-from' \
            'build -q . --cache-to'; do
            # shellcheck disable=SC2086
            run "$COOPER" $command "$name"
            echo "$command $name: $status: $output"
            [ "$status" -eq 2 ]
        done
        [[ $name != *[,$' \n']* ]] || continue
        for command in 'type=image,name=' "type=oci,dest=$T/layout,tar=false,name=" "type=oci,dest=$T/oci.tar,name="; do
            run "$COOPER" build -q . -o "$command$name"
            echo "$command$name: $status: $output"
            [ "$status" -eq 2 ]
        done
        for line in "FROM $name" "FROM scratch"$'\n'"COPY --from=$name /x /"; do
            run "$COOPER" build -q --offline -f - . <<<"$line"
            echo "$line: $status: $output"
            [ "$status" -eq 3 ]
        done
        run "$COOPER" build -q --offline --build-context "n=docker-image://$name" -f - . <<<"FROM n"
        echo "context $name: $status: $output"
        [ "$status" -ne 0 ] && [ "$status" -lt 11 ]
    done
    [ ! -e "$T/oci.tar" ] && [ ! -e "$T/x" ]
    # Tags of a layout are looked for in its index.
    "$COOPER" build -q . -t x:1 -o "type=oci,dest=$T/layout,tar=false"
    for name in :../../outside/canary @sha256:../../outside/canary /../outside :/etc/passwd "/../layout:.."; do
        run "$COOPER" build -q --build-context "n=oci-layout://$T/layout$name" -f - . <<<"FROM n"
        echo "layout $name: $status: $output"
        [ "$status" -eq 4 ] && [[ "$output" != *cooper-canary* ]]
    done
    outside_is_untouched
}
