# .dockerignore leaves out everything.
printf '*\n' >.dockerignore; touch app
dockerfile 'FROM scratch' 'COPY app /'
cooper build .
