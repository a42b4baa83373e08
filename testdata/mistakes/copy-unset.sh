# COPY with a variable that is not set.
dockerfile 'FROM scratch' 'COPY $SRCDIR/app /'
cooper build .
