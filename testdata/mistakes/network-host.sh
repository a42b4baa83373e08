# RUN --network=host without leave.
dockerfile 'FROM busybox:1' 'RUN --network=host true'
cooper build .
