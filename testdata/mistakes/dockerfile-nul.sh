# A zero byte in the Dockerfile.
printf 'FROM scratch\nENV A=b\0c\n' >Dockerfile
cooper build .
