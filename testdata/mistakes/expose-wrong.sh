# EXPOSE of a word.
dockerfile 'FROM scratch' 'EXPOSE abc'
cooper build .
