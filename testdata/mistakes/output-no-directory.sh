# The output's directory is not there.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
cooper build -o type=tar,dest=nowhere/x.tar .
