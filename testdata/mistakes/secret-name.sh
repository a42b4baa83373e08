# The secret has another name.
echo x >tok
dockerfile 'FROM busybox:1' 'RUN --mount=type=secret,id=token cat /run/secrets/token'
cooper build --secret id=tokn,src=tok .
