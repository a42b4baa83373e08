#include "registry/hosts.h"

#include <fcntl.h>
#include <pthread.h>

#include "base/base.h"
#include "base/count.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/map.h"
#include "registry/mirrors.h"
#include "registry/registry.h"

/* A bundle of authorities is some hundred KiB. */
#define CA_MAX    (4u << 20)
#define FILES_MAX 64

struct hosts {
	pthread_mutex_t lock; /* guards the map; also held while a host's few
	                       * small files are read, so that is done once */
	struct map by_name;
	ARRAY(char *) insecure;
	ARRAY(struct registry_certs) certs; /* owned texts */
	char *cert_dir;
	const struct mirrors *mirrors;
	char *ca_file, *ca_dir;
};

/* Where systems keep their bundle. libcurl's default is that of the system where it was
 * built, which may differ. */
static const char *const system_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/var/lib/ca-certificates/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/ssl/cert.pem",
	"/etc/ssl/certs/ca-bundle.crt",
};

static char *
find_bundle(void)
{
	const char *env = getenv("SSL_CERT_FILE");

	if (env != NULL && *env != '\0')
		return mem_copy(env);
	for (size_t i = 0; i < COUNT_OF(system_bundles); i++)
		if (access(system_bundles[i], R_OK) == 0)
			return mem_copy(system_bundles[i]);
	return NULL;
}

struct hosts *
hosts_new(const struct registry_options *options, const struct mirrors *mirrors)
{
	struct hosts *hosts = mem_new(sizeof *hosts);
	const char *dir = getenv("SSL_CERT_DIR");

	pthread_mutex_init(&hosts->lock, NULL);
	for (size_t i = 0; i < options->n_insecure; i++)
		array_push(&hosts->insecure, mem_copy(options->insecure[i]));
	for (size_t i = 0; i < options->n_certs; i++) {
		const struct registry_certs *c = &options->certs[i];

		array_push(&hosts->certs, ((struct registry_certs){
		                                  mem_copy(c->host), mem_copy(c->ca),
		                                  mem_copy(c->cert), mem_copy(c->key) }));
	}
	hosts->cert_dir = mem_copy(options->cert_dir);
	hosts->mirrors = mirrors;
	hosts->ca_file = find_bundle();
	hosts->ca_dir = dir != NULL && *dir != '\0' ? mem_copy(dir) : NULL;
	return hosts;
}

static void
host_free(struct host *host)
{
	if (host == NULL)
		return;
	free(host->name);
	free(host->address);
	free(host->ca);
	free(host->cert);
	free(host->key);
	free(host);
}

static void
own_host(struct host **host)
{
	host_free(*host);
	*host = NULL;
}
#define auto_host __attribute__((cleanup(own_host)))

static void
certs_clear(struct registry_certs *c)
{
	free((char *)(uintptr_t)c->host);
	free((char *)(uintptr_t)c->ca);
	free((char *)(uintptr_t)c->cert);
	free((char *)(uintptr_t)c->key);
}

void
hosts_free(struct hosts *hosts)
{
	if (hosts == NULL)
		return;
	for (size_t i = 0; i < hosts->by_name.n; i++)
		host_free(hosts->by_name.items[i].value);
	map_clear(&hosts->by_name);
	for (size_t i = 0; i < hosts->insecure.n; i++)
		free(hosts->insecure.at[i]);
	array_clear(&hosts->insecure);
	for (size_t i = 0; i < hosts->certs.n; i++)
		certs_clear(&hosts->certs.at[i]);
	array_clear(&hosts->certs);
	free(hosts->cert_dir);
	free(hosts->ca_file);
	free(hosts->ca_dir);
	pthread_mutex_destroy(&hosts->lock);
	free(hosts);
}

/* NAME without ":port"; for "[::1]:5000", the part between the brackets. */
static struct text
bare_name(const char *name)
{
	struct text t = text_of(name);
	const bool is_in_brackets = t.n > 0 && t.p[0] == '[';

	if (is_in_brackets)
		t = text_from(t, 1);
	return text_cut(&t, is_in_brackets ? ']' : ':');
}

