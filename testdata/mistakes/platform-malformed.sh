# A platform that is none.
dockerfile 'FROM scratch'
cooper build --platform 'linux/arm64/v8/x' .
