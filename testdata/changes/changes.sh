# What a step can do to files, a line each; after it the live tree is listed.
cd /t
echo more >>f1                                     # written to
cat f10 >/dev/null                                 # read only
chmod 600 f11                                      # mode alone
chown 5:6 f12                                      # owner alone
touch -d '1999-01-01 00:00:00' f13                 # time alone, older
touch -d '2035-01-01 00:00:00' f14                 # time alone, in the future
echo "plain 15" >f15                               # the same bytes again
old=$(stat -c %Y f16); echo changed >f16; touch -d @$old f16 # other bytes, same time
printf 'plain 1X' >f17; touch -d @$old f17         # other bytes, same size and time
rm f18                                             # gone
rm f19; echo again >f19                            # gone and back
rm f20; mkdir f20; echo in >f20/in                 # a file becomes a directory
rm -r d10; echo file >d10                          # a directory becomes a file
rm -r d11                                          # a directory is gone
rm -r d12; mkdir d12                               # … and back, empty
rm -r d13; mkdir d13; echo new >d13/new            # … and back with something else
rm -r d14; mkdir -p d14/sub; echo "sub 14" >d14/sub/file; echo "file 14" >d14/file
rm d15/file                                        # emptied
rm -r d16/sub; ln -s /t/f1 d16/sub                 # a directory becomes a link
rm link-to-dir; mkdir link-to-dir; echo x >link-to-dir/x # a link becomes a directory
rm link-to-file; ln -s f21 link-to-file            # a link leads elsewhere
rm absolute; echo real >absolute                   # a link becomes a file
chown -h 77:88 dangling                            # owner of a link
mv f22 f22-moved                                   # moved
mv f23 d17/                                        # … into a directory
mv f24 f25                                         # … over another one
mv d18 d18-moved                                   # a directory moved
mv d19 d20/                                        # … into another one
mv d21 tmp && mv d22 d21 && mv tmp d22             # two change names
mv d23/sub .                                       # a child moved up
ln f26 f26-new                                     # a new name of an old file
ln d24/file d25/link                               # … in another directory
echo more >>f2                                     # one name of two written to
rm f3                                              # one name of two gone
rm f3-hard; echo other >f3-hard                    # … and the other one new
chmod 640 d3/hard                                  # mode by one of two names
mv f4 f4-moved                                     # one of two names moved
echo a >n1; ln n1 n2; ln n2 d26/n3                 # three names of a new file
echo b >n4; ln n4 n5; rm n4                        # the first name gone
chmod 755 f5                                       # set-id bit gone
chmod 6755 f27; chmod 1644 f28                     # set-id and sticky bits
chown 0:0 f29; chmod 2775 d5                       # owner as before
chmod 1777 d6; chmod 0755 d6                       # sticky bit gone
chmod 644 f6; cat f6 >/dev/null                    # readable again
chmod 000 d27; chmod 000 f30                       # nobody may
chown -R 1000:1000 d28                             # all of a directory
chown 1000:1000 f7; chmod 4711 f7                  # owner, then set-id bit
chown 4294967294:4294967294 f8 2>/dev/null || chown 65534:65534 f8 # the largest ids
rm pipe; echo file >pipe                           # a pipe becomes a file
mkfifo d29/pipe; chmod 622 d29/pipe                # a new pipe
echo x >var/run/pid                                # through a link to a directory
echo x >link-to-dir/through                        # into what was a link
rm -rf var; mkdir -p var/run; echo y >var/run/pid  # the link is a directory now
mkdir -p e1/e2/e3/e4/e5/e6/e7/e8; echo deep >e1/e2/e3/e4/e5/e6/e7/e8/file # a deep path
mkdir empty; mkdir -m 700 private; mkdir -m 2777 shared # new empty directories, with modes
echo x >d30/a; rm d30/a                            # came and went
mkdir d31/a; rmdir d31/a # a directory came and went
rm d32/file; rm d32/sub/file; rmdir d32/sub        # all out, one by one
rm -rf d33/* d33/.[a-z]*                           # all out
touch d34                                          # time of a directory alone
truncate -s 10 big                                 # cut
truncate -s 5000000 hole                           # a hole
dd if=/dev/urandom of=random bs=1024 count=1000 2>/dev/null
printf '' >d35/file                                # emptied file
cp -a d36 d36-copy; cp -al d37 d37-links 2>/dev/null || cp -a d37 d37-links # copies, and links of copies
rm 'odd name'; mv 'ünïcode' 'ünï còde'; chmod 600 -- '-dash'; rm '*star'; rm 'back\slash' # old odd names: gone, moved, changed
printf x >"$(printf 'bytes\377\376')"; printf x >'a b	c'; printf x >'.hidden'; printf x >'.wh-not' # new odd names
name=$(printf 'n%.0s' $(seq 1 255)); echo long >"$name" # the longest name
ln -s "$(printf 'p/%.0s' $(seq 1 500))" long-link; ln -s '' none 2>/dev/null; ln -s . here; ln -s / root # long, empty, own and absolute targets
for i in $(seq 38 60); do rm -r d$i; done; for i in $(seq 45 50); do mkdir d$i; done # many directories gone, some of them back
for i in $(seq 61 70); do echo y >d$i/sub/new; done # many new files
for i in $(seq 71 80); do chmod 711 d$i/sub; done # many modes
for i in $(seq 81 90); do rm d$i/sub/file; done # many files gone
for i in $(seq 31 40); do echo "$i" | tee -a f$i >>all; done # many files longer
(umask 077; echo u >masked; mkdir masked-dir); (umask 000; echo u >open; mkdir open-dir) # masks of the step
ACL=0200000001000600ffffffff020006000500000004000400ffffffff10000600ffffffff20000400ffffffff
OTHER=0100000201000000000000000000000000000000     # cap_chown
/ctx/attr set security.capability $OTHER f44       # new capabilities
/ctx/attr set security.capability $OTHER f41       # other ones
/ctx/attr remove security.capability f42           # none any more
chown 3:3 f43                                      # lost with the owner
cp f43 f45                                         # not copied
/ctx/attr set user.note 6869 f46                   # what no layer carries
/ctx/attr set system.posix_acl_access $ACL f47        # an ACL: its mask is the group's mode
exec 3>>f48; rm f48; echo gone >&3; exec 3>&-      # written to after it is gone
exec 3<>f49; echo 'other' >&3; mv f49 f49-moved; echo more >&3; exec 3>&- # … after it moved
chmod 600 link-hard 2>/dev/null; ln -s f50 link-hard; chmod 640 link-hard # mode through a new link
echo x >here/through-here                          # through a link to itself
mkdir -p run/deep; echo x >var/run/../run/y        # through dots
rm d91/file; mkdir d91/file; rmdir d91/file; echo z >d91/file # kinds there and back
mv d92 d92x; mv d92x d92                           # moved there and back
mv d93/sub d94/; mv d94/sub d93/                   # a child, there and back
rm -r d95; cp -r d96 d95                           # another directory's copy
chmod 2711 d97; chgrp 7 d97                        # group, and the bit that passes it on
mkdir d97/inherits; : >d97/inherits-too            # … passed on
ln f51 d98/one; ln f51 d99/two; rm f51             # a file leaves its first place
echo a >f52; rm f52; ln f53 f52                    # one file takes another one's name
rm f54; mkfifo f54                                 # a file becomes a pipe
rm f55; ln -s . f55                                # a file becomes a link to where it is
cat f56 >f57.new; mv f57.new f57                   # replaced as programs do
truncate -s 0 f58; truncate -s 9 f58               # cut, then zeros
chmod u+s,o-r f59; chown 9 f59 2>/dev/null         # the owner takes the set-id bit away
touch -h -d '2003-03-03' here 2>/dev/null || true  # time of a link
sync; true
