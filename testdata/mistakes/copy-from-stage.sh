# --from names a stage with a spelling mistake.
dockerfile 'FROM scratch AS builder' 'COPY Dockerfile /x' 'FROM scratch' 'COPY --from=bilder /x /'
cooper build --offline .
