# HEALTHCHECK without CMD.
dockerfile 'FROM scratch' 'HEALTHCHECK curl -f http://localhost/'
cooper build .
