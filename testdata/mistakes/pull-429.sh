# The registry answers 429 to a pull.
answering 429
dockerfile "FROM $ANSWERING/app:1"
cooper build .
