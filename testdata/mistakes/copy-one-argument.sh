# COPY with one word.
dockerfile 'FROM scratch' 'COPY Dockerfile'
cooper build .
