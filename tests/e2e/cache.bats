#!/usr/bin/env bats
# What is in a step's key, and what is not: a table of changes.
load helpers
load keys

@test "every change to a context's files is a miss" {
    rows_begin
    local copy='COPY . /dst/'
    row runs 'content, same size' "$copy" 'echo a >f' 'echo b >f'
    row runs 'content, same size and time' "$copy" 'echo a >f' 'touch -r f ../t; echo b >f; touch -r ../t f'
    row runs 'content, by a new file' "$copy" 'echo a >f' 'echo b >g; touch -r f g; mv g f'
    row runs 'content, longer' "$copy" 'echo a >f' 'echo a >>f'
    row runs 'content is gone' "$copy" 'echo a >f' ': >f'
    row runs 'a byte 0 at the end' "$copy" 'printf a >f' 'printf "a\\0" >f'
    row runs 'content moves to the next file' "$copy" 'printf ab >f; printf c >g' 'printf a >f; printf bc >g'
    row runs 'two files are exchanged' "$copy" 'echo a >f; echo b >g' 'mv f h; mv g f; mv h g'
    row runs 'a new file' "$copy" 'mkdir d; echo a >d/f' 'echo a >d/g'
    row runs 'a new empty file' "$copy" 'echo a >f' ': >g'
    row runs 'a new empty directory' "$copy" 'echo a >f' 'mkdir d'
    row runs 'a file is gone' "$copy" 'echo a >f; echo b >g' 'rm g'
    row runs 'an empty directory is gone' "$copy" 'echo a >f; mkdir d' 'rmdir d'
    row runs 'a file has another name' "$copy" 'echo a >f' 'mv f g'
    row runs 'a name in capitals' "$copy" 'echo a >f' 'mv f F'
    row runs 'a directory has another name' "$copy" 'mkdir d; echo a >d/f' 'mv d e'
    row runs 'a file moves up' "$copy" 'mkdir d; echo a >d/f' 'mv d/f .'
    row runs 'a name with a line feed' "$copy" 'echo a >f; echo a >g' 'rm f g; echo a >"f
g"'
    row runs 'a name that is no UTF-8' "$copy" 'echo a >"$(printf "\\377")"' 'mv "$(printf "\\377")" "$(printf "\\376")"'
    row runs 'mode of a file' "$copy" 'echo a >f; chmod 644 f' 'chmod 755 f'
    row runs 'set-uid bit' "$copy" 'echo a >f; chmod 755 f' 'chmod 4755 f'
    row runs 'mode of a directory' "$copy" 'mkdir -m 755 d; echo a >d/f' 'chmod 700 d'
    row runs 'sticky bit of a directory' "$copy" 'mkdir -m 777 d; echo a >d/f' 'chmod 1777 d'
    row runs 'target of a link' "$copy" 'echo a >f; ln -s f l' 'ln -sfn g l'
    row runs 'a dangling link is another one' "$copy" 'ln -s x l' 'ln -sfn y l'
    row runs 'a link becomes a file' "$copy" 'echo a >f; ln -s f l' 'rm l; echo a >l'
    row runs 'a file becomes a directory' "$copy" 'echo a >f' 'rm f; mkdir f'
    row runs 'an ignored file is not any more' "$copy" 'echo a >f; echo g >g; echo g >>.dockerignore' 'sed -i /g/d .dockerignore'
    row runs 'a file is ignored from now on' "$copy" 'echo a >f; echo g >g' 'echo g >>.dockerignore'
    row runs 'a pattern matches more' 'COPY *.c /dst/' 'echo a >a.c' 'echo b >b.c'
    row runs 'a file that a bind mount shows' 'RUN --mount=target=/m cat /m/f' 'echo a >f' 'echo b >f'
    row runs 'a file of a named context' 'COPY --from=more f /' 'mkdir $T/more; echo a >$T/more/f' 'echo b >$T/more/f' --build-context "more=$T/more"
    row runs 'an archive that ADD unpacks' 'ADD a.tar /' 'echo a >f; tar cf a.tar f' 'echo b >f; tar cf a.tar f'
    rows_end 33
}

