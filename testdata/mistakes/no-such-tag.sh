# A tag that the registry does not have.
cooper push busybox:1 $REGISTRY/busybox:1 >/dev/null 2>&1
dockerfile "FROM $REGISTRY/busybox:9"
cooper build .
