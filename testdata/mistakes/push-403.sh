# The registry does not allow a push.
answering 403
dockerfile 'FROM scratch' 'COPY Dockerfile /'
cooper build -t $ANSWERING/app:1 --push .
