# The other stage does not have the file.
dockerfile 'FROM busybox:1 AS a' 'RUN touch /app' 'FROM scratch' 'COPY --from=a /ap /'
cooper build .
