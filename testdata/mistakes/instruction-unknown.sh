# An instruction with a spelling mistake.
dockerfile 'FROM scratch' 'COPPY a b'
cooper build .
