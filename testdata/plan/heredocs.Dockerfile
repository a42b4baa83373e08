FROM alpine
ARG NAME=world
RUN <<EOF
set -e
echo "hello $NAME"
EOF
RUN <<-'PY'
	#!/usr/bin/env python3
	print("hello")
	PY
RUN cat <<A >/a && cat <<B >/b
one
A
two
B
COPY <<conf <<"raw" file /etc/app/
name = ${NAME}
cost = \$5
conf
name = ${NAME}
raw
COPY --chmod=755 <<-EOF /run.sh
	#!/bin/sh
	exec app "$@"
EOF
