/*
 * host: how one server is reached. Who makes it decides: a registry's settings, or those
 * of another protocol.
 *
 * All but its atomic members are immutable, so threads share it.
 */
#ifndef BASE_HTTP_HOST_H
#define BASE_HTTP_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The scheme to try first, and what is known about it. */
enum host_scheme { HOST_HTTP, HOST_HTTPS };

struct host {
	char *name;          /* as in references: "docker.io", "localhost:5000" */
	char *address;       /* host[:port] to connect to */
	bool loopback;       /* never through a proxy */
	bool verify;         /* certificates must be valid */
	bool may_fall_back;  /* the other scheme is allowed too */
	char *ca;            /* PEM text of all authorities, or NULL: ca_file */
	const char *ca_file; /* the system's, or NULL: libcurl's own choice */
	const char *ca_dir;  /* SSL_CERT_DIR or NULL */
	char *cert, *key;    /* paths of the client's pair, or NULL */
	atomic_int scheme;   /* enum host_scheme */
	atomic_bool settled; /* something has answered with this scheme */
	atomic_bool warned;  /* its "Warning" was shown */
	atomic_bool down;    /* a mirror that failed: not tried again */
	atomic_size_t chunk; /* largest body it takes in one upload request; 0: any */
};

/* "http://localhost:5000": where requests to the host begin. Caller frees. */
char *host_url(const struct host *host);

#endif
