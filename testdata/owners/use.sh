# What a later step does to what is there with an owner already.
cd /t
mv a3 a3-moved                                      # a link of a lower layer is moved
cp -a a4 a4-copy                                    # … copied with its owner
ln a6 a6-hard                                       # … gets a second name
mv a7 a7-moved                                      # a pipe is moved
chown :99 a8                                        # … gets another group
chown -h 1 b1                                       # one name of two of a link
echo more >>a9                                      # one name of two of a file
chmod 600 a1                                        # the mode alone
touch -h -d '2001-01-01 01:02:03' b9 a6 2>/dev/null || touch -h b9 # the time of links alone
mv c9-moved/sub c9-sub                              # a directory of a lower layer
mv c8t c7t                                          # a file over a link with an owner
cp -a d1-copy d1-again                              # a copy of a copy
: >d3/new; ln -s x d3/new-link                      # in a directory that passes its group on
rm m0; ln -s x m0                                   # a new link in an owned one's place
rm m1; : >m1; rm m2; mkdir m2                       # … a file, a directory
mv m3 m4                                            # an owned link over an owned link
chown -h 0:0 m5                                     # root's again
chown --reference=m6 m7 2>/dev/null || chown -h 6:7 m7 # another's
ln base/link base-hard; mv base/pipe base-pipe; cp -a base/dangling base-copy # of the base image
chown -h 1:1 base/changed                           # … with another owner
/ctx/new_file tmpfile /t/d3/nameless                # a file that gets its name late
/ctx/new_file openat2 /t/d3/openat2                 # made by a newer call
