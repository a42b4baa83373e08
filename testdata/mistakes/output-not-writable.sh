# The output goes where nothing may be written.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
mkdir -m 755 closed
as-user cooper build -o type=tar,dest=closed/x.tar .
