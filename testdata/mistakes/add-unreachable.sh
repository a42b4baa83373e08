# ADD of a URL where nobody listens.
dockerfile 'FROM scratch' "ADD http://$CLOSED/x.tar /"
cooper build .
