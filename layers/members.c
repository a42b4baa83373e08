#include "layers/members.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/sealed.h"
#include "layers/blob.h"
#include "layers/store.h"

#define MAGIC      "cooper-members-2\n"
#define MAGIC_SIZE sizeof MAGIC

enum {
	HASH_SIZE = 32,
	MEMBERS_MAX = 65536, /* about 5 MiB, and 50 GiB of layers */
	OPEN_MAX_BLOBS = 64,
};

/* As in the file. */
struct member {
	uint8_t plain[HASH_SIZE];
	uint64_t offset;
	uint32_t size, crc; /* of the compressed bytes */
	uint32_t blob, unused;
};

struct list {
	ARRAY(struct digest) blobs; /* the latest first */
	ARRAY(struct member) members;
};

struct members {
	struct store *store;
	char *name;
	pthread_mutex_t lock;
	bool is_read; /* under lock; then KNOWN does not change */
	struct list known;
	int *fds; /* of known.blobs, under lock; -1: not open */
	size_t n_open;
	struct list made; /* members of the blob to come */
	uint64_t offset;
};

static void
list_clear(struct list *l)
{
	array_clear(&l->blobs);
	array_clear(&l->members);
}

/* ------------------------------------------------------------ the file */

static uint32_t
get_count(struct sealed_reader *r, size_t each)
{
	uint32_t n = 0;

	sealed_get_copy(r, &n, sizeof n);
	return n <= sealed_left(r) / each ? n : 0;
}

static bool
read_list(struct sealed_reader *r, struct list *out)
{
	const void *magic = sealed_get(r, MAGIC_SIZE);
	uint32_t n = 0;

	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
		return false;
	n = get_count(r, HASH_SIZE);
	for (uint32_t i = 0; i < n; i++) {
		struct digest *d = array_add(&out->blobs);

		d->alg = DIGEST_SHA256;
		sealed_get_copy(r, d->bytes, HASH_SIZE);
	}
	n = get_count(r, sizeof(struct member));
	for (uint32_t i = 0; i < n; i++) {
		struct member *m = array_add(&out->members);

		sealed_get_copy(r, m, sizeof *m);
		if (m->blob >= out->blobs.n)
			return false;
	}
	return sealed_left(r) == 0 && sealed_is_whole(r);
}

/* Empty if there is none, or it is damaged. */
static void
load(const struct members *m, struct list *out)
{
	auto_sealed_reader struct sealed_reader r = SEALED_READER_INIT;
	auto_error struct error ignored = ERROR_INIT;

	if (sealed_open(&r, store_fd(m->store), m->name, &ignored) == 1 &&
	    read_list(&r, out))
		return;
	list_clear(out);
}

static int
fill_list(void *arg, struct sealed_writer *w, struct error *err)
{
	const struct list *l = arg;
	uint32_t n = (uint32_t)l->blobs.n;

	(void)err;
	sealed_add(w, MAGIC, MAGIC_SIZE);
	sealed_add(w, &n, sizeof n);
	for (size_t i = 0; i < l->blobs.n; i++)
		sealed_add(w, l->blobs.at[i].bytes, HASH_SIZE);
	n = (uint32_t)l->members.n;
	sealed_add(w, &n, sizeof n);
	sealed_add(w, l->members.at, n * sizeof *l->members.at);
	return 0;
}

/* ------------------------------------------------------------ finding */

