# A variable without its closing brace.
dockerfile 'FROM scratch' 'ENV A=${B'
cooper build .
