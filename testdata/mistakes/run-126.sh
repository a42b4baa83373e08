# A script that may not be executed.
printf '#!/bin/sh\necho hi\n' >s.sh
dockerfile 'FROM busybox:1' 'COPY s.sh /' 'RUN /s.sh'
chmod 644 s.sh
cooper build .
