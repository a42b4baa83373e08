# --chown names somebody who is not in the image.
dockerfile 'FROM busybox:1' 'COPY --chown=web Dockerfile /'
cooper build .
