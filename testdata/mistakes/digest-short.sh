# A digest that is too short.
dockerfile 'FROM busybox@sha256:1234'
cooper build .
