# Two stages that need each other.
dockerfile 'FROM scratch AS a' 'COPY --from=b /x /' 'FROM scratch AS b' 'COPY --from=a /x /'
cooper build .
