# A pattern of .dockerignore that is none.
printf '*.o\n[a-\n' >.dockerignore
dockerfile 'FROM scratch' 'COPY . /'
cooper build .
