# ADD of a URL that is not there.
answering 404
dockerfile 'FROM scratch' "ADD http://$ANSWERING/x.tar /"
cooper build .
