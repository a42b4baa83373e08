# The Dockerfile has another name.
printf 'FROM scratch\n' >dockerfile
cooper build .
