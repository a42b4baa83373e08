# A base image that the registry does not have.
dockerfile "FROM $REGISTRY/nothing:1"
cooper build .
