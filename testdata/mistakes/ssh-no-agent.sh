# --ssh, and no agent runs.
unset SSH_AUTH_SOCK
dockerfile 'FROM scratch'
cooper build --ssh default .
