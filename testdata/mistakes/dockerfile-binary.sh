# The Dockerfile is a program.
cp /bin/busybox Dockerfile
cooper build .
