/*
 * hosts: how to reach each host: address, http or https, certificates.
 *
 *	docker.io        https://registry-1.docker.io
 *	localhost:5000   http, or https if only https answers
 *	in insecure      https unverified, or http if only http answers
 *	all others       https, verified
 *
 * Certificates come from HOST[:PORT]/ below ~/.config/containers/certs.d,
 * /etc/containers/certs.d and /etc/docker/certs.d (the first that exists), or, if there
 * is one, only from the directory that the options name:
 * *.crt are authorities in addition to the system's, NAME.cert and NAME.key are
 * the client's pair. Files that the options name for a host win. SSL_CERT_FILE and SSL_CERT_DIR replace the system's.
 *
 * A host is made on first use and lives as long as the session. All but its
 * atomic members are immutable, so threads share it.
 */
#ifndef REGISTRY_HOSTS_H
#define REGISTRY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/http/host.h"
#include "base/text.h"

struct hosts;
struct mirrors;

struct registry_options;

/* Copies what OPTIONS says about hosts. MIRRORS is borrowed: its settings may also mark
 * hosts as insecure. */
struct hosts *
hosts_new(const struct registry_options *options, const struct mirrors *mirrors);
void hosts_free(struct hosts *hosts); /* takes NULL */

/* The settings of NAME, borrowed from HOSTS. NULL if its certificate files
 * cannot be used. */
struct host *hosts_get(struct hosts *hosts, const char *name, struct error *err);

/* Whether NAME is this machine: "localhost:80", "127.1.2.3", "[::1]". */
bool host_is_loopback(const char *name);

#endif
