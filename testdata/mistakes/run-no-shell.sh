# RUN in an image that has no shell.
dockerfile 'FROM scratch' 'COPY Dockerfile /' 'RUN echo hi'
cooper build .
