# Two contexts.
dockerfile 'FROM scratch'
cooper build . .
