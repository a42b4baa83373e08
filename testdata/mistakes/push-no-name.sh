# --push without a name.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
cooper build --push .
