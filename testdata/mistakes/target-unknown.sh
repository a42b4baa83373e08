# --target with a spelling mistake.
dockerfile 'FROM scratch AS test' 'FROM scratch'
cooper build --target tset .
