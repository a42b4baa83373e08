# The context is a tar archive, by its name.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
tar -cf ctx.tar Dockerfile
cooper build ctx.tar
