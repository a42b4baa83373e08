#include "registry/mirrors.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "registry/toml.h"

#define CONF_MAX    (1u << 20)
#define MIRRORS_MAX 16

enum kind { KIND_ALL, KIND_DIGEST, KIND_TAG };

struct mirror {
	char *location;
	enum kind kind;
};

struct rule {
	char *prefix;   /* "host[/path]", or "*.domain" */
	char *location; /* or NULL: as it is */
	bool blocked;
	size_t n_added; /* how many of the mirrors are from mirrors_add() */
	bool only;      /* those are all */
	ARRAY(struct mirror) mirrors;
};

struct mirrors {
	ARRAY(struct rule) rules;
	ARRAY(char *) insecure; /* hosts */
};

static void
rule_clear(struct rule *rule)
{
	free(rule->prefix);
	free(rule->location);
	for (size_t i = 0; i < rule->mirrors.n; i++)
		free(rule->mirrors.at[i].location);
	array_clear(&rule->mirrors);
	*rule = (struct rule){ 0 };
}

void
mirrors_free(struct mirrors *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->rules.n; i++)
		rule_clear(&m->rules.at[i]);
	array_clear(&m->rules);
	for (size_t i = 0; i < m->insecure.n; i++)
		free(m->insecure.at[i]);
	array_clear(&m->insecure);
	free(m);
}

/* ------------------------------------------------------------ reading */

static bool
is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* The text NAME of OBJECT without trailing slashes, or NULL. */
static char *
location_of(const json_t *object, const char *name)
{
	struct text t = text_of(json_string_value(json_object_get(object, name)));

	while (text_ends(t, "/"))
		t = text_first(t, t.n - 1);
	return t.n > 0 ? text_copy(t) : NULL;
}

static void
note_insecure(struct mirrors *m, const json_t *object, const char *location)
{
	if (is_true(object, "insecure") && location != NULL)
		array_push(&m->insecure, mem_copy_n(location, strcspn(location, "/")));
}

static enum kind
kind_of(const json_t *object, bool digest_only)
{
	const char *text = json_string_value(json_object_get(object, "pull-from-mirror"));

	if (text != NULL && strcmp(text, "digest-only") == 0)
		return KIND_DIGEST;
	if (text != NULL && strcmp(text, "tag-only") == 0)
		return KIND_TAG;
	return digest_only ? KIND_DIGEST : KIND_ALL;
}

static void
read_rule(struct mirrors *m, const json_t *object)
{
	struct rule rule = { .prefix = location_of(object, "prefix"),
		             .location = location_of(object, "location"),
		             .blocked = is_true(object, "blocked") };
	bool digest_only = is_true(object, "mirror-by-digest-only");
	json_t *list = json_object_get(object, "mirror");

	if (rule.prefix == NULL)
		rule.prefix = mem_copy(rule.location);
	if (rule.prefix == NULL) {
		rule_clear(&rule);
		return;
	}
	note_insecure(m, object, rule.location != NULL ? rule.location : rule.prefix);
	for (size_t i = 0; i < json_array_size(list) && i < MIRRORS_MAX; i++) {
		const json_t *item = json_array_get(list, i);
		char *location = location_of(item, "location");

		if (location == NULL)
			continue;
		note_insecure(m, item, location);
		array_push(&rule.mirrors,
		           ((struct mirror){ .location = location,
		                             .kind = kind_of(item, digest_only) }));
	}
	for (size_t i = 0; i < m->rules.n; i++) {
		if (strcmp(m->rules.at[i].prefix, rule.prefix) == 0) {
			rule_clear(&m->rules.at[i]);
			m->rules.at[i] = rule;
			return;
		}
	}
	array_push(&m->rules, rule);
}

/* 1 if the file exists. An invalid one is skipped with a warning: it belongs to other
 * programs. */
static int
read_file(struct mirrors *m, const char *path)
{
	auto_buf struct buf text = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *root = NULL;
	json_t *list;
	int found = file_read(AT_FDCWD, path, CONF_MAX, &text, &err);

	if (found == 0 || err.sys == ENOTDIR)
		return 0;
	if (found > 0)
		root = toml_parse(buf_text(&text), path, &err);
	if (root == NULL) {
		event_warn_error(0, &err, "the settings of registries are ignored");
		return 1;
	}
	list = json_object_get(root, "registry");
	for (size_t i = 0; i < json_array_size(list); i++)
		read_rule(m, json_array_get(list, i));
	return 1;
}

static int
is_conf(const struct dirent *e)
{
	return text_ends(text_of(e->d_name), ".conf");
}

static void
read_folder(struct mirrors *m, const char *dir)
{
	auto_free char *folder = mem_print("%s/registries.conf.d", dir);
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_conf, alphasort);

	for (int i = 0; i < n; i++) {
		auto_free char *path = mem_print("%s/%s", folder, entries[i]->d_name);

		read_file(m, path);
		free(entries[i]);
	}
	free(entries);
}

