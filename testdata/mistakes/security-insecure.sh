# RUN --security=insecure without leave.
dockerfile 'FROM busybox:1' 'RUN --security=insecure true'
cooper build .
