# A secret that is not given, where the step needs it after all.
dockerfile 'FROM busybox:1' 'RUN --mount=type=secret,id=tok cat /run/secrets/tok'
cooper build .
