# A mount from a stage with a spelling mistake.
dockerfile 'FROM busybox:1 AS tools' 'FROM busybox:1' 'RUN --mount=from=toolz,target=/t true'
cooper build --offline .