@test "every change of an instruction's words is a miss" {
    rows_begin
    row runs 'destination' 'COPY f /a' 'echo a >f' 'edit /a /b'
    row runs 'destination in a directory' 'COPY f /a' 'echo a >f' 'edit "/a" "/a/"'
    row runs 'another source, same content' 'COPY f /d/' 'echo a >f; echo a >g' 'edit "COPY f" "COPY g"'
    row runs 'one source more' 'COPY f /d/' 'echo a >f; echo b >g' 'edit "COPY f" "COPY f g"'
    row runs 'owner' 'COPY --chown=1 f /' 'echo a >f' 'edit =1 =2'
    row runs 'group' 'COPY --chown=1:1 f /' 'echo a >f' 'edit 1:1 1:2'
    row runs 'owner by name' 'COPY --chown=app f /' 'echo a >f' 'edit app daemon'
    row runs 'no owner' 'COPY --chown=1 f /' 'echo a >f' 'edit "--chown=1 " ""'
    row runs 'mode' 'COPY --chmod=600 f /' 'echo a >f' 'edit 600 640'
    row runs 'symbolic mode' 'COPY --chmod=u+x f /' 'echo a >f' 'edit u+x g+x'
    row runs '--link' 'COPY f /' 'echo a >f' 'edit COPY "COPY --link"'
    row runs '--parents' 'COPY d/f /' 'mkdir d; echo a >d/f' 'edit COPY "COPY --parents"'
    row runs '--exclude' 'COPY --exclude=g . /' 'echo a >f; echo a >g' 'edit exclude=g exclude=f'
    row runs 'ADD for COPY' 'COPY a.tar /' 'echo a >f; tar cf a.tar f' 'edit COPY ADD'
    row runs '--unpack' 'ADD a.tar /' 'echo a >f; tar cf a.tar f' 'edit ADD "ADD --unpack=false"'
    row runs 'body of a file' 'COPY <<E /f\none\nE' '' 'edit one two'
    row runs 'a variable in the body of a file' 'ARG V=1\nCOPY <<E /f\n$V\nE' '' 'edit V=1 V=2'
    row runs 'a body that is not expanded any more' 'ARG V=1\nCOPY <<E /f\n$V\nE' '' 'edit "<<E" "<<\"E\""'
    row runs 'tabs of a body' 'COPY <<E /f\n\tone\nE' '' 'edit "<<E" "<<-E"'
    row runs 'command' 'RUN echo one' '' 'edit one two'
    row runs 'a blank in a command' 'RUN echo "a b"' '' 'edit "a b" "a  b"'
    row runs 'words of a command' 'RUN ["echo", "a b", "c"]' '' "edit '\"a b\", \"c\"' '\"a\", \"b c\"'"
    row runs 'a shell no more' 'RUN true' '' "edit 'RUN true' 'RUN [\"true\"]'"
    row runs 'script' 'RUN <<E\necho one\nE' '' 'edit one two'
    row runs 'program of a script' 'RUN <<E\n#!/bin/sh\necho one\nE' '' 'edit "#!/bin/sh" "#!/bin/sh -e"'
    row runs 'shell' 'SHELL ["/bin/sh", "-c"]\nRUN true' '' 'edit "\"-c\"" "\"-ec\""'
    row runs 'user' 'USER app\nRUN true' '' 'edit app daemon'
    row runs 'group of the user' 'USER 1000:1000\nRUN true' '' 'edit 1000:1000 1000:2000'
    row runs 'working directory' 'WORKDIR /a\nRUN true' '' 'edit /a /b'
    row runs 'owner of a working directory' 'USER app\nWORKDIR /a' '' 'edit app daemon'
    row runs 'path of a working directory' 'WORKDIR /a' '' 'edit /a /b'
    row runs 'network' 'RUN true' '' 'edit RUN "RUN --network=none"'
    row runs 'where a mount is' 'RUN --mount=type=tmpfs,target=/a true' '' 'edit /a /b'
    row runs 'kind of a mount' 'RUN --mount=type=tmpfs,target=/a true' '' 'edit tmpfs cache'
    row runs 'size of a mount' 'RUN --mount=type=tmpfs,target=/a,size=1m true' '' 'edit 1m 2m'
    row runs 'id of a secret' 'RUN --mount=type=secret,id=a true' '' 'edit id=a id=b'
    row runs 'a mount more' 'RUN true' '' 'edit RUN "RUN --mount=type=tmpfs,target=/t"'
    row runs 'name of a host' 'RUN true' '' 'AFTER=(--add-host h:127.0.0.9)'
    row runs 'hostname' 'RUN true' '' 'AFTER=(--build-arg BUILDKIT_SANDBOX_HOSTNAME=h)'
    row runs 'a limit' 'RUN true' '' 'AFTER=(--ulimit nofile=512)'
    row runs 'another limit' 'RUN true' '' 'AFTER=(--ulimit nofile=256)' --ulimit nofile=512
    row runs 'the hard one of a limit' 'RUN true' '' 'AFTER=(--ulimit nofile=256:512)' --ulimit nofile=256:1024
    row runs 'kind of a limit' 'RUN true' '' 'AFTER=(--ulimit stack=1000000)' --ulimit core=1000000
    row runs 'size of shared memory' 'RUN true' '' 'AFTER=(--shm-size 1m)'
    row runs 'another size of shared memory' 'RUN true' '' 'AFTER=(--shm-size 1m)' --shm-size 2m
    row runs 'network of all steps' 'RUN true' '' 'AFTER=(--network none)'
    row runs 'security' 'RUN true' '' 'edit RUN "RUN --security=insecure"' --allow security.insecure
    row runs 'mode of a secret' 'RUN --mount=type=secret,id=a true' '' 'edit id=a id=a,mode=444'
    row runs 'a secret that is a variable' 'RUN --mount=type=secret,id=a true' '' 'edit id=a id=a,env=A'
    row runs 'where an agent is' 'RUN --mount=type=ssh true' '' 'edit type=ssh type=ssh,target=/s'
    row runs 'a mount that may be written to' 'RUN --mount=type=bind,target=/c true' 'echo a >f' 'edit target=/c target=/c,rw'
    row runs 'id of a cache mount' 'RUN --mount=type=cache,id=a,target=/c true' '' 'edit id=a id=b'
    row runs 'owner of a cache mount' 'RUN --mount=type=cache,target=/c,uid=1 stat -c %u /c' '' 'edit uid=1 uid=2'
    row runs 'group of a cache mount' 'RUN --mount=type=cache,target=/c,gid=1 stat -c %g /c' '' 'edit gid=1 gid=2'
    row runs 'mode of a cache mount' 'RUN --mount=type=cache,target=/c,mode=700 stat -c %a /c' '' 'edit 700 755'
    row runs 'a space of names for cache mounts' 'RUN --mount=type=cache,target=/c true' '' 'AFTER=(--build-arg BUILDKIT_CACHE_MOUNT_NS=n)'
    row runs 'what a cache mount begins with' 'FROM scratch AS s\nCOPY f /\nFROM busybox:1\nRUN --mount=type=cache,from=s,target=/c true' 'echo a >f' 'echo b >f'
    row runs 'where in it' 'FROM scratch AS s\nCOPY f /\nCOPY f /d/\nFROM busybox:1\nRUN --mount=type=cache,from=s,source=/d,target=/c true' 'echo a >f' 'edit ,source=/d ""'
    row runs 'time that later ones become' 'COPY f /' 'echo a >f' 'AFTER=(--source-date-epoch 5)'
    rows_end 59
}

