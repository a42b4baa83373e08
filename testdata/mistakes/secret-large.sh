# A secret that is too large to be one.
head -c 600000 /dev/zero >key
dockerfile 'FROM scratch'
cooper build --secret id=key,src=key .
