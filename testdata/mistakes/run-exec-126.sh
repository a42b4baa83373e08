# The exec form of a file that may not be executed.
printf '#!/bin/sh\necho hi\n' >s.sh
chmod 644 s.sh
dockerfile 'FROM busybox:1' 'COPY s.sh /' 'RUN ["/s.sh"]'
cooper build .
