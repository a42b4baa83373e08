# -f names a file that is not there.
dockerfile 'FROM scratch'
cooper build -f Dockerfile.dev .
