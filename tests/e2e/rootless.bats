#!/usr/bin/env bats
# Builds of a normal user: with a range of subordinate ids, and with one id only.
load helpers
load rootless

# A context that every user can read, and the base image in USER's store.
prepare() {
    local who=$1
    mkdir -p "$T/base/root/bin" "$T/base/root/etc" "$T/base/root/tmp"
    cp "$(command -v busybox)" "$T/base/root/bin/busybox"
    for name in sh cat echo mkdir chown chmod id ls ln rm stat touch su true sleep; do
        ln -sf busybox "$T/base/root/bin/$name"
    done
    chmod 1777 "$T/base/root/tmp"
    printf 'root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n' >"$T/base/root/etc/passwd"
    printf 'root:x:0:\napp:x:1000:\n' >"$T/base/root/etc/group"
    printf 'FROM scratch\nCOPY root /\nENV PATH=/bin\n' >"$T/base/Dockerfile"
    chmod -R a+rX "$T/base"
    as "$who" "$COOPER" build -q -t busybox:1 "$T/base"
}

cat_dockerfile() {
    cat >"$T/ctx/Dockerfile" <<'EOF'
FROM busybox:1
RUN mkdir /d && echo one > /d/one && chown 12:34 /d/one && chmod 4755 /d/one && ln /d/one /d/two
RUN rm -rf /d && mkdir /d && echo new > /d/new && chown -R app:app /d
USER app
RUN id -u > /tmp/uid && ls -ln /d
WORKDIR /home/app
EOF
    chmod -R a+rX "$T"
}

@test "a user with subordinate ids builds what root builds, digest for digest" {
    need_root
    export SOURCE_DATE_EPOCH=1700000000
    prepare "$user"
    "$COOPER" build -q -t busybox:1 "$T/base"
    cat_dockerfile
    build -t app:1 --digest-file "$T/root.digest" "$T/ctx"
    [ "$status" -eq 0 ]
    run as "$user" "$COOPER" build --progress=plain -t app:1 --digest-file "/home/$user/digest" "$T/ctx"
    echo "$output"
    [ "$status" -eq 0 ]
    cat "$T/root.digest" "/home/$user/digest"
    cmp "$T/root.digest" "/home/$user/digest"
}

# Files come and go in 470 layers; the steps behind them see what is left.
deep_dockerfile() {
    {
        printf 'FROM busybox:1\nRUN mkdir -p /d/sub && chown app:app /d && ln -s one /d/link\n'
        for i in $(seq 470); do printf 'COPY f /d/f%d\n' "$i"; done
        printf 'RUN rm /d/f7 && rm -r /d/sub && echo changed > /d/f8\n'
        printf 'RUN ls /d | tr "\\n" " " | md5sum && cat /d/f8 /d/f9 /d/f470 && ls -ldn /d /d/link /tmp && ls /d > /seen\n'
    } >"$T/ctx/Dockerfile"
    echo same >"$T/ctx/f"
    ln -sf busybox "$T/base/root/bin/tr"
    ln -sf busybox "$T/base/root/bin/md5sum"
    chmod -R a+rX "$T"
}

@test "a step may have more lower layers than overlayfs takes, for every kind of user" {
    need_root
    export SOURCE_DATE_EPOCH=1700000000
    prepare "$user"
    deep_dockerfile
    "$COOPER" build -q -t busybox:1 "$T/base"
    as "$user" "$COOPER" build -q -t busybox:1 "$T/base"
    as "$single" "$COOPER" build -q -t busybox:1 "$T/base"
    build -t deep:1 --digest-file "$T/root.digest" "$T/ctx"
    [ "$status" -eq 0 ]
    [[ $output == *changed*same*same*1000*1000*/d* ]]
    [[ $output == *"drwxrwxrwt"*" 0 "*" 0 "*/tmp* ]]
    seen=$(cat_of deep:1 seen)
    [[ $seen != *f7$'\n'* && $seen != *sub* && $seen == *f470* && $seen == *link* ]]
    for who in "$user" "$single"; do
        run as "$who" "$COOPER" build --progress=plain -t deep:1 --digest-file "/home/$who/digest" "$T/ctx"
        echo "$output"
        [ "$status" -eq 0 ]
        [ "$(cat "/home/$who/digest")" = "$(cat "$T/root.digest")" ]
    done
    build --isolation=chroot --no-cache -t deep:2 --digest-file "$T/chroot.digest" "$T/ctx"
    [ "$status" -eq 0 ]
    [ "$(cat "$T/chroot.digest")" = "$(cat "$T/root.digest")" ]
}

