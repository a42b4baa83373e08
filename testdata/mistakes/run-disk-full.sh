# The disk becomes full in a step.
small-disk
dockerfile 'FROM busybox:1' 'RUN dd if=/dev/zero of=/big bs=1M count=400'
cp -r "$COOPER_ROOT" $SMALL/store
cooper build --root $SMALL/store .
