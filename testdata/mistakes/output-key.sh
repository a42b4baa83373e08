# A key of an output with a spelling mistake.
dockerfile 'FROM scratch'
cooper build -o type=tar,dst=x.tar .
