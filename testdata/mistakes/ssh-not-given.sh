# A step wants the ssh agent, and none is given.
dockerfile 'FROM busybox:1' 'RUN --mount=type=ssh,required true'
cooper build .
