# ENV with a name only.
dockerfile 'FROM scratch' 'ENV FOO'
cooper build .
