# RUN writes where a mount cannot be written.
dockerfile 'FROM busybox:1' 'RUN --mount=type=bind,target=/src touch /src/x'
cooper build .
