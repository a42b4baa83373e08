# A here-document without an end.
dockerfile 'FROM busybox:1' 'RUN <<EOT' 'echo hi' ' EOT'
cooper build .
