# What a user makes is the user's.
cd /t/free
: >u1; mkdir u2; ln -s x u3; mkfifo u4              # a file, directory, link and pipe
ln u1 u1-hard; mv u3 u3-moved                       # names of them
mkdir -p u5/u6/u7; echo x >u5/u6/u7/f               # a deep path
(umask 077; : >u8; mkdir u9)                        # with a mask
chgrp 2000 u1 2>/dev/null && chgrp 2000 u4          # a group that the user is in
chgrp 3000 u2 2>/dev/null && echo "no: another's group"
chown 5 u2 2>/dev/null && echo "no: another's user"
mkdir shared; chmod 2777 shared 2>/dev/null; : >shared/f # a group passed on to itself
cp -a u3-moved v1; cp -a u5 v2                      # copies
/ctx/new_file tmpfile /t/free/v3                    # a file that gets its name late
/ctx/new_file openat2 /t/free/v4                    # made by a newer call
: >v5; chmod 4755 v5                                # a set-id bit of its own