/* Four numbers, the first of which is 127. A name like 127.0.0.1.example.org is not on
 * this machine. */
static bool
is_loopback_v4(struct text t)
{
	size_t dots = 0;

	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '.')
			dots++;
		else if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	}
	return dots == 3 && text_starts(t, "127.");
}

bool
host_is_loopback(const char *name)
{
	struct text t = bare_name(name);

	return text_equal_nocase(t, TEXT("localhost")) || text_ends(t, ".localhost") ||
	       text_is(t, "::1") || is_loopback_v4(t);
}

/* An entry without a port stands for all ports of the host. */
static bool
is_insecure(const struct hosts *hosts, const char *name)
{
	for (size_t i = 0; i < hosts->insecure.n; i++) {
		struct text entry = text_of(hosts->insecure.at[i]);

		if (text_is(entry, "*") || text_is(entry, name) ||
		    text_equal(entry, bare_name(name)))
			return true;
	}
	return mirrors_insecure(hosts->mirrors, name);
}

/* Appends the authority files of DIR, in order of their names. */
static int
read_authority(struct buf *ca, int dir_fd, const char *dir, const char *name,
               struct error *err)
{
	int found = file_read(dir_fd, name, CA_MAX, ca, err);

	if (found < 0)
		return error_wrap(err, "read %s/%s", dir, name);
	buf_add_char(ca, '\n');
	return 0;
}

static int
note_pair(struct host *host, int dir_fd, const char *dir, const char *name,
          struct error *err)
{
	struct text stem = text_first(text_of(name), strlen(name) - strlen(".cert"));
	auto_free char *key = mem_print("%.*s.key", TEXT_ARG(stem));

	auto_fd int key_fd = -1;

	if (host->cert != NULL)
		return 0;
	key_fd = openat(dir_fd, key, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (key_fd < 0)
		return error_sys(err, "client certificate %s/%s: key %s", dir, name, key);
	host->cert = mem_print("%s/%s", dir, name);
	host->key = mem_print("%s/%s", dir, key);
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
read_entries(struct host *host, struct buf *ca, struct listing *entries, const char *dir,
             struct error *err)
{
	ARRAY(char *) names = { 0 };
	const char *found = NULL;
	int rc = 0;

	while (names.n < FILES_MAX && (found = listing_next(entries)) != NULL)
		if (text_ends(text_of(found), ".crt") ||
		    text_ends(text_of(found), ".cert"))
			array_push(&names, mem_copy(found));
	if (listing_failed(entries))
		rc = error_sys(err, "list %s", dir);
	array_sort(&names, compare_names);
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.at[i];

		if (rc == 0 && text_ends(text_of(name), ".crt"))
			rc = read_authority(ca, listing_fd(entries), dir, name, err);
		else if (rc == 0)
			rc = note_pair(host, listing_fd(entries), dir, name, err);
		free(names.at[i]);
	}
	array_clear(&names);
	return rc;
}

/* libcurl takes one text, and the host may as well have a certificate of a public
 * authority. */
static int
keep_authorities(struct host *host, const struct hosts *hosts, struct buf *ca,
                 struct error *err)
{
	buf_add_char(ca, '\n');
	if (hosts->ca_file != NULL &&
	    file_read(AT_FDCWD, hosts->ca_file, CA_MAX, ca, err) < 0)
		return error_wrap(err, "read %s", hosts->ca_file);
	host->ca = buf_take(ca);
	return 0;
}

/* 1 if DIR exists and was read. */
static int
read_certs_dir(struct host *host, const struct hosts *hosts, const char *dir,
               struct error *err)
{
	auto_listing struct listing entries = listing_open(AT_FDCWD, dir);
	auto_buf struct buf ca = BUF_INIT;

