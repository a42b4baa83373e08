# The secret's variable is not set.
dockerfile 'FROM busybox:1' 'RUN --mount=type=secret,id=tok cat /run/secrets/tok'
cooper build --secret id=tok,env=NO_SUCH_VARIABLE .
