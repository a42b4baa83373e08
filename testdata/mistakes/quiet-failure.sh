# A step that fails, with --quiet.
dockerfile 'FROM busybox:1' 'RUN echo before; echo wrong >&2; exit 3'
cooper build -q .
