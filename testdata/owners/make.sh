# What gets an owner in one step, a line each; later steps see it, use it and list it.
mkdir -p /t && cd /t
: >a1; chown 77:88 a1                               # a file
mkdir a2; chown 77:88 a2                            # a directory
ln -s nowhere a3; chown -h 77:88 a3                 # a link that leads nowhere
ln -s a1 a4; chown -h 5:6 a4                        # a link, itself
ln -s a5f a5; : >a5f; chown 7:8 a5                  # a link, what it leads to
ln -s a2 a6; chown -h 5 a6                          # a link to a directory, its user alone
mkfifo a7; chown 77:88 a7                           # a pipe
mkfifo a8; chgrp 9 a8                               # a pipe, its group alone
: >a9; ln a9 a9-hard; chown 3:4 a9-hard             # a file with two names
ln -s x b1; ln b1 b1-hard; chown -h 3:4 b1-hard     # a link with two names
mkfifo b2; ln b2 b2-hard; chown 3:4 b2              # a pipe with two names
: >b3; chmod 6755 b3; chown 5:5 b3                  # set-id bits, lost with the owner
: >b4; chown 5:5 b4; chmod 6755 b4                  # … set after it
: >b5; chmod 2644 b5; chown 5:5 b5                  # the group's bit without execution
mkdir b6; chmod 6755 b6; chown 5:5 b6               # a directory's stay
: >b7; chmod 4755 b7; chown 0:0 b7                  # lost also by the owner that it has
: >b8; chown 4294967294:4294967294 b8 2>/dev/null || chown 65534:65534 b8 # the largest ids
ln -s x b9; chown -h 5:5 b9; chown -h 0:0 b9        # a link, and back
: >c1; chown 5:5 c1; chown 0:0 c1                   # a file, and back
ln -s x c2; chown -h 5:6 c2; rm c2; ln -s x c2      # a new link takes an owned one's place
ln -s x c3; chown -h 5:6 c3; rm c3; ln -s x c3b; mkfifo c3c # … or its number
: >c4; chown 5:6 c4; rm c4; : >c4                   # a new file
mkfifo c5; chown 5:6 c5; rm c5; ln -s x c5          # a link takes a pipe's place
ln -s x c6; chown -h 5:6 c6; mv c6 c6-moved         # a link is moved
ln -s x c7; chown -h 5:6 c7; ln -s y c7t; mv c7 c7t # … over another one
: >c8; chown 5:6 c8; : >c8t; chown 7:7 c8t; mv c8 c8t # a file over another one
mkdir -p c9/sub; : >c9/sub/f; ln -s f c9/sub/l; chown -R -h 5:6 c9; mv c9 c9-moved # a directory with all in it
mkdir d1; ln -s x d1/l; chown -h 5:6 d1/l; cp -a d1 d1-copy # copies with owners
ln -s x d2; chown -h 5:6 d2; cp -d d2 d2-copy       # a copy without
mkdir d3; chown 0:9 d3; chmod 2775 d3; : >d3/f; mkdir d3/s; ln -s x d3/l; mkfifo d3/p # a group that is passed on
ln -s /t/a1 d4; chown -h 5:6 d4; tar -cf d4.tar d4 && rm d4 && tar -xf d4.tar; rm d4.tar # through an archive
: >d5; chown 5:6 d5; chmod 000 d5                   # nobody may read it
mkdir d6; : >d6/f; chown -R 5:6 d6; chmod 500 d6    # in a directory that nobody may write to
i=0; while [ $i -lt 40 ]; do ln -s $i m$i; chown -h $i:$((i + 1)) m$i; i=$((i + 1)); done # many links
