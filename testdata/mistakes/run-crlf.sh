# A script with Windows line ends.
printf '#!/bin/sh\r\necho hi\r\n' >s.sh
chmod 755 s.sh
dockerfile 'FROM busybox:1' 'COPY s.sh /' 'RUN /s.sh'
cooper build .
