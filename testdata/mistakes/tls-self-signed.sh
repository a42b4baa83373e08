# The registry's certificate is signed by nobody.
answering tls
dockerfile "FROM $ANSWERING/app:1"
cooper build .
