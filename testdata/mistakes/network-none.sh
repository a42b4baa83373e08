# A step without a network wants it.
dockerfile 'FROM busybox:1' 'RUN --network=none wget -q http://example.invalid/'
cooper build .
