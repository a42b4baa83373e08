# The store belongs to somebody else.
dockerfile 'FROM scratch' 'COPY Dockerfile /'
mkdir -m 755 closed
as-user cooper build --root $PWD/closed .