# The same layers again and again: at once, later, empty, independent, in other stages.
repeating_dockerfile() {
    cat >"$T/ctx/Dockerfile" <<'EOF'
FROM busybox:1 AS base
COPY f /f
RUN rm /f
COPY f /f
RUN cat /f && rm /f
WORKDIR /w
RUN rm -r /w
WORKDIR /w
COPY --link f /f
COPY --link f /f
COPY --chmod=600 f /g
COPY f /g
COPY --chmod=600 f /g
RUN true
RUN cat /f && stat -c %a /g && rm /f /g
FROM base AS again
COPY f /f
COPY --chmod=600 f /g
RUN cat /f && rm /f
FROM busybox:1
COPY --from=again /g /copied
COPY f /f
RUN rm /f
COPY --from=base --chown=1:2 / /all
RUN rm -r /all
COPY --from=base --chown=1:2 / /all
COPY f /f
RUN --mount=from=again,target=/m ls /m >/list && cat /m/g /f /copied && stat -c %u:%g /all/w
EOF
    echo same >"$T/ctx/f"
    chmod -R a+rX "$T"
}

@test "a layer may be repeated many times, for every kind of user and in every engine" {
    need_root
    export SOURCE_DATE_EPOCH=1700000000
    prepare "$user"
    repeating_dockerfile
    "$COOPER" build -q -t busybox:1 "$T/base"
    as "$single" "$COOPER" build -q -t busybox:1 "$T/base"
    build -t twice:1 --digest-file "$T/root.digest" "$T/ctx"
    [ "$status" -eq 0 ]
    [[ $output == *same*same*600*same*same*same*same*1:2* ]]
    seen=$(cat_of twice:1 list)
    [[ $seen == *$'\n'g$'\n'* && $seen != *$'\n'f$'\n'* && $seen == *$'\n'w ]]
    for who in "$user" "$single"; do
        run as "$who" "$COOPER" build --progress=plain -t twice:1 --digest-file "/home/$who/digest" "$T/ctx"
        echo "$output"
        [ "$status" -eq 0 ]
        [ "$(cat "/home/$who/digest")" = "$(cat "$T/root.digest")" ]
    done
    build --isolation=chroot --no-cache -t twice:2 --digest-file "$T/chroot.digest" "$T/ctx"
    [ "$status" -eq 0 ]
    [ "$(cat "$T/chroot.digest")" = "$(cat "$T/root.digest")" ]
    mkdir -p "$T/over"/{lower,upper,work,merged}
    mount -t overlay overlay -o \
        "lowerdir=$T/over/lower,upperdir=$T/over/upper,workdir=$T/over/work" "$T/over/merged"
    export COOPER_ROOT=$T/over/merged/store
    "$COOPER" build -q -t busybox:1 "$T/base"
    build -t twice:1 --digest-file "$T/plain.digest" "$T/ctx"
    umount -l "$T/over/merged"
    [ "$status" -eq 0 ]
    [[ $output == *"copies of the layers"* ]]
    [ "$(cat "$T/plain.digest")" = "$(cat "$T/root.digest")" ]
}

@test "a user with a single id builds, and is warned" {
    need_root
    prepare "$single"
    printf 'FROM busybox:1\nRUN echo hello > /file\n' >"$T/ctx/Dockerfile"
    chmod -R a+rX "$T"
    run as "$single" "$COOPER" build --progress=plain -t app:1 "$T/ctx"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"only one user id"* ]]
}

@test "the user's prune removes directories of mapped ids" {
    need_root
    prepare "$user"
    cat_dockerfile
    as "$user" "$COOPER" build -q -t app:2 "$T/ctx"
    as "$user" "$COOPER" rmi app:1 app:2 busybox:1 || as "$user" "$COOPER" rmi app:2 busybox:1
    run as "$user" "$COOPER" prune --all
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(find "/home/$user/.local/share/cooper/layers" -mindepth 1 -maxdepth 1 | wc -l)" -eq 0 ]
}
