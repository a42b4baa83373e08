# FROM with a word too many.
dockerfile 'FROM busybox:1 builder'
cooper build .
