# A mount type with a spelling mistake.
dockerfile 'FROM busybox:1' 'RUN --mount=type=cahce,target=/c true'
cooper build .
