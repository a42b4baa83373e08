# The registry answers 401 to a pull.
answering 401
dockerfile "FROM $ANSWERING/app:1"
cooper build .
