# A tag with a space.
dockerfile 'FROM scratch'
cooper build -t 'my app' .
