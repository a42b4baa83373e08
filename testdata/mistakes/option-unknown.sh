# An option with a spelling mistake.
dockerfile 'FROM scratch'
cooper build --tga app:1 .
