# The program is not in the image.
dockerfile 'FROM busybox:1' 'RUN gcc -o /app /app.c'
cooper build .
