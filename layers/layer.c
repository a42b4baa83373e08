#include "layers/layer_state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/blob.h"
#include "layers/store.h"
#include "layers/store_state.h"
#include "layers/tree_file.h"

enum { INFO_MAX = 64 * 1024 };

/* ------------------------------------------------------------ table */

struct layer_table {
	pthread_mutex_t lock;
	struct map layers;
};

struct layer_table *
layer_table_new(void)
{
	struct layer_table *t = mem_new(sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

static void
layer_free(struct layer *l)
{
	own_close(&l->dir_fd);
	own_close(&l->tar_fd);
	tree_free(l->tree);
	descriptor_clear(&l->blob);
	for (size_t i = 0; i < l->retired.n; i++)
		own_close(&l->retired.at[i]);
	array_clear(&l->retired);
	array_clear(&l->sources);
	free(l->dir);
	free(l->id);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void
layer_table_free(struct layer_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->layers.n; i++)
		layer_free(t->layers.items[i].value);
	map_clear(&t->layers);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ------------------------------------------------------------ disk */

/* A layer without a readable info is one whose diffID is not known. */
static void
read_info(struct layer *l)
{
	auto_free char *name = mem_print("layers/%s/info", l->id);
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *json = NULL;
	const char *diffid;

	if (jsonio_read(store_fd(l->store), name, INFO_MAX, &json, &ignored) != 1 ||
	    jsonio_str(json, "diffid", &diffid, name, &ignored) != 1 ||
	    !digest_parse(&l->diffid, text_of(diffid)))
		return;
	jsonio_u64(json, "tarSize", &l->tar_size, name, &ignored);
}

int
layer_write_info(const struct layer *l, const char *tmp, struct error *err)
{
	auto_json json_t *json = json_object();
	auto_free char *name = tmp != NULL ? mem_print("%s/info", tmp)
	                                   : mem_print("layers/%s/info", l->id);
	auto_free char *text = NULL;
	char diffid[DIGEST_TEXT_MAX], created[CLOCK_TEXT_MAX];

	if (digest_known(&l->diffid)) {
		jsonio_set(json, "diffid", json_string(digest_text(&l->diffid, diffid)));
		jsonio_set(json, "tarSize", json_integer((json_int_t)l->tar_size));
	}
	jsonio_set(json, "created", json_string(clock_print(clock_wall_ns(), created)));
	text = jsonio_print(json);
	return file_replace(store_fd(l->store), name, text, strlen(text), 0644, err);
}

/* Finds the forms on disk, and marks them as used for the collector. */
static void
look_up_forms(struct layer *l)
{
	auto_free char *home = mem_print("layers/%s", l->id);
	struct stat st;

	if (store_use(l->store, home, NULL) == 1 && stat(l->dir, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		l->forms |= LAYER_DIR;
	if (!digest_known(&l->diffid))
		read_info(l);
	if (digest_known(&l->diffid) && blob_has(l->store, &l->diffid, &l->tar_size))
		l->forms |= LAYER_TAR;
}

/* An id of 64 digits is that of a diffID. */
static void
set_diffid_of_id(struct layer *l)
{
	auto_free char *text = mem_print("sha256:%s", l->id);

	if (strlen(l->id) == 64)
		digest_parse(&l->diffid, text_of(text));
}

static struct layer *
layer_new(struct store *st, const char *id)
{
	struct layer *l = mem_new(sizeof *l);

	l->store = st;
	l->id = mem_copy(id);
	l->dir = mem_print("%s/layers/%s/%s", store_path(st), id, store_dir_name(st));
	l->dir_fd = l->tar_fd = -1;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	set_diffid_of_id(l);
	look_up_forms(l);
	return l;
}

struct layer *
layer_get(struct store *st, const char *id)
{
	struct layer_table *t = store_layers(st);
	struct layer *l;

	pthread_mutex_lock(&t->lock);
	l = map_find(&t->layers, text_of(id));
	pthread_mutex_unlock(&t->lock);
	if (l != NULL)
		return l;
	/* Two threads may both look; the first to come back wins. */
	l = layer_new(st, id);
	pthread_mutex_lock(&t->lock);
	if (map_has(&t->layers, text_of(id))) {
		layer_free(l);
		l = map_find(&t->layers, text_of(id));
	} else {
		map_set(&t->layers, text_of(id), l);
	}
	pthread_mutex_unlock(&t->lock);
	return l;
}

void
layer_add_forms(struct layer *l, unsigned forms, struct tree *tree)
{
	pthread_mutex_lock(&l->lock);
	l->forms |= forms;
	if ((forms & (LAYER_DIR | LAYER_TAR | LAYER_BLOB)) != 0)
		l->lost = false;
	if (tree != NULL && l->tree == NULL) {
		l->tree = take(tree);
		l->forms |= LAYER_TREE;
	}
	pthread_mutex_unlock(&l->lock);
	tree_free(tree);
}

/* Called with the lock held. A borrower of the file may still read it. */
static void
retire_fd(struct layer *l, int *slot)
{
	if (*slot >= 0)
		array_push(&l->retired, *slot);
	*slot = -1;
}

void
layer_remove_forms(struct layer *l, unsigned forms)
{
	pthread_mutex_lock(&l->lock);
	l->forms &= ~forms;
	l->checked &= ~forms;
	if ((forms & LAYER_TAR) != 0)
		retire_fd(l, &l->tar_fd);
	if ((forms & LAYER_DIR) != 0)
		retire_fd(l, &l->dir_fd);
	pthread_mutex_unlock(&l->lock);
}

void
layer_lose_dir(struct layer *l)
{
	auto_free char *home = mem_print("layers/%s", l->id);

	scratch_trash(store_scratch(l->store), store_fd(l->store), home);
	layer_remove_forms(l, LAYER_DIR);
	pthread_mutex_lock(&l->lock);
	l->lost = (l->forms & LAYER_TAR) == 0 && l->sources.n == 0;
	pthread_mutex_unlock(&l->lock);
}

void
layer_add_checked(struct layer *l, unsigned forms)
{
	pthread_mutex_lock(&l->lock);
	l->checked |= forms;
	pthread_mutex_unlock(&l->lock);
}

void
layer_read_index(struct layer *l)
{
	layer_add_forms(l, 0, tree_file_read(l->store, l->id));
}

int
layer_publish_dir(struct layer *l, const char *tmp, struct error *err)
{
	auto_free char *home = mem_print("%s/layers/%s", store_path(l->store), l->id);
	auto_free char *diff = mem_print("%s/%s", tmp, store_dir_name(l->store));

	if (rename(tmp, home) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return error_sys(err, "rename %s to %s", tmp, home);
	/* The info is there already; perhaps the directory was collected. */
	if (rename(diff, l->dir) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		return error_sys(err, "rename %s to %s", diff, l->dir);
	store_trash(l->store, tmp);
	return 0;
}

/* ------------------------------------------------------------ descriptors */

/* Sets *SLOT to FD unless another thread was faster; returns the descriptor that
 * stays. */
static int
settle_fd(struct layer *l, int *slot, int fd)
{
	auto_fd int spare = fd;
	int kept;

	pthread_mutex_lock(&l->lock);
	if (*slot < 0)
		*slot = take_fd(&spare);
	kept = *slot;
	pthread_mutex_unlock(&l->lock);
	return kept;
}

static int
known_fd(struct layer *l, const int *slot)
{
	int fd;

	pthread_mutex_lock(&l->lock);
	fd = *slot;
	pthread_mutex_unlock(&l->lock);
	return fd;
}

int
layer_dir_fd(struct layer *l, struct error *err)
{
	int fd = known_fd(l, &l->dir_fd);

	if (fd >= 0)
		return fd;
	fd = file_open_dir(AT_FDCWD, l->dir, err);
	return fd < 0 ? -1 : settle_fd(l, &l->dir_fd, fd);
}

int
layer_tar_fd(struct layer *l, struct error *err)
{
	int fd = known_fd(l, &l->tar_fd);

	if (fd >= 0)
		return fd;
	fd = blob_open(l->store, &l->diffid, err);
	return fd < 0 ? -1 : settle_fd(l, &l->tar_fd, fd);
}

/* ------------------------------------------------------------ public */

/* Under the lock. */
static void
add_source(struct layer *l, layer_fetch_fn *fetch, void *arg)
{
	for (size_t i = 0; i < l->sources.n; i++)
		if (l->sources.at[i].fetch == fetch && l->sources.at[i].arg == arg)
			return;
	array_push(&l->sources, ((struct layer_source){ fetch, arg }));
}

/* A blob of another size is damaged. */
static bool
has_whole_blob(struct store *st, const struct descriptor *blob)
{
	uint64_t size;

	if (!blob_has(st, &blob->digest, &size))
		return false;
	if (size == blob->size)
		return true;
	blob_drop(st, &blob->digest);
	return false;
}

struct layer *
layer_of_blob(struct store *st, const struct descriptor *blob,
              const struct digest *diffid, layer_fetch_fn *fetch, void *arg,
              struct error *err)
{
	char hex[DIGEST_HEX_MAX];
	struct layer *l;

	if (diffid->alg != DIGEST_SHA256) {
		error_set(err, ERR_DAMAGED, "diffID of layer %s is not a SHA-256 digest",
		          digest_hex(&blob->digest, hex));
		return NULL;
	}
	l = layer_get(st, digest_hex(diffid, hex));
	pthread_mutex_lock(&l->lock);
	if (!digest_known(&l->blob.digest))
		descriptor_copy(&l->blob, blob);
	if (fetch != NULL && digest_equal(&l->blob.digest, &blob->digest))
		add_source(l, fetch, arg);
	pthread_mutex_unlock(&l->lock);
	if (has_whole_blob(st, blob))
		layer_add_forms(l, LAYER_BLOB, NULL);
	return l;
}

static bool
id_is_valid(const char *id)
{
	size_t n = strspn(id, "0123456789abcdef");

	return id[n] == '\0' && (n == 32 || n == 64);
}

/* A directory alone does not tell which entries are in the layer. */
static bool
has_index(struct layer *l)
{
	if (!layer_has(l, LAYER_TREE))
		layer_read_index(l);
	return layer_has(l, LAYER_TREE);
}

/* Another process may have made L since we looked. */
static void
look_again(struct layer *l)
{
	struct layer *now = layer_new(l->store, l->id);

	pthread_mutex_lock(&l->lock);
	l->forms |= now->forms;
	if (digest_known(&now->diffid)) {
		l->diffid = now->diffid;
		l->tar_size = now->tar_size;
	}
	pthread_mutex_unlock(&l->lock);
	layer_free(now);
}

int
layer_find(struct store *st, const char *id, struct layer **out, struct error *err)
{
	struct layer *l;

	if (!id_is_valid(id))
		return error_set(err, ERR_DAMAGED, "not the id of a layer: %.80s", id);
	l = layer_get(st, id);
	if (!layer_has(l, LAYER_TAR) && !layer_has(l, LAYER_DIR))
		look_again(l);
	if (layer_is_lost(l) ||
	    (!layer_has(l, LAYER_TAR) && !(layer_has(l, LAYER_DIR) && has_index(l))))
		return 0;
	*out = l;
	return 1;
}

const char *
layer_id(const struct layer *l)
{
	return l->id;
}

struct layer_facts
layer_facts(const struct layer *l)
{
	/* The mutex is not part of the layer's value, so it may be locked in a const
	 * layer. */
	struct layer *locked = (struct layer *)(uintptr_t)l;
	struct layer_facts facts;

	pthread_mutex_lock(&locked->lock);
	facts = (struct layer_facts){ .forms = l->forms,
		                      .is_lost = l->lost,
		                      .diffid = l->diffid,
		                      .tar_size = l->tar_size,
		                      .is_pulled = digest_known(&l->blob.digest) };
	pthread_mutex_unlock(&locked->lock);
	return facts;
}

bool
layer_has(const struct layer *l, enum layer_form form)
{
	return (layer_facts(l).forms & form) != 0;
}

bool
layer_is_lost(const struct layer *l)
{
	return layer_facts(l).is_lost;
}

bool
layer_diffid(const struct layer *l, struct digest *out)
{
	const struct layer_facts facts = layer_facts(l);

	if (!digest_known(&facts.diffid))
		return false;
	*out = facts.diffid;
	return true;
}

/* Once known, the diffID never changes. */
const struct descriptor *
layer_blob(const struct layer *l)
{
	return layer_facts(l).is_pulled ? &l->blob : NULL;
}

const char *
layer_dir(const struct layer *l)
{
	return l->dir;
}
