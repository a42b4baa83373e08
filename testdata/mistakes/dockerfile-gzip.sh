# The Dockerfile is compressed.
printf 'FROM scratch\n' | gzip -n >Dockerfile
cooper build .
