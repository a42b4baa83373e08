# A cache mount without a target.
dockerfile 'FROM busybox:1' 'RUN --mount=type=cache true'
cooper build .
