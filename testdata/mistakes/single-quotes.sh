# The exec form with single quotes is no JSON.
dockerfile 'FROM busybox:1' "RUN ['echo', 'hello']"
cooper build .
