# A tag that is a URL.
dockerfile 'FROM scratch'
cooper build -t https://registry.example.com/app:1 .
