# The exec form of a program that is not there.
dockerfile 'FROM busybox:1' 'RUN ["/usr/bin/make", "all"]'
cooper build .
