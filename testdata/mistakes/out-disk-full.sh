# The disk becomes full in an output.
small-disk
head -c 200M /dev/urandom >big
dockerfile 'FROM scratch' 'COPY big /'
cooper build -o type=tar,dest=$SMALL/x.tar .
