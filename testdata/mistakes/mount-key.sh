# A key of a mount with a spelling mistake.
dockerfile 'FROM busybox:1' 'RUN --mount=type=cache,tgt=/c true'
cooper build .
