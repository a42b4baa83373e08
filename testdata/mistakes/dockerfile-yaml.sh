# -f names a compose file.
printf 'services:\n  web:\n    build: .\n' >compose.yaml
cooper build -f compose.yaml .
