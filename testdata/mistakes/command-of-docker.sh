# A command of docker that cooper does not have.
cooper ps
