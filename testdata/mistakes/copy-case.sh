# COPY of a name in other case.
echo x >README.md
dockerfile 'FROM scratch' 'COPY Readme.md /'
cooper build .
