# A tag in upper case.
dockerfile 'FROM scratch'
cooper build -t MyApp:1 .
