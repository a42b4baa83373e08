# COPY of what is outside of the context.
mkdir ctx; echo x >secret
printf 'FROM scratch\nCOPY ../secret /\n' >ctx/Dockerfile
cooper build ctx
