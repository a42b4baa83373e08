# A step that is killed.
dockerfile 'FROM busybox:1' 'RUN kill -KILL $$'
cooper build .
