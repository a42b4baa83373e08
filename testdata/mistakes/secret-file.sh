# The secret's file is not there.
dockerfile 'FROM scratch'
cooper build --secret id=tok,src=nowhere .
