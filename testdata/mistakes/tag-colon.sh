# A tag with two colons.
dockerfile 'FROM scratch'
cooper build -t app:1:2 .
