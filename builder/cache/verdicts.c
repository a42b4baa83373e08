#include "builder/cache/verdicts.h"

#include "base/base.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/listing.h"
#include "base/number.h"
#include "layers/store.h"

#define PREFIX       "verdicts-"
#define KEPT_MAX     20
#define DOCUMENT_MAX ((size_t)16 << 20)

char *
verdicts_id(int64_t started_ns, char out[VERDICTS_ID_MAX])
{
	snprintf(out, VERDICTS_ID_MAX, "%016llx", (unsigned long long)started_ns);
	return out;
}

/* ------------------------------------------------------------ the folder */

struct ids {
	char **at;
	size_t n, cap;
};

static void
ids_clear(struct ids *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i]);
	array_clear(p);
}
#define auto_ids __attribute__((cleanup(ids_clear)))

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* The last one first. */
static void
list_ids(struct store *st, struct ids *out)
{
	auto_listing struct listing list = listing_open(store_fd(st), "contexts");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		if (text_starts(text_of(name), PREFIX))
			array_push(out, mem_copy(name + strlen(PREFIX)));
	array_sort(out, compare_ids);
}

static char *
file_name(const char *id)
{
	return mem_print("contexts/" PREFIX "%s", id);
}

/* ------------------------------------------------------------ public */

int
verdicts_write(struct store *st, const char *id, const json_t *json, struct error *err)
{
	auto_free char *name = file_name(id);
	auto_free char *text = jsonio_print(json);
	auto_ids struct ids ids = { 0 };
	int failed = file_replace(store_fd(st), name, text, strlen(text), 0644, err);

	list_ids(st, &ids);
	for (size_t i = KEPT_MAX; i < ids.n; i++) {
		auto_free char *old = file_name(ids.at[i]);

		unlinkat(store_fd(st), old, 0);
	}
	return failed;
}

/* NULL: none, or several. */
static const char *
find_id(const struct ids *ids, const char *ref)
{
	const char *found = NULL;
	uint64_t back = 0;

	if (ref == NULL || strcmp(ref, "^") == 0 || *ref == '^') {
		if (ref != NULL && !number_u64(text_of(ref + 1), &back))
			back = ref[1] == '\0' ? 1 : UINT64_MAX;
		return back < ids->n ? ids->at[back] : NULL;
	}
	for (size_t i = 0; i < ids->n && *ref != '\0'; i++) {
		if (!text_starts(text_of(ids->at[i]), ref))
			continue;
		if (found != NULL)
			return NULL;
		found = ids->at[i];
	}
	return found;
}

json_t *
verdicts_read(struct store *st, const char *ref, struct error *err)
{
	auto_ids struct ids ids = { 0 };
	auto_free char *name = NULL;
	const char *id = NULL;
	json_t *json = NULL;
	int found = 0;

	list_ids(st, &ids);
	id = find_id(&ids, ref);
	if (id == NULL && ids.n == 0) {
		error_set(err, ERR_SOURCE, "the store has no builds to explain");
		error_hint(err, "cooper build makes one");
		return NULL;
	}
	if (id == NULL) {
		error_set(err, ERR_SOURCE, "no build, or several, are called %s", ref);
		error_hint(err, "the last one is %s; ^1 is the one before it", ids.at[0]);
		return NULL;
	}
	name = file_name(id);
	found = jsonio_read(store_fd(st), name, DOCUMENT_MAX, &json, err);
	if (found > 0 && json_is_object(json))
		return json;
	json_decref(json);
	if (found >= 0)
		error_set(err, ERR_DAMAGED, "what the store knows of build %s is damaged",
		          id);
	return NULL;
}
