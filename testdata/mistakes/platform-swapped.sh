# The halves of a platform are swapped.
dockerfile 'FROM scratch'
cooper build --platform amd64/linux .
