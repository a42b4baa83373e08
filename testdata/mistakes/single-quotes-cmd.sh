# The same in CMD builds, with a warning.
dockerfile 'FROM busybox:1' "CMD ['echo', 'hello']"
cooper build .
