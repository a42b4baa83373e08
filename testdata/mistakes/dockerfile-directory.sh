# The Dockerfile is a directory.
mkdir Dockerfile
cooper build .
