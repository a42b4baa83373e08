# An option without its value.
dockerfile 'FROM scratch'
cooper build . -t
