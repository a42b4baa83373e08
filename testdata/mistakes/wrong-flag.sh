# A flag of COPY with a spelling mistake.
dockerfile 'FROM scratch' 'COPY --chwon=1:1 Dockerfile /'
cooper build .