@test "every change of a variable's value is a miss where it is used" {
    rows_begin
    row runs 'ENV' 'ENV V=1\nRUN true' '' 'edit V=1 V=2'
    row runs 'ENV without a value' 'ENV V=1\nRUN true' '' 'edit V=1 V='
    row runs 'name of a variable' 'ENV V=1\nRUN true' '' 'edit V=1 W=1'
    row runs 'a variable more' 'ENV V=1\nRUN true' '' 'edit V=1 "V=1 W=1"'
    row runs 'name and value exchange a byte' 'ENV AB=C\nRUN true' '' 'edit AB=C A=BC'
    row runs 'a variable out of another' 'ENV V=1\nENV W=$V\nENV V=0\nRUN true' '' 'edit V=1 V=2'
    row runs 'default of ARG' 'ARG V=1\nRUN true' '' 'edit V=1 V=2'
    row runs 'build argument' 'ARG V\nRUN true' '' 'AFTER=(--build-arg V=2)' --build-arg V=1
    row runs 'ARG before FROM' 'ARG V=1\nFROM busybox:1\nARG V\nRUN : global' '' 'edit V=1 V=2'
    row runs 'ARG in a destination' 'ARG V=1\nCOPY f /$V' 'echo a >f' 'edit V=1 V=2'
    row runs 'ENV in a destination' 'ENV V=1\nCOPY f /$V' 'echo a >f' 'edit V=1 V=2'
    row runs 'ARG in an owner' 'ARG V=1\nCOPY --chown=$V f /' 'echo a >f' 'edit V=1 V=2'
    row runs 'ARG in a mode' 'ARG V=600\nCOPY --chmod=$V f /' 'echo a >f' 'edit V=600 V=640'
    row runs 'ARG in a working directory' 'ARG V=1\nWORKDIR /$V' '' 'edit V=1 V=2'
    row runs 'ARG in a user' 'ARG V=1\nUSER $V\nRUN true' '' 'edit V=1 V=2'
    row runs 'ARG in a mount' 'ARG V=1\nRUN --mount=type=tmpfs,target=/$V true' '' 'edit V=1 V=2'
    row stays 'ARG after its use' 'RUN true\nARG V=1' '' 'edit V=1 V=2'
    row stays 'ARG that COPY does not use' 'ARG V=1\nCOPY f /' 'echo a >f' 'edit V=1 V=2'
    row stays 'another way to write the same' 'ENV V=1\nRUN true' '' "edit V=1 'V=\"1\"'"
    row stays 'a default that is overridden' 'ARG V=1\nRUN true' '' 'edit V=1 V=3' --build-arg V=2
    row stays 'address of a host' 'RUN true' '' 'AFTER=(--add-host h:127.0.0.8)' --add-host h:127.0.0.9
    row stays 'memory and processes that a step may have' 'RUN true' '' 'AFTER=(--memory 1g --pids-limit 500)'
    row stays 'sharing of a cache mount' 'RUN --mount=type=cache,id=a,target=/c true' '' 'edit id=a id=a,sharing=locked'
    row stays 'a proxy' 'RUN true' '' 'AFTER=(--build-arg HTTP_PROXY=http://127.0.0.1:2)' --build-arg HTTP_PROXY=http://127.0.0.1:1
    rows_end 24
}

