# FROM with a variable that is not set, and nothing else.
dockerfile 'FROM $BASE'
cooper build .
