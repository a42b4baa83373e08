# A required secret that is not given.
dockerfile 'FROM busybox:1' 'RUN --mount=type=secret,id=tok,required cat /run/secrets/tok'
cooper build .
