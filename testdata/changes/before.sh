# The state that changes.sh starts from, in a layer of its own.
set -e
mkdir -p /t && cd /t
for i in $(seq 1 99); do mkdir -p d$i/sub && echo "file $i" >d$i/file && echo "sub $i" >d$i/sub/file; done
for i in $(seq 1 60); do echo "plain $i" >f$i; done
ln -s d1 link-to-dir; ln -s f1 link-to-file; ln -s /t/d2/sub absolute; ln -s nowhere dangling
ln f2 f2-hard; ln f3 f3-hard; ln d3/file d3/hard; ln f4 d4/hard
chmod 4755 f5; chmod 2755 d5; chmod 1777 d6; chmod 000 f6; chmod 700 d7
chown 1000:2000 f7 d8; chown -h 12:34 link-to-file; chown 2097153:2097154 f8
CAP=0100000200040000000000000000000000000000 # cap_net_raw
for i in 41 42 43; do cp f1 f$i; /ctx/attr set security.capability $CAP f$i; done
mkfifo pipe; mkdir -p var/run run; rmdir var/run; ln -s ../run var/run
touch -d '2001-02-03 04:05:06' f9 d9/file; dd if=/dev/zero of=big bs=1024 count=300 2>/dev/null
printf 'x' >'odd name'; printf 'x' >'ünïcode'; printf 'x' >'-dash'; printf 'x' >'*star'; printf 'x' >'back\slash'
