# A quote that is not closed.
dockerfile 'FROM scratch' 'ENV A="b'
cooper build .
