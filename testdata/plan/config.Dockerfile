FROM full
LABEL of=child name="a b"
EXPOSE 53/udp 8000-8002
VOLUME /data /more
VOLUME ["/with blank"]
STOPSIGNAL SIGQUIT
USER me:staff
WORKDIR sub
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
CMD serve | tee log
ENTRYPOINT ["/new", "-x"]
HEALTHCHECK --interval=30s --retries=2 CMD curl -f localhost
ONBUILD RUN make
ONBUILD COPY . .
MAINTAINER Somebody <s@example.org>
ENV A=changed C="new one"
# plan: label=name=given label=extra=1
