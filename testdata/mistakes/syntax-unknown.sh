# Another frontend.
printf '# syntax=example.com/my/frontend:1\nFROM scratch\n' >Dockerfile
cooper build .
