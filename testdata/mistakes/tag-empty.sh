# An empty tag.
dockerfile 'FROM scratch'
cooper build -t "" .
