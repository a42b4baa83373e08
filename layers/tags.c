#include "base/count.h"
#include "layers/tags_index.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/store.h"
#include "layers/store_state.h"
#include "layers/tags.h"

#define NAME_KEY  "io.containerd.image.name"
#define REF_KEY   "org.opencontainers.image.ref.name"
#define INDEX_MAX ((size_t)64 << 20)
#define INDEX_JSON                                                                       \
	"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"manifests\":[]}"

/* Notes about an image that are true of one builder's run only. */
static const char *const not_kept[] = { "config.digest", "containerimage.config.digest" };

/* ------------------------------------------------------------ the file */

static json_t *
parse_index(struct text bytes, const char *file, struct error *err)
{
	auto_json json_t *index = jsonio_parse(bytes, file, err);
	json_t *manifests = NULL;

	if (index == NULL)
		return NULL;
	if (!json_is_object(index)) {
		error_set(err, ERR_DAMAGED, "%s: not an object", file);
		return NULL;
	}
	if (jsonio_array(index, "manifests", &manifests, file, err) < 0)
		return NULL;
	if (manifests == NULL)
		jsonio_set(index, "manifests", json_array());
	return take(index);
}

static json_t *
read_file(struct store *st, const char *file, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	int found = file_read(store_fd(st), file, INDEX_MAX, &bytes, err);

	if (found == 0)
		error_set(err, ERR_DAMAGED, "%s is not there", file);
	return found == 1 ? parse_index(buf_text(&bytes), file, err) : NULL;
}

/* A crash may leave index.json empty, truncated, or filled with zeros, and index.old,
 * too, if it was young. The images are still there then, and get their names again when
 * they are built. */
static json_t *
read_older_index(struct store *st, struct error *err)
{
	auto_error struct error second = ERROR_INIT;
	json_t *index = read_file(st, "index.old", &second);

	if (index == NULL && second.code == ERR_DAMAGED) {
		index = parse_index(text_of(INDEX_JSON), "index.json", &second);
		event_warn_error(0, err, "the names of images are lost");
	}
	if (index != NULL)
		error_clear(err);
	return index;
}

/* SOUND (may be NULL): index.json is what it should be. */
static json_t *
read_index(struct store *st, bool *sound, struct error *err)
{
	json_t *index = read_file(st, "index.json", err);

	if (sound != NULL)
		*sound = index != NULL;
	if (index == NULL && err->code == ERR_DAMAGED)
		index = read_older_index(st, err);
	if (index == NULL)
		store_wrap(st, err);
	return index;
}

/* SOUND: of the one there is. */
static int
write_index(struct store *st, const json_t *index, bool sound, struct error *err)
{
	auto_free char *text = jsonio_print(index);
	int fd = store_fd(st);

	if (sound) {
		unlinkat(fd, "index.old", 0);
		linkat(fd, "index.json", fd, "index.old", 0);
	}
	if (file_replace(fd, "index.json", text, strlen(text), 0644, err) < 0)
		return store_wrap(st, err);
	return 0;
}

int
tags_make_index(struct store *st, struct error *err)
{
	auto_fd int lock = -1;

	if (file_is_there(store_fd(st), "index.json"))
		return 0;
	lock = store_lock(st, true, err);
	if (lock < 0)
		return -1;
	if (file_is_there(store_fd(st), "index.json"))
		return 0;
	return file_replace(store_fd(st), "index.json", INDEX_JSON, strlen(INDEX_JSON),
	                    0644, err);
}

/* ------------------------------------------------------------ entries */

/* In entries that other tools wrote, this is the tag, which may be a full name, too. */
static const char *
entry_name(const json_t *entry)
{
	const json_t *annotations = json_object_get(entry, "annotations");
	const char *name = json_string_value(json_object_get(annotations, NAME_KEY));

	return name != NULL ? name
	                    : json_string_value(json_object_get(annotations, REF_KEY));
}

static json_t *
index_manifests(const json_t *index)
{
	return json_object_get(index, "manifests");
}

