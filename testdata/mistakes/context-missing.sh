# The context is not there.
cooper build contxt
