# COPY of a file whose name is misspelt.
echo x >app.c
dockerfile 'FROM scratch' 'COPY app.cc /'
cooper build .
