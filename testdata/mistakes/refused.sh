# No registry listens there.
dockerfile "FROM $CLOSED/app:1"
cooper build .
