FROM alpine AS base
ONBUILD ARG DIR=/app
ONBUILD WORKDIR $DIR
ENV FROM_BASE=1

FROM base AS Second
COPY --from=replaced /x /x
RUN second

FROM nosuch AS unused
RUN never

FROM scratch AS replaced
RUN not this either

FROM triggers AS third
COPY --from=0 /etc /etc
COPY --from=SECOND / /second
COPY --from=busybox:1 /bin/busybox /bin/
COPY --from=files . /files
FROM scratch
RUN the last one is not the target
# plan: target=THIRD context=files=./dir context=replaced=docker-image://full
