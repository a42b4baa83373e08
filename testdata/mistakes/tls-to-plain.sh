# A registry that is not on loopback speaks plain HTTP.
answering plain-as-remote
dockerfile "FROM $ANSWERING/app:1"
cooper build .
