# ADD of a local archive that is cut.
tar -czf - /bin/busybox 2>/dev/null | head -c 1000 >a.tgz
dockerfile 'FROM scratch' 'ADD a.tgz /'
cooper build .
