# A space is missing.
dockerfile 'FROMbusybox:1'
cooper build .
