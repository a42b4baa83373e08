# USER names somebody who is not in the image.
dockerfile 'FROM busybox:1' 'USER web' 'RUN true'
cooper build .
