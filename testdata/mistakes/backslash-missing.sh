# A line that ends in && goes on in the next.
dockerfile 'FROM busybox:1' 'RUN apt-get update &&' '    apt-get install -y gcc'
cooper build .
