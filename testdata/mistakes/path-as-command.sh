# The word build is missing.
dockerfile 'FROM scratch'
cooper .
