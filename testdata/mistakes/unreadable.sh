# A file of the context that may not be read.
echo x >secret.key; chmod 000 secret.key
dockerfile 'FROM scratch' 'COPY . /'
as-user cooper build .
