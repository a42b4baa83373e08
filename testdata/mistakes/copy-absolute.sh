# COPY of an absolute path of this machine.
dockerfile 'FROM scratch' 'COPY /etc/hostname /'
cooper build .
