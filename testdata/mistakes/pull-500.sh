# The registry answers 500 to a pull.
answering 500
dockerfile "FROM $ANSWERING/app:1"
cooper build .
