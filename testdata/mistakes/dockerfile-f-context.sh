# -f is relative to this directory, not to the context.
mkdir ctx; printf 'FROM scratch\n' >ctx/Dockerfile.prod
cooper build -f Dockerfile.prod ctx
