# A step that a signal ends.
dockerfile 'FROM busybox:1' 'RUN kill -SEGV $$'
cooper build .
