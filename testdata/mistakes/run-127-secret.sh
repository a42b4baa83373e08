# The program is not in the image, and a secret that is not needed is not given.
dockerfile 'FROM busybox:1' 'RUN --mount=type=secret,id=tok gcc -o /app /app.c'
cooper build .
