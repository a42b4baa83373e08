# A build argument that the Dockerfile does not declare.
dockerfile 'FROM scratch' 'ARG VERSION' 'COPY Dockerfile /'
cooper build --build-arg VERSOIN=1 .