@test "another base is a miss, another name of the same base is a hit" {
    rows_begin
    local step='FROM base:1\nRUN true'
    row runs 'a file of the base' "$step; : 1" 'rebase "RUN echo 1 >/f"' 'rebase "RUN echo 2 >/f"'
    row runs 'owner of a file of the base' "$step; : 2" 'rebase "RUN chown 1 /etc/group"' 'rebase "RUN chown 2 /etc/group"'
    row runs 'a layer more' "$step; : 3" 'rebase "RUN echo 1 >/f"' 'rebase "RUN echo 1 >/f\nRUN : >/g"'
    row runs 'environment of the base' "$step; : 4" 'rebase "ENV V=1"' 'rebase "ENV V=2"'
    row runs 'user of the base' "$step; : 5" 'rebase "USER 1"' 'rebase "USER 2"'
    row runs 'shell of the base' "$step; : 6" 'rebase "SHELL [\"/bin/sh\",\"-c\"]"' 'rebase "SHELL [\"/bin/sh\",\"-ec\"]"'
    row runs 'directory of the base' "$step; : 7" 'rebase "WORKDIR /etc"' 'rebase "WORKDIR /bin"'
    row runs 'trigger of the base' 'FROM base:1' 'rebase "ONBUILD RUN echo 1"' 'rebase "ONBUILD RUN echo 2"'
    row runs 'a stage below' 'RUN echo 1\nRUN true' '' 'edit "echo 1" "echo 2 >/f"'
    row runs 'a file of another stage' 'FROM busybox:1 AS a\nRUN echo 1 >/f\nFROM busybox:1\nCOPY --from=a /f /row-s' '' 'edit "echo 1" "echo 2"'
    row runs 'owner of a file of another stage' 'FROM busybox:1 AS a\nRUN echo 1 >/o; chown 1 /o\nFROM busybox:1\nCOPY --from=a /o /row-o' '' 'edit "chown 1" "chown 2"'
    row runs 'another image to copy from' 'COPY --from=base:1 /f /' 'rebase "RUN echo 1 >/f"' 'rebase "RUN echo 3 >/f"'
    row runs 'a stage that a mount shows' 'FROM busybox:1 AS a\nRUN echo 1 >/f\nFROM busybox:1\nRUN --mount=from=a,target=/m cat /m/f' '' 'edit "echo 1" "echo 2"'
    row stays 'label of the base' "$step; : 8" 'rebase "LABEL a=1"' 'rebase "LABEL a=2"'
    row stays 'another tag' "$step; : 9" 'rebase "RUN echo 1 >/f"' '"$COOPER" tag base:1 other:7; edit base:1 other:7'
    row stays 'the same again' "$step; : 10" 'rebase "RUN echo 1 >/f"' 'rebase "RUN echo 1 >/f"'
    row stays 'another file of another stage' 'FROM busybox:1 AS a\nRUN echo 1 >/f; echo 1 >/g\nFROM busybox:1\nCOPY --from=a /f /row-f\nRUN true' '' 'edit "echo 1 >/g" "echo 2 >/g"'
    rows_end 17
}