	if (listing_failed(&entries) && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (read_entries(host, &ca, &entries, dir, err) < 0 ||
	    (ca.n > 0 && keep_authorities(host, hosts, &ca, err) < 0))
		return -1;
	return 1;
}

/* The directory that the options name, which is nobody's in particular: 1 if it has
 * certificates. */
static int
read_own_dir(struct host *host, const struct hosts *hosts, struct error *err)
{
	int found = read_certs_dir(host, hosts, hosts->cert_dir, err);

	if (found == 0)
		return error_set(err, ERR_SOURCE, "%s: no such directory",
		                 hosts->cert_dir);
	return found < 0 ? -1 : host->ca != NULL || host->cert != NULL;
}

/* The authorities in the file PATH. */
static int
read_authorities(struct host *host, const struct hosts *hosts, const char *path,
                 struct error *err)
{
	auto_buf struct buf ca = BUF_INIT;
	int found = file_read(AT_FDCWD, path, CA_MAX, &ca, err);

	if (found == 0)
		return error_set(err, ERR_SOURCE, "%s: no such file", path);
	return found < 0 ? error_wrap(err, "read %s", path)
	                 : keep_authorities(host, hosts, &ca, err);
}

/* The files that the options name for the host. 1 if there are some. */
static int
read_named(struct host *host, const struct hosts *hosts, struct error *err)
{
	int found = 0;

	for (size_t i = 0; i < hosts->certs.n; i++) {
		const struct registry_certs *c = &hosts->certs.at[i];

		if (strcmp(c->host, host->name) != 0)
			continue;
		found = 1;
		if (c->cert != NULL && host->cert == NULL) {
			host->cert = mem_copy(c->cert);
			host->key = mem_copy(c->key);
		}
		if (c->ca != NULL && host->ca == NULL &&
		    read_authorities(host, hosts, c->ca, err) < 0)
			return -1;
	}
	return found;
}

static int
read_certs(struct host *host, const struct hosts *hosts, struct error *err)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	auto_free char *own = NULL;
	int found = 0;
	const char *dirs[] = { NULL, "/etc/containers/certs.d", "/etc/docker/certs.d" };

	if (config != NULL && *config == '/')
		own = mem_print("%s/containers/certs.d", config);
	else if (home != NULL && *home == '/')
		own = mem_print("%s/.config/containers/certs.d", home);
	dirs[0] = own;
	found = read_named(host, hosts, err);
	if (found != 0)
		return found;
	if (hosts->cert_dir != NULL)
		return read_own_dir(host, hosts, err);
	for (size_t i = 0; i < COUNT_OF(dirs); i++) {
		auto_free char *dir = NULL;

		if (dirs[i] == NULL)
			continue;
		dir = mem_print("%s/%s", dirs[i], host->name);
		found = read_certs_dir(host, hosts, dir, err);
		if (found != 0)
			return found;
	}
	return 0;
}

static struct host *
host_make(const struct hosts *hosts, const char *name, struct error *err)
{
	auto_host struct host *host = mem_new(sizeof *host);
	bool insecure = is_insecure(hosts, name);
	int certs;

	host->name = mem_copy(name);
	host->address = mem_copy(strcmp(name, "docker.io") == 0 ||
	                                         strcmp(name, "index.docker.io") == 0
	                                 ? "registry-1.docker.io"
	                                 : name);
	host->loopback = host_is_loopback(name);
	host->verify = !insecure;
	host->ca_file = hosts->ca_file;
	host->ca_dir = hosts->ca_dir;
	certs = strchr(name, '/') == NULL ? read_certs(host, hosts, err) : 0;
	if (certs < 0) {
		error_wrap(err, "%s", name);
		return NULL;
	}
	/* Certificates for a host mean that it uses TLS. */
	host->may_fall_back = insecure || (host->loopback && certs == 0);
	host->scheme = host->loopback && certs == 0 ? HOST_HTTP : HOST_HTTPS;
	host->settled = !host->may_fall_back;
	return take(host);
}

struct host *
hosts_get(struct hosts *hosts, const char *name, struct error *err)
{
	struct host *host;

	pthread_mutex_lock(&hosts->lock);
	host = map_find(&hosts->by_name, text_of(name));
	if (host == NULL) {
		host = host_make(hosts, name, err);
		if (host != NULL)
			map_set(&hosts->by_name, text_of(name), host);
	}
	pthread_mutex_unlock(&hosts->lock);
	return host;
}
