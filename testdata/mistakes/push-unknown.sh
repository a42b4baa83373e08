# push of an image that is not here.
cooper push nothing:1
