# The file is there, but .dockerignore leaves it out.
echo x >app.c
printf '# objects\n*.o\n*.c\n' >.dockerignore
dockerfile 'FROM scratch' 'COPY app.c /'
cooper build .
