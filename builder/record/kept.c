#include "builder/record/kept.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/listing.h"
#include "base/number.h"
#include "layers/store.h"

#define DOCUMENT_NAME "record.json"
#define DOCUMENT_MAX  ((size_t)32 << 20)
#define DAY_NS        (86400 * NS_PER_S)

char *
kept_path(const char *id, char out[RECORD_PATH_MAX])
{
	snprintf(out, RECORD_PATH_MAX, RECORD_FOLDER "/%.16s", id);
	return out;
}

char *
kept_log_name(int step, char out[RECORD_LOG_MAX])
{
	snprintf(out, RECORD_LOG_MAX, "%d.log", step);
	return out;
}

static char *
document_path(const char *id)
{
	return mem_print(RECORD_FOLDER "/%s/" DOCUMENT_NAME, id);
}

/* ------------------------------------------------------------ the folder */

static bool
is_id(const char *name)
{
	return strlen(name) == RECORD_ID_MAX - 1 &&
	       strspn(name, "0123456789abcdef") == RECORD_ID_MAX - 1;
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* Also those of builds that run or were killed. */
static void
list_all(struct store *st, struct record_ids *out)
{
	auto_listing struct listing list = listing_open(store_fd(st), RECORD_FOLDER);
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		if (is_id(name))
			array_push(&out->list, mem_copy(name));
	array_sort(&out->list, compare_ids);
}

void
kept_list(struct store *st, struct record_ids *out)
{
	size_t n = 0;

	list_all(st, out);
	for (size_t i = 0; i < out->list.n; i++) {
		auto_free char *path = document_path(out->list.at[i]);

		if (file_is_there(store_fd(st), path))
			out->list.at[n++] = out->list.at[i];
		else
			free(out->list.at[i]);
	}
	out->list.n = n;
}

void
record_ids_clear(struct record_ids *ids)
{
	for (size_t i = 0; i < ids->list.n; i++)
		free(ids->list.at[i]);
	array_clear(&ids->list);
}

/* Unless there are MOST or fewer. Another build may remove the same one. */
static void
drop_old(struct store *st, size_t most)
{
	auto_record_ids struct record_ids ids = { 0 };
	int64_t oldest_ns = clock_wall_ns() - RECORD_DAYS * DAY_NS;

	list_all(st, &ids);
	for (size_t i = ids.list.n > most ? 0 : ids.list.n; i < ids.list.n; i++) {
		auto_error struct error ignored = ERROR_INIT;
		int64_t ns = (int64_t)strtoull(ids.list.at[i], NULL, 16);

		if (i >= RECORDS_MAX || ns < oldest_ns)
			kept_remove(st, ids.list.at[i], &ignored);
	}
}

/* ------------------------------------------------------------ documents */

int
kept_write(struct store *st, const json_t *document, struct error *err)
{
	const char *id = json_string_value(json_object_get(document, "id"));
	auto_free char *path = document_path(id);
	auto_free char *text = jsonio_print(document);
	const json_t *counts = json_object_get(document, "counts");
	const bool ran = json_integer_value(json_object_get(counts, "run")) > 0;
	char folder[RECORD_PATH_MAX];

	mkdirat(store_fd(st), RECORD_FOLDER, 0700);
	mkdirat(store_fd(st), kept_path(id, folder), 0700);
	/* Removing takes longer than a build in which all is cached should. */
	drop_old(st, ran ? 0 : 2 * RECORDS_MAX);
	return file_replace(store_fd(st), path, text, strlen(text), 0600, err);
}

json_t *
kept_read(struct store *st, const char *id, struct error *err)
{
	auto_free char *path = document_path(id);
	json_t *json = NULL;
	int found = jsonio_read(store_fd(st), path, DOCUMENT_MAX, &json, err);

	if (found > 0 && json_is_object(json) &&
	    json_is_array(json_object_get(json, "steps")) &&
	    json_is_string(json_object_get(json, "id")))
		return json;
	json_decref(json);
	if (found == 0)
		error_set(err, ERR_SOURCE, "the record of build %s has gone", id);
	else if (found > 0)
		error_set(err, ERR_DAMAGED, "the record of build %s is damaged", id);
	return NULL;
}

/* NULL: none, or several. */
static const char *
find_id(const struct record_ids *ids, const char *ref)
{
	const char *found = NULL;
	uint64_t back = 0;

	if (ref == NULL)
		return ids->list.n > 0 ? ids->list.at[0] : NULL;
	if (*ref == '^') {
		if (ref[1] == '\0')
			back = 1;
		else if (!number_u64(text_of(ref + 1), &back))
			return NULL;
		return back < ids->list.n ? ids->list.at[back] : NULL;
	}
	if (*ref == '\0')
		return NULL;
	for (size_t i = 0; i < ids->list.n; i++) {
		if (!text_starts(text_of(ids->list.at[i]), ref))
			continue;
		if (found != NULL)
			return NULL;
		found = ids->list.at[i];
	}
	return found;
}

char *
kept_find(struct store *st, const char *ref, struct error *err)
{
	auto_record_ids struct record_ids ids = { 0 };
	const char *id = NULL;

	kept_list(st, &ids);
	id = find_id(&ids, ref);
	if (id != NULL)
		return mem_copy(id);
	if (ids.list.n == 0) {
		error_set(err, ERR_SOURCE, "the store has no records of builds");
		error_hint(err, "cooper build makes one");
	} else {
		error_set(err, ERR_SOURCE, "no build, or several, are called %s", ref);
		error_hint(err,
		           "the last one is %s; ^1 is the one before it. See: "
		           "cooper history ls",
		           ids.list.at[0]);
	}
	return NULL;
}

int
kept_log_open(struct store *st, const char *id, int step)
{
	char folder[RECORD_PATH_MAX], name[RECORD_LOG_MAX];
	auto_fd int dir_fd = openat(store_fd(st), kept_path(id, folder),
	                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir_fd < 0)
		return -1;
	return openat(dir_fd, kept_log_name(step, name),
	              O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int
kept_remove(struct store *st, const char *id, struct error *err)
{
	char folder[RECORD_PATH_MAX];

	return file_remove_tree(store_fd(st), kept_path(id, folder), err);
}
