# A Dockerfile with Windows line ends is no mistake.
printf 'FROM busybox:1\r\nRUN echo \\\r\n hi\r\n' >Dockerfile
cooper build .
