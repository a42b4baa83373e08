# A cache that is not there does not end a build.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
cooper build --cache-from $REGISTRY/no/cache .
