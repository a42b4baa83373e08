# --chown by name on scratch.
dockerfile 'FROM scratch' 'COPY --chown=app:app Dockerfile /'
cooper build .
