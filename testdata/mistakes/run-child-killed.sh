# The shell says 137 for a program that was killed.
dockerfile 'FROM busybox:1' 'RUN sh -c "kill -KILL \$\$"; exit 137'
cooper build .
