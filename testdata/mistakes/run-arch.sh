# A program for another architecture.
printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\363\000\001\000\000\000%b' "$(printf '\\000%.0s' $(seq 100))" >app
chmod 755 app
dockerfile 'FROM busybox:1' 'COPY app /' 'RUN ["/app"]'
cooper build .
