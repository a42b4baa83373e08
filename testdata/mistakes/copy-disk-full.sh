# The disk becomes full in COPY.
small-disk
head -c 200M /dev/urandom >big
dockerfile 'FROM scratch' 'COPY big /'
cooper build --root $SMALL/store .
