# A script whose interpreter is not in the image.
printf '#!/usr/bin/python3\nprint(1)\n' >s.py
chmod 755 s.py
dockerfile 'FROM busybox:1' 'COPY s.py /' 'RUN ["/s.py"]'
cooper build .