struct members *
members_open(struct store *st, const char *name)
{
	struct members *m = mem_new(sizeof *m);

	m->store = st;
	m->name = mem_print("members/%s", name);
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

static int
compare_plain(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return memcmp(x->plain, y->plain, HASH_SIZE);
}

/* Under the lock. */
static void
read_once(struct members *m)
{
	if (m->is_read)
		return;
	m->is_read = true;
	load(m, &m->known);
	m->fds = mem_new_n(m->known.blobs.n + 1, sizeof *m->fds);
	for (size_t i = 0; i < m->known.blobs.n; i++)
		m->fds[i] = -1;
}

/* The open blob of FOUND, or -1. Borrowed. */
static int
find_place(struct members *m, const struct digest *plain, const struct member **found)
{
	auto_error struct error ignored = ERROR_INIT;
	struct member key;
	int fd = -1;

	memcpy(key.plain, plain->bytes, HASH_SIZE);
	pthread_mutex_lock(&m->lock);
	read_once(m);
	*found = m->known.members.n == 0
	                 ? NULL
	                 : bsearch(&key, m->known.members.at, m->known.members.n,
	                           sizeof key, compare_plain);
	if (*found != NULL) {
		const uint32_t blob = (*found)->blob;

		if (m->fds[blob] < 0 && m->n_open < OPEN_MAX_BLOBS &&
		    blob_has(m->store, &m->known.blobs.at[blob], NULL)) {
			m->fds[blob] = blob_open(m->store, &m->known.blobs.at[blob],
			                         &ignored);
			m->n_open += m->fds[blob] >= 0;
		}
		fd = m->fds[blob];
	}
	pthread_mutex_unlock(&m->lock);
	return fd;
}

size_t
members_take(struct members *m, const struct digest *plain, char *to, size_t room)
{
	const struct member *found = NULL;
	const int fd = find_place(m, plain, &found);

	if (fd < 0 || found->size > room ||
	    pread(fd, to, found->size, (off_t)found->offset) != (ssize_t)found->size)
		return 0;
	return libdeflate_crc32(0, to, found->size) == found->crc ? found->size : 0;
}

/* ------------------------------------------------------------ keeping */

void
members_add(struct members *m, const struct digest *plain, const void *bytes, size_t n)
{
	struct member *one = array_add(&m->made.members);

	memcpy(one->plain, plain->bytes, HASH_SIZE);
	one->offset = m->offset;
	one->size = (uint32_t)n;
	one->crc = libdeflate_crc32(0, bytes, n);
	m->offset += n;
}

/* Behind those of the new blob, with their blobs, if these still exist. */
static void
add_old(struct members *m, const struct list *old)
{
	auto_free uint32_t *places = mem_new_n(old->blobs.n + 1, sizeof *places);

	for (size_t i = 0; i < old->blobs.n; i++) {
		const struct digest *d = &old->blobs.at[i];

		if (digest_equal(d, &m->made.blobs.at[0]) || !blob_has(m->store, d, NULL))
			continue;
		array_push(&m->made.blobs, *d);
		places[i] = (uint32_t)m->made.blobs.n - 1;
	}
	for (size_t i = 0; i < old->members.n; i++) {
		struct member one = old->members.at[i];

		one.blob = places[one.blob];
		if (one.blob != 0)
			array_push(&m->made.members, one);
	}
}

static int
compare_blob(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return (x->blob > y->blob) - (x->blob < y->blob);
}

static int
compare_both(const void *a, const void *b)
{
	const int order = compare_plain(a, b);

	return order != 0 ? order : compare_blob(a, b);
}

/* Each once, in the latest blob; not too many. */
static void
sort_out(struct list *l)
{
	size_t n = 0;

	qsort(l->members.at, l->members.n, sizeof *l->members.at, compare_both);
	for (size_t i = 0; i < l->members.n; i++)
		if (n == 0 ||
		    compare_plain(&l->members.at[n - 1], &l->members.at[i]) != 0)
			l->members.at[n++] = l->members.at[i];
	l->members.n = n;
	if (n <= MEMBERS_MAX)
		return;
	qsort(l->members.at, n, sizeof *l->members.at, compare_blob);
	l->members.n = MEMBERS_MAX;
	qsort(l->members.at, MEMBERS_MAX, sizeof *l->members.at, compare_plain);
}

void
members_keep(struct members *m, const struct digest *blob)
{
	/* Layers are compressed side by side; another process may still win. */
	static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER;
	auto_error struct error err = ERROR_INIT;
	struct list old = { 0 };

	if (m->made.members.n == 0)
		return;
	array_push(&m->made.blobs, *blob);
	pthread_mutex_lock(&keeping);
	load(m, &old);
	add_old(m, &old);
	list_clear(&old);
	sort_out(&m->made);
	if (sealed_replace(store_fd(m->store), m->name, 0600, fill_list, &m->made, &err) <
	    0)
		event_warn_error(0, &err, "the members of the layer are not noted");
	pthread_mutex_unlock(&keeping);
}

void
members_free(struct members *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; m->fds != NULL && i < m->known.blobs.n; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	free(m->fds);
	list_clear(&m->known);
	list_clear(&m->made);
	pthread_mutex_destroy(&m->lock);
	free(m->name);
	free(m);
}
