# A stage's name that is none.
dockerfile 'FROM scratch AS 1st'
cooper build .
