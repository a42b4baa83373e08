# ONBUILD FROM is not allowed.
dockerfile 'FROM scratch' 'ONBUILD FROM busybox:1'
cooper build .