struct mirrors *
mirrors_new(void)
{
	struct mirrors *m = mem_new(sizeof *m);
	const char *named = getenv("CONTAINERS_REGISTRIES_CONF"), *home = getenv("HOME");
	auto_free char *own_dir = NULL, *own = NULL;

	if (named != NULL && *named != '\0') {
		read_file(m, named);
		return m;
	}
	if (home != NULL && *home == '/') {
		own_dir = mem_print("%s/.config/containers", home);
		own = mem_print("%s/registries.conf", own_dir);
	}
	if (own == NULL || read_file(m, own) == 0)
		read_file(m, "/etc/containers/registries.conf");
	read_folder(m, "/etc/containers");
	if (own_dir != NULL)
		read_folder(m, own_dir);
	return m;
}

static struct rule *
rule_of(struct mirrors *m, const char *prefix)
{
	struct rule *rule = NULL;

	for (size_t i = 0; i < m->rules.n; i++)
		if (strcmp(m->rules.at[i].prefix, prefix) == 0)
			return &m->rules.at[i];
	rule = array_add(&m->rules);
	rule->prefix = mem_copy(prefix);
	return rule;
}

void
mirrors_add(struct mirrors *m, const char *prefix, const char *location, bool only)
{
	struct rule *rule = rule_of(m, prefix);
	struct mirror *last = array_add(&rule->mirrors);

	for (; last > rule->mirrors.at + rule->n_added; last--)
		last[0] = last[-1];
	*last = (struct mirror){ .location = mem_copy(location), .kind = KIND_ALL };
	rule->n_added++;
	rule->only = only;
}

/* ------------------------------------------------------------ asking */

/* The length of the part of NAME that the prefix matches; 0 if it does not. */
static size_t
match_length(const char *prefix, struct text name)
{
	size_t n = strlen(prefix);
	ptrdiff_t slash;

	if (strncmp(prefix, "*.", 2) == 0) {
		slash = text_find(name, '/');
		name = slash < 0 ? name : text_first(name, (size_t)slash);
		return text_ends(name, prefix + 1) && name.n > n - 1 ? name.n : 0;
	}
	if (!text_starts(name, prefix) || (name.n > n && name.p[n] != '/'))
		return 0;
	return n;
}

static const struct rule *
find_rule(const struct mirrors *m, struct text name, size_t *taken)
{
	const struct rule *best = NULL;
	size_t best_weight = 0;

	for (size_t i = 0; i < m->rules.n; i++) {
		const struct rule *rule = &m->rules.at[i];
		size_t n = match_length(rule->prefix, name);
		/* A wildcard is less specific than a name of the same length. */
		size_t weight = 2 * strlen(rule->prefix) + (rule->prefix[0] != '*');

		if (n == 0 || weight <= best_weight)
			continue;
		best = rule;
		best_weight = weight;
		*taken = n;
	}
	return best;
}

/* LOCATION + REST, split at the first slash. A location that leaves no repository
 * is not usable. */
static void
add_endpoint(struct endpoints *out, const char *location, struct text rest,
             bool is_mirror)
{
	auto_free char *name = mem_print("%s%.*s", location, TEXT_ARG(rest));
	const char *slash = strchr(name, '/');

	if (slash == NULL || slash == name || slash[1] == '\0')
		return;
	array_push(&out->list,
	           ((struct endpoint){ .host = mem_copy_n(name, (size_t)(slash - name)),
	                               .repo = mem_copy(slash + 1),
	                               .is_mirror = is_mirror }));
}

static bool
serves(const struct mirror *mirror, bool by_digest)
{
	return mirror->kind == KIND_ALL || (mirror->kind == KIND_DIGEST) == by_digest;
}

int
mirrors_find(const struct mirrors *m, const char *host, const char *repo, bool to_pull,
             bool by_digest, struct endpoints *out, struct error *err)
{
	auto_free char *name = mem_print("%s/%s", host, repo);
	size_t taken = 0;
	const struct rule *rule = find_rule(m, text_of(name), &taken);
	struct text rest = text_from(text_of(name), taken);
	size_t n;

	*out = (struct endpoints){ 0 };
	if (rule != NULL && rule->blocked)
		return error_set(err, ERR_POLICY,
		                 "%s: blocked by registries.conf (prefix %s)", name,
		                 rule->prefix);
	for (size_t i = 0; rule != NULL && to_pull && i < rule->mirrors.n; i++)
		if (serves(&rule->mirrors.at[i], by_digest) &&
		    (!rule->only || i < rule->n_added))
			add_endpoint(out, rule->mirrors.at[i].location, rest,
			             !rule->only || i + 1 < rule->n_added);
	if (rule != NULL && rule->only && out->list.n > 0)
		return 0;
	n = out->list.n;
	if (rule != NULL && rule->location != NULL)
		add_endpoint(out, rule->location, rest, false);
	if (out->list.n == n)
		add_endpoint(out, name, TEXT(""), false);
	return 0;
}

void
endpoints_clear(struct endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->list.n; i++) {
		free(endpoints->list.at[i].host);
		free(endpoints->list.at[i].repo);
	}
	array_clear(&endpoints->list);
}

bool
mirrors_insecure(const struct mirrors *m, const char *host)
{
	for (size_t i = 0; i < m->insecure.n; i++)
		if (strcmp(m->insecure.at[i], host) == 0)
			return true;
	return false;
}
