# The Dockerfile does not begin with FROM.
dockerfile 'RUN echo hi'
cooper build .
