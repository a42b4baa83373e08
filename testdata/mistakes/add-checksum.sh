# ADD --checksum, and the server sends something else.
answering 200
dockerfile 'FROM scratch' "ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 http://$ANSWERING/x.txt /"
cooper build .
