# A platform of FROM that is none.
dockerfile 'FROM --platform=linux/amd46 busybox:1' 'RUN true'
cooper build .