@test "a change that no result depends on is a hit" {
    rows_begin
    local copy='COPY . /dst/' step='RUN true'
    row stays 'time of a file' "$copy" 'echo a >f' 'touch -d 2001-01-01 f'
    row stays 'time of a directory' "$copy" 'mkdir d; echo a >d/f' 'touch -d 2001-01-01 d .'
    row stays 'mode there and back' "$copy" 'echo a >f' 'chmod 600 f; chmod 644 f'
    row stays 'same content again' "$copy" 'echo a >f' 'rm f; echo a >f'
    row stays 'order of creation' "$copy" 'for i in $(seq 40); do echo $i >$i; done' 'rm [0-9]*; for i in $(seq 40 -1 1); do echo $i >$i; done'
    row stays 'place of the context' "$copy" 'echo a >f' 'cp -r . ../moved-$ROWS; CTX=$T/moved-$ROWS'
    row stays 'a link to the context' "$copy" 'echo a >f' 'ln -s "$CTX" $T/link; CTX=$T/link'
    row stays 'mask of the builder' "$copy" 'echo a >f' 'umask 077'
    umask 022
    row stays 'an ignored file' "$copy" 'echo a >f; echo i >i; echo i >>.dockerignore' 'echo j >i'
    row stays 'order of what is ignored' "$copy" 'echo a >f; printf "i\nj\n" >>.dockerignore' 'printf "# x\n.docker*\nj\ni\nDockerfile\n" >.dockerignore'
    row stays 'a file beside' 'COPY f /' 'echo a >f; echo a >g' 'echo b >g'
    row stays 'a file that --exclude takes out' 'COPY --exclude=g . /dst/' 'echo a >f; echo a >g' 'echo b >g'
    row stays 'name of a source before its own' 'COPY a/f /' 'mkdir a; echo a >a/f' 'mkdir b; cp a/f b; edit a/f b/f'
    row stays 'a source as ./' 'COPY f /' 'echo a >f' 'edit "COPY f" "COPY ./f"'
    row stays 'comments and blank lines' "# one\n$step" '' 'edit "# one" "# two

"'
    row stays 'capitals of an instruction' "$step" '' 'edit RUN run'
    row stays 'a line that goes on' 'RUN echo a && echo b' '' 'true'
    row stays 'name of the Dockerfile' "$step" '' 'mv Dockerfile other; AFTER=(-f other)'
    row stays 'name of a stage' 'FROM busybox:1 AS a\nRUN : stage' '' 'edit "AS a" "AS b"'
    row stays 'a stage that is not used' 'FROM busybox:1 AS a\nRUN echo 1\nFROM busybox:1\nRUN : unused' '' 'edit "echo 1" "echo 2"'
    row stays 'labels' "LABEL a=1\n$step" '' 'edit a=1 a=2'
    row stays 'ports' "EXPOSE 1\n$step" '' 'edit "EXPOSE 1" "EXPOSE 2"'
    row stays 'command of the image' "CMD a\n$step" '' 'edit "CMD a" "CMD b"'
    row stays 'volumes' "VOLUME /a\n$step" '' 'edit /a /b'
    row stays 'end of a script' 'RUN <<E\necho one\nE' '' 'sed -i "s/^E\$/Z/; s/<<E/<<Z/" Dockerfile'
    row stays 'value of a secret' 'RUN --mount=type=secret,id=s true' 'echo a >../s' 'echo b >../s' --secret "id=s,src=$T/s"
    row stays 'address of a host' "$step" '' 'AFTER=(--add-host h:127.0.0.9)' --add-host h:127.0.0.8
    row stays 'options that do not matter' "$step" '' 'AFTER=(--label a=b --memory 1g -t other:1)'
    rows_end 28
}

@test "another owner of a context's files is a hit" {
    need_root
    rows_begin
    row stays 'owner' 'COPY . /dst/' 'echo a >f' 'chown 1000:1000 f . Dockerfile'
    rows_end 1
}

