# There is no Dockerfile.
cooper build .
