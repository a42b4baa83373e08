# ENV with spaces round the equals sign.
dockerfile 'FROM scratch' 'ENV FOO = bar' 'COPY Dockerfile /'
cooper build .
