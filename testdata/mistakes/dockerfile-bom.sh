# A byte order mark of UTF-8 is no mistake.
printf '\357\273\277FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
cooper build .
