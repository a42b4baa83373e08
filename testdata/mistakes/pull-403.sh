# The registry answers 403 to a pull.
answering 403
dockerfile "FROM $ANSWERING/app:1"
cooper build .