# Out of a context they are lost with the owner; out of an archive and a stage they are not.
@test "file capabilities are part of the key of the steps that copy them" {
    need_root
    need setcap
    rows_begin
    local pack='tar c --xattrs --xattrs-include=security.capability -f a.tar f'
    local stage='FROM busybox:1 AS a\nADD a.tar /caps/\nFROM busybox:1\nCOPY --from=a /caps /row-caps'
    row stays 'of a context' 'COPY f /' 'cp /bin/busybox f' 'setcap cap_net_raw+ep f'
    row runs 'new in another stage' "$stage" "cp /bin/busybox f; $pack" "setcap cap_net_raw+ep f; $pack"
    row runs 'others in another stage' "$stage" "cp /bin/busybox f; setcap cap_kill+ep f; $pack" "setcap cap_chown+ep f; $pack"
    row runs 'none any more in another stage' "$stage-2" "cp /bin/busybox f; setcap cap_fowner+ep f; $pack" "setcap -r f; $pack"
    rows_end 4
}

@test "a miss names the first thing that differs" {
    rows_begin
    why 'src/a.c changed' 'content' 'COPY src /src' 'mkdir src; echo a >src/a.c; echo b >src/b.c' 'echo c >src/a.c'
    why 'd/g is new' 'a new file' 'COPY . /dst/' 'mkdir d; echo a >d/f' 'echo a >d/g'
    why 'g is gone' 'a file is gone' 'COPY . /dst/' 'echo a >f; echo a >g' 'rm g'
    why 'mode of f was 0644, is 0755' 'mode' 'COPY f /' 'echo a >f; chmod 644 f' 'chmod 755 f'
    why 'link l was to a, is to b' 'link' 'COPY . /dst/' 'ln -s a l' 'ln -sfn b l'
    why 'f is of another type: it was a file, is a directory' 'type' 'COPY . /dst/' 'echo a >f' 'rm f; mkdir f'
    why 'f changed' 'a bind mount' 'RUN --mount=target=/m cat /m/f' 'echo a >f' 'echo b >f'
    why 'the instruction was "RUN echo one"' 'command' 'RUN echo one' '' 'edit one two'
    why 'the instruction is new' 'a step more' 'RUN echo one\nRUN echo two' '' 'edit "RUN echo two" "RUN echo new
RUN echo two"'
    why 'V was "1", is "2"' 'build argument' 'ARG V\nRUN true' '' 'AFTER=(--build-arg V=2)' --build-arg V=1
    why 'V was "1", is "2"' 'ENV' 'ENV V=1\nRUN true' '' 'edit V=1 V=2'
    why 'W is new: "3"' 'ENV more' 'RUN true' '' 'edit "RUN true" "ENV W=3
RUN true"'
    why 'V is gone, was "1"' 'ENV less' 'ENV V=1\nRUN true' '' 'edit "ENV V=1" ""'
    why 'the user was "app", is "daemon"' 'user' 'USER app\nRUN true' '' 'edit app daemon'
    why 'the shell was "/bin/sh", is "/bin/ash"' 'shell' 'SHELL ["/bin/sh", "-c"]\nRUN true' '' 'edit /bin/sh /bin/ash'
    why 'the instruction was "COPY f /a"' 'argument in a destination' 'ARG V=a\nCOPY f /$V' 'echo a >f' 'edit V=a V=b'
    why 'the instruction was "COPY --chown=1 f /"' 'owner' 'COPY --chown=1 f /' 'echo a >f' 'edit =1 =2'
    why "the file's text was \"one\\n\", is \"two\\n\"" 'body of a file' 'COPY <<E /f\none\nE' '' 'edit one two'
    why 'the image it starts from is another one: base:1 is now *, was *' 'base' 'FROM base:1\nRUN : base' 'rebase "RUN echo 1 >/f"' 'rebase "RUN echo 2 >/f"'
    why 'SOURCE_DATE_EPOCH is new: "5"' 'time' 'COPY f /' 'echo a >f' 'AFTER=(--source-date-epoch 5)'
    why 'its result is not in the store: it was removed, as by cooper prune' 'pruned' 'RUN true' '' 'rm -f "$COOPER_ROOT"/steps/*'
    rows_end 21
}

