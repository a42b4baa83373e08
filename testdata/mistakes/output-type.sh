# An output type with a spelling mistake.
dockerfile 'FROM scratch'
cooper build -o type=locl,dest=x .
