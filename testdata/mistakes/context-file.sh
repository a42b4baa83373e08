# The context is a file.
dockerfile 'FROM scratch'
cooper build Dockerfile
