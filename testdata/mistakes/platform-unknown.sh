# An architecture that does not exist.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
cooper build --platform linux/arm46 .
