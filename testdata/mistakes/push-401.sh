# The registry answers 401 to a push.
answering 401
dockerfile 'FROM scratch' 'COPY Dockerfile /'
cooper build -t $ANSWERING/app:1 --push .
