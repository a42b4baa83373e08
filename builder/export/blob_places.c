#include "builder/export/blob_places.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/event.h"
#include "base/sealed.h"
#include "layers/store.h"

#define MAGIC      "cooper-seen-1\n"
#define MAGIC_SIZE sizeof MAGIC

enum {
	HASH_SIZE = 32,
	REPO_MAX = 1024,
	SEEN_MAX = 8192, /* about 300 KB */
};

struct seen {
	uint8_t blob[HASH_SIZE];
	uint32_t repo;
};

struct seen_list {
	ARRAY(char *) repos;
	ARRAY(struct seen) blobs; /* the latest first */
};

struct blob_places {
	struct store *store;
	char *name;
	struct seen_list known;
	pthread_mutex_t lock;
	struct seen_list added; /* under lock */
};

static void
list_clear(struct seen_list *l)
{
	for (size_t i = 0; i < l->repos.n; i++)
		free(l->repos.at[i]);
	array_clear(&l->repos);
	array_clear(&l->blobs);
}

static uint32_t
number_of(struct seen_list *l, struct text repo)
{
	for (size_t i = 0; i < l->repos.n; i++)
		if (text_is(repo, l->repos.at[i]))
			return (uint32_t)i;
	array_push(&l->repos, text_copy(repo));
	return (uint32_t)l->repos.n - 1;
}

/* Among the first N. */
static bool
has(const struct seen_list *l, size_t n, const struct seen *one)
{
	for (size_t i = 0; i < n; i++)
		if (l->blobs.at[i].repo == one->repo &&
		    memcmp(l->blobs.at[i].blob, one->blob, HASH_SIZE) == 0)
			return true;
	return false;
}

/* Unless it is among the first N. */
static void
add(struct seen_list *l, size_t n, const uint8_t *blob, struct text repo)
{
	struct seen one = { .repo = number_of(l, repo) };

	memcpy(one.blob, blob, HASH_SIZE);
	if (l->blobs.n < SEEN_MAX && !has(l, n, &one))
		array_push(&l->blobs, one);
}

/* ------------------------------------------------------------ the file */

static bool
read_list(struct sealed_reader *r, struct seen_list *out)
{
	const void *magic = sealed_get(r, MAGIC_SIZE);
	uint32_t n = 0, length = 0;

	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
		return false;
	sealed_get_copy(r, &n, sizeof n);
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		const char *text = NULL;

		sealed_get_copy(r, &length, sizeof length);
		if (length > REPO_MAX || (text = sealed_get(r, length)) == NULL)
			return false;
		array_push(&out->repos, text_copy((struct text){ text, length }));
	}
	sealed_get_copy(r, &n, sizeof n);
	if (n > SEEN_MAX)
		return false;
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		struct seen *one = array_add(&out->blobs);

		sealed_get_copy(r, one->blob, HASH_SIZE);
		sealed_get_copy(r, &one->repo, sizeof one->repo);
		if (one->repo >= out->repos.n)
			return false;
	}
	return sealed_left(r) == 0 && sealed_is_whole(r);
}

/* Empty if there is none, or it is damaged. */
static void
load(const struct blob_places *p, struct seen_list *out)
{
	auto_sealed_reader struct sealed_reader r = SEALED_READER_INIT;
	auto_error struct error ignored = ERROR_INIT;

	if (sealed_open(&r, store_fd(p->store), p->name, &ignored) == 1 &&
	    read_list(&r, out))
		return;
	list_clear(out);
}

static int
fill_list(void *arg, struct sealed_writer *w, struct error *err)
{
	const struct seen_list *l = arg;
	uint32_t n = (uint32_t)l->repos.n;

	(void)err;
	sealed_add(w, MAGIC, MAGIC_SIZE);
	sealed_add(w, &n, sizeof n);
	for (size_t i = 0; i < l->repos.n; i++) {
		n = (uint32_t)strlen(l->repos.at[i]);
		sealed_add(w, &n, sizeof n);
		sealed_add(w, l->repos.at[i], n);
	}
	n = (uint32_t)l->blobs.n;
	sealed_add(w, &n, sizeof n);
	for (size_t i = 0; i < l->blobs.n; i++) {
		sealed_add(w, l->blobs.at[i].blob, HASH_SIZE);
		sealed_add(w, &l->blobs.at[i].repo, sizeof n);
	}
	return 0;
}

/* ------------------------------------------------------------ the places */

struct blob_places *
blob_places_open(struct store *st, const char *host)
{
	struct blob_places *p = mem_new(sizeof *p);
	const struct digest d = digest_of(host, strlen(host));
	char hex[DIGEST_HEX_MAX];

	p->store = st;
	p->name = mem_print("seen/%s", digest_hex(&d, hex));
	pthread_mutex_init(&p->lock, NULL);
	load(p, &p->known);
	return p;
}

const char *
blob_places_find(const struct blob_places *p, const struct digest *blob, const char *repo)
{
	for (size_t i = 0; blob->alg == DIGEST_SHA256 && i < p->known.blobs.n; i++) {
		const struct seen *one = &p->known.blobs.at[i];

		if (memcmp(one->blob, blob->bytes, HASH_SIZE) == 0 &&
		    strcmp(p->known.repos.at[one->repo], repo) != 0)
			return p->known.repos.at[one->repo];
	}
	return NULL;
}

void
blob_places_add(struct blob_places *p, const struct digest *blob, const char *repo)
{
	if (blob->alg != DIGEST_SHA256)
		return;
	pthread_mutex_lock(&p->lock);
	add(&p->added, p->added.blobs.n, blob->bytes, text_of(repo));
	pthread_mutex_unlock(&p->lock);
}

static bool
adds_nothing(struct blob_places *p)
{
	for (size_t i = 0; i < p->added.blobs.n; i++) {
		struct seen one = p->added.blobs.at[i];

		one.repo = number_of(&p->known, text_of(p->added.repos.at[one.repo]));
		if (!has(&p->known, p->known.blobs.n, &one))
			return false;
	}
	return true;
}

void
blob_places_keep(struct blob_places *p)
{
	auto_error struct error err = ERROR_INIT;
	struct seen_list old = { 0 };
	const size_t n_new = p->added.blobs.n;

	if (adds_nothing(p))
		return;
	/* Another process may have written meanwhile. */
	load(p, &old);
	for (size_t i = 0; i < old.blobs.n; i++)
		add(&p->added, n_new, old.blobs.at[i].blob,
		    text_of(old.repos.at[old.blobs.at[i].repo]));
	list_clear(&old);
	if (sealed_replace(store_fd(p->store), p->name, 0600, fill_list, &p->added,
	                   &err) < 0)
		event_warn_error(0, &err, "where blobs are is not noted");
}

void
blob_places_free(struct blob_places *p)
{
	if (p == NULL)
		return;
	list_clear(&p->known);
	list_clear(&p->added);
	pthread_mutex_destroy(&p->lock);
	free(p->name);
	free(p);
}
