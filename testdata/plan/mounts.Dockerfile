FROM alpine AS tools
RUN apk add make

FROM alpine
WORKDIR /src
ENV CACHE=/cache
RUN --mount=target=. --mount=from=tools,source=/usr/bin,target=/tools make
RUN --mount=type=cache,target=$CACHE,id=deps,sharing=locked,uid=1000,gid=1000,mode=0755 \
    --mount=type=cache,from=tools,source=/var/cache,target=/var/cache,sharing=private \
    --mount=type=tmpfs,target=/tmp,size=64m \
    fetch
RUN --mount=type=secret,id=token,required,env=TOKEN \
    --mount=type=secret,id=cfg,target=/root/.cfg,mode=0444 \
    --mount=type=ssh \
    login --token=$TOKEN
RUN --network=none --mount=type=bind,from=debian:12,target=/deb,rw test
# plan: arg=BUILDKIT_CACHE_MOUNT_NS=project host=registry=10.0.0.1
