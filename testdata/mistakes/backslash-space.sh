# A space stands behind the backslash.
dockerfile 'FROM busybox:1' 'RUN echo a \ ' '    && echo b'
cooper build .
