# The Dockerfile is UTF-16.
printf 'FROM scratch\n' | iconv -t UTF-16LE | (printf '\377\376'; cat) >Dockerfile
cooper build .
