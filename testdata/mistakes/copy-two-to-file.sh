# Two files are copied to one.
touch a b
dockerfile 'FROM scratch' 'COPY a b /c'
cooper build .
