# check=skip=MaintainerDeprecated;error=true
FROM --platform=linux/amd64 alpine as Build
MAINTAINER nobody
run echo \

  x
ENV legacy value
ARG API_TOKEN
WORKDIR relative
EXPOSE 127.0.0.1:80:80/TCP
COPY secret.txt $UNDEFINED
# check=skip=JSONArgsRecommended
CMD first
CMD second
FROM alpine AS build
# plan: all-stages ignore=secret.txt