/* The position of NAME, or the number of entries. */
static size_t
entry_find(const json_t *manifests, const char *name)
{
	size_t i, n = json_array_size(manifests);

	for (i = 0; i < n; i++) {
		const char *found = entry_name(json_array_get(manifests, i));

		if (found != NULL && strcmp(found, name) == 0)
			break;
	}
	return i;
}

static int
entry_read(const json_t *entry, size_t i, struct descriptor *out, struct error *err)
{
	auto_free char *where = mem_print("index.json: manifests[%zu]", i);

	return descriptor_read(out, entry, where, err);
}

static json_t *
entry_write(const char *name, const struct descriptor *target)
{
	json_t *entry = descriptor_write(target);
	json_t *annotations = json_object_get(entry, "annotations");

	/* The target's own annotations are not changed. */
	annotations = annotations == NULL ? json_object() : json_copy(annotations);
	for (size_t i = 0; i < COUNT_OF(not_kept); i++)
		json_object_del(annotations, not_kept[i]);
	jsonio_set(annotations, NAME_KEY, jsonio_string(text_of(name)));
	/* Uses the full name: readers of a layout look it up, and a bare tag is not
	 * unique. */
	jsonio_set(annotations, REF_KEY, jsonio_string(text_of(name)));
	jsonio_set(entry, "annotations", annotations);
	return entry;
}

/* ------------------------------------------------------------ public */

int
tags_read(struct store *st, struct tags *out, struct error *err)
{
	auto_json json_t *index = read_index(st, NULL, err);
	auto_tags struct tags tags = { 0 };
	const json_t *manifests = index_manifests(index);

	if (index == NULL)
		return -1;
	for (size_t i = 0; i < json_array_size(manifests); i++) {
		const json_t *entry = json_array_get(manifests, i);
		struct tag *t = array_add(&tags.list);

		if (entry_read(entry, i, &t->target, err) < 0)
			return store_wrap(st, err);
		t->name = mem_copy(entry_name(entry));
	}
	*out = tags;
	tags = (struct tags){ 0 };
	return 0;
}

int
tags_find(struct store *st, const char *name, struct descriptor *out, struct error *err)
{
	auto_json json_t *index = read_index(st, NULL, err);
	const json_t *manifests = index_manifests(index);
	size_t at;

	if (index == NULL)
		return -1;
	at = entry_find(manifests, name);
	if (at == json_array_size(manifests))
		return 0;
	if (entry_read(json_array_get(manifests, at), at, out, err) < 0)
		return store_wrap(st, err);
	return 1;
}

int
tags_set(struct store *st, const char *name, const struct descriptor *target,
         struct error *err)
{
	bool sound = true;
	auto_fd int lock = store_lock(st, true, err);
	auto_json json_t *index = lock < 0 ? NULL : read_index(st, &sound, err);
	auto_json json_t *entry = NULL;
	json_t *manifests = index_manifests(index);
	size_t at;

	if (index == NULL)
		return -1;
	entry = entry_write(name, target);
	at = entry_find(manifests, name);
	if (at == json_array_size(manifests)) {
		json_array_append(manifests, entry);
		return write_index(st, index, sound, err);
	}
	if (json_equal(json_array_get(manifests, at), entry))
		return 0;
	json_array_set(manifests, at, entry);
	return write_index(st, index, sound, err);
}

int
tags_remove(struct store *st, const char *name, struct error *err)
{
	bool sound = true;
	auto_fd int lock = store_lock(st, true, err);
	auto_json json_t *index = lock < 0 ? NULL : read_index(st, &sound, err);
	json_t *manifests = index_manifests(index);
	size_t at;

	if (index == NULL)
		return -1;
	at = entry_find(manifests, name);
	if (at == json_array_size(manifests))
		return 0;
	json_array_remove(manifests, at);
	return write_index(st, index, sound, err) < 0 ? -1 : 1;
}

void
tags_clear(struct tags *t)
{
	for (size_t i = 0; i < t->list.n; i++) {
		free(t->list.at[i].name);
		descriptor_clear(&t->list.at[i].target);
	}
	array_clear(&t->list);
}
