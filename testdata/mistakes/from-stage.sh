# FROM names a stage with a spelling mistake.
dockerfile 'FROM busybox:1 AS builder' 'FROM bilder' 'RUN true'
cooper build --offline .
