# FROM with a variable that is not set.
dockerfile 'ARG VERSION=1' 'FROM debian:$VERSON'
cooper build .
