# A directory of the context that may not be read.
mkdir -m 000 private
dockerfile 'FROM scratch' 'COPY . /'
as-user cooper build .
