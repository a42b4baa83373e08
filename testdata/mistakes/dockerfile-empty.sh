# The Dockerfile is empty.
: >Dockerfile
cooper build .
