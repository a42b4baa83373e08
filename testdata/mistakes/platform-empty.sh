# An empty platform.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
cooper build --platform= .
