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
chown 4294967294:4294967294 f8 2>/dev/null || chown 65534:65534 f8
rm pipe; echo file >pipe                           # a pipe becomes a file
mkfifo d29/pipe; chmod 622 d29/pipe                # a new pipe
echo x >var/run/pid                                # through a link to a directory
echo x >link-to-dir/through                        # into what was a link
rm -rf var; mkdir -p var/run; echo y >var/run/pid  # the link is a directory now
mkdir -p e1/e2/e3/e4/e5/e6/e7/e8; echo deep >e1/e2/e3/e4/e5/e6/e7/e8/file
mkdir empty; mkdir -m 700 private; mkdir -m 2777 shared
echo x >d30/a; rm d30/a                            # came and went
mkdir d31/a; rmdir d31/a
rm d32/file; rm d32/sub/file; rmdir d32/sub        # all out, one by one
rm -rf d33/* d33/.[a-z]*                           # all out
touch d34                                          # time of a directory alone
truncate -s 10 big                                 # cut
truncate -s 5000000 hole                           # a hole
dd if=/dev/urandom of=random bs=1024 count=1000 2>/dev/null
printf '' >d35/file                                # emptied file
cp -a d36 d36-copy; cp -al d37 d37-links 2>/dev/null || cp -a d37 d37-links
rm 'odd name'; mv 'ünïcode' 'ünï còde'; chmod 600 -- '-dash'; rm '*star'; rm 'back\slash'
printf x >"$(printf 'bytes\377\376')"; printf x >'a b	c'; printf x >'.hidden'; printf x >'.wh-not'
name=$(printf 'n%.0s' $(seq 1 255)); echo long >"$name"
ln -s "$(printf 'p/%.0s' $(seq 1 500))" long-link; ln -s '' none 2>/dev/null; ln -s . here; ln -s / root
for i in $(seq 38 60); do rm -r d$i; done; for i in $(seq 45 50); do mkdir d$i; done
for i in $(seq 61 70); do echo y >d$i/sub/new; done
for i in $(seq 71 80); do chmod 711 d$i/sub; done
for i in $(seq 81 90); do rm d$i/sub/file; done
for i in $(seq 31 40); do echo "$i" | tee -a f$i >>all; done
(umask 077; echo u >masked; mkdir masked-dir); (umask 000; echo u >open; mkdir open-dir)
sync; true