@test "a miss below a changed step names that step" {
    busybox_image
    echo a >a
    printf 'FROM busybox:1\nCOPY a /a\nRUN date +%%s%%N >/t\n' >Dockerfile
    build .
    build .
    [[ $output != *MISS* ]]
    echo b >a
    build .
    [[ $output == *"MISS: a changed"* ]]
    [[ $output == *'MISS: "COPY a /a" changed ([2/3] ran again)'* ]]
}

@test "in the cache, not in the cache and not needed are told apart, for people and programs" {
    busybox_image
    echo a >a
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS tool
RUN echo tool >/tool
FROM busybox:1
COPY --from=tool /tool /tool
RUN echo kept
COPY a /a
EOF
    build .
    ! grep -E 'CACHED|SKIPPED|MISS' <<<"$output"
    echo b >a
    build .
    grep -A1 'RUN echo tool' <<<"$output" | grep -x '#[0-9]* SKIPPED'
    grep -A1 'RUN echo kept' <<<"$output" | grep -x '#[0-9]* CACHED'
    grep -A2 'COPY a /a' <<<"$output" | grep -x '#[0-9]* MISS: a changed'
    grep -A2 'COPY a /a' <<<"$output" | grep '#[0-9]* DONE'
    echo c >a
    "$COOPER" build --progress=rawjson . 2>"$T/json"
    last() {
        jq -s -e "[.[].vertexes[]? | select(.name | contains(\"$1\"))] | last | $2" "$T/json"
    }
    last 'RUN echo tool' '.skipped and .cached'
    last 'RUN echo kept' '.cached and (.skipped | not) and (.miss | not)'
    last 'COPY a /a' '.miss == "a changed" and (.cached | not)'
}

@test "a step that always runs says why" {
    busybox_image
    printf 'FROM busybox:1\nRUN true\n' >Dockerfile
    build .
    build --no-cache .
    [[ $output == *"MISS: --no-cache"* ]]
    [[ $output != *CACHED* ]]
}

@test "steps that use a stage that runs again run again, too" {
    busybox_image
    cat >Dockerfile <<'EOF'
FROM busybox:1 AS a
RUN cat /proc/sys/kernel/random/uuid >/a
FROM a AS b
RUN cp /a /b
FROM busybox:1 AS c
RUN --mount=from=a,target=/m cp /m/a /c
FROM scratch
COPY --from=a /a /
COPY --from=b /b /
COPY --from=c /c /
EOF
    # ids ARGS…: the one uuid in all files.
    ids() {
        build -o "$T/out" "$@" .
        [ "$(sort -u "$T"/out/? | wc -l)" -eq 1 ]
        ID=$(cat "$T/out/a")
    }
    ids
    first=$ID
    ids
    [ "$ID" = "$first" ]
    ids --no-cache-filter A
    [ "$ID" != "$first" ]
    [[ $output == *"MISS: it is made of a stage that is run again"* ]]
    second=$ID
    ids
    [ "$ID" = "$second" ]
    # What comes out as before is found by that.
    ids --no-cache-filter b
    [ "$ID" = "$second" ]
    [[ $output == *"] COPY --from=b /b /"*CACHED* ]]
    # A layer that is gone is made again, and what is above it with it.
    ids --no-cache
    [ "$ID" != "$second" ]
}

@test "--cache-max-size removes what was unused longest, and never a tagged image" {
    printf 'FROM scratch\nCOPY f /f\n' >Dockerfile
    for i in 1 2 3 4; do
        head -c 1000000 /dev/urandom >f
        build -t "kept:$((i / 2))" .
    done
    [ "$(du -sk "$COOPER_ROOT" | cut -f1)" -gt 3500 ]
    build --cache-max-size=3500kB -t kept:3 .
    # kept:0, kept:1 and kept:2 have one blob each; the second one of kept:1 has no name now.
    for tag in 0 1 2 3; do "$COOPER" inspect "kept:$tag" >inspected; done
    [ "$(du -sk "$COOPER_ROOT" | cut -f1)" -lt 3400 ]
    build -t kept:3 .
    grep -x '#[0-9]* CACHED' <<<"$output"
}

@test "a step that failed runs again, and why is said" {
    busybox_image
    printf 'FROM busybox:1\nRUN exit 1\n' >Dockerfile
    build .
    [ "$status" -eq 5 ]
    build .
    [ "$status" -eq 5 ]
    [[ $output == *"MISS: its result is not in the store: it failed"* ]]
}
