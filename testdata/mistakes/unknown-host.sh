# The host name does not exist.
dockerfile "FROM nowhere.invalid/app:1"
cooper build .
