# The registry answers 404 to a pull.
answering 404
dockerfile "FROM $ANSWERING/app:1"
cooper build .
