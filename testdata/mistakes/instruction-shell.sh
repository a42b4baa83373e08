# A shell command without RUN.
dockerfile 'FROM busybox:1' 'apt-get update'
cooper build .
