# A build argument without a name.
dockerfile 'FROM scratch'
cooper build --build-arg =1 .
