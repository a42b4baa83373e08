# A --chmod that is no mode.
dockerfile 'FROM scratch' 'COPY --chmod=rwx Dockerfile /'
cooper build .
