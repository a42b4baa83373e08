# WORKDIR is a file.
dockerfile 'FROM busybox:1' 'RUN touch /app' 'WORKDIR /app' 'RUN true'
cooper build .
