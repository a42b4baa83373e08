# No context is given.
dockerfile 'FROM scratch'
cooper build -t app:1
