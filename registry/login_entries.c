#include "registry/login_entries.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "registry/authfile.h"
#include "registry/token.h"

static bool
is_key(const char *written, const char *key)
{
	auto_free char *normal = authfile_key(written);

	return strcmp(normal, key) == 0;
}

char *
login_entries_helper(const json_t *root, const char *key, char **server)
{
	const char *store = json_string_value(json_object_get(root, "credsStore"));
	const char *written;
	json_t *suffix;

	json_object_foreach(json_object_get(root, "credHelpers"), written, suffix)
	{
		if (json_string_length(suffix) > 0 && is_key(written, key)) {
			*server = mem_copy(written);
			return mem_copy(json_string_value(suffix));
		}
	}
	/* A helper is only asked for whole registries. */
	if (store == NULL || *store == '\0' || strchr(key, '/') != NULL)
		return NULL;
	*server = mem_copy(authfile_server(key));
	return mem_copy(store);
}

static json_t *
make_entry(const struct credential *c)
{
	json_t *entry = json_object();
	auto_free char *basic = NULL;

	if (c == NULL)
		return entry;
	basic = basic_text(c);
	jsonio_set(entry, "auth", json_string(basic));
	explicit_bzero(basic, strlen(basic));
	return entry;
}

int
login_entries_set(json_t *root, const char *key, const struct credential *c,
                  struct error *err)
{
	json_t *auths = json_object_get(root, "auths");
	auto_json json_t *entry = make_entry(c);
	const char *written, *found = NULL;
	json_t *old;

	if (auths == NULL || json_is_null(auths)) {
		auths = json_object();
		jsonio_set(root, "auths", auths);
	}
	if (!json_is_object(auths))
		return error_set(err, ERR_DAMAGED, "auths: not an object");
	json_object_foreach(auths, written, old)
	{
		if (found == NULL && is_key(written, key))
			found = written;
	}
	if (found != NULL && json_equal(json_object_get(auths, found), entry))
		return 0;
	jsonio_set(auths, found != NULL ? found : authfile_server(key),
	           json_incref(entry));
	return 1;
}

int
login_entries_remove(json_t *root, const char *key)
{
	json_t *auths = json_object_get(root, "auths"), *old;
	const char *written;
	void *next;
	int changed = 0;

	json_object_foreach_safe(auths, next, written, old)
	{
		if (is_key(written, key)) {
			json_object_del(auths, written);
			changed = 1;
		}
	}
	return changed;
}

static void
add_keys(const json_t *object, struct login_keys *out)
{
	const char *written;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, written, value)
	{
		char *key = authfile_key(written);
		size_t i = 0;

		while (i < out->list.n && strcmp(out->list.at[i], key) != 0)
			i++;
		if (i < out->list.n)
			free(key);
		else
			array_push(&out->list, key);
	}
}

void
login_entries_keys(const json_t *root, const char *key, struct login_keys *out)
{
	if (key != NULL) {
		array_push(&out->list, mem_copy(key));
		return;
	}
	add_keys(json_object_get(root, "auths"), out);
	add_keys(json_object_get(root, "credHelpers"), out);
}

void
login_keys_clear(struct login_keys *keys)
{
	for (size_t i = 0; i < keys->list.n; i++)
		free(keys->list.at[i]);
	array_clear(&keys->list);
}
