# COPY of a name that its own --exclude leaves out.
mkdir dir
dockerfile 'FROM scratch' 'COPY --exclude=dir --parents dir /'
cooper build .
