#include "registry/authfile.h"

#include "base/base.h"
#include "base/base64.h"
#include "base/count.h"
#include "base/event.h"
#include "base/jsonio.h"

/* Old logins stored a URL with the protocol's version. */
static void
cut_version(char *key)
{
	char *slash = strchr(key, '/');

	if (slash != NULL && (strcmp(slash, "/v1") == 0 || strcmp(slash, "/v2") == 0))
		*slash = '\0';
}

char *
authfile_key(const char *key)
{
	static const char *const docker[] = { "index.docker.io", "registry-1.docker.io",
		                              "registry.hub.docker.com" };
	struct text t = text_of(key);
	auto_free char *out = NULL;

	if (text_starts(t, "https://"))
		t = text_from(t, 8);
	else if (text_starts(t, "http://"))
		t = text_from(t, 7);
	while (text_ends(t, "/"))
		t = text_first(t, t.n - 1);
	out = text_copy(t);
	cut_version(out);
	for (size_t i = 0; i < COUNT_OF(docker); i++) {
		size_t n = strlen(docker[i]);

		if (strncmp(out, docker[i], n) == 0 && (out[n] == '\0' || out[n] == '/'))
			return mem_print("docker.io%s", out + n);
	}
	return take(out);
}

const char *
authfile_server(const char *key)
{
	return strcmp(key, "docker.io") == 0 ? "https://index.docker.io/v1/" : key;
}

/* "user:password", cut at the first colon; trailing NULs are padding that some
 * tools leave. */
static bool
read_auth(struct credential *c, const char *auth)
{
	auto_buf struct buf plain = BUF_INIT;
	ptrdiff_t colon;
	bool ok = base64_read(&plain, text_of(auth));

	while (plain.n > 0 && plain.p[plain.n - 1] == '\0')
		buf_truncate(&plain, plain.n - 1);
	colon = text_find(buf_text(&plain), ':');
	if (ok && colon >= 0) {
		c->user = mem_copy_n(plain.p, (size_t)colon);
		c->password = mem_copy(plain.p + colon + 1);
	}
	if (plain.n > 0)
		explicit_bzero(plain.p, plain.n);
	return ok && colon >= 0;
}

static void
keep_secrets(const struct credential *c)
{
	const char *secrets[] = { c->password, c->identity_token, c->registry_token };

	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		if (secrets[i] != NULL)
			event_add_secret(text_of(secrets[i]));
}

static char *
copy_filled(const char *s)
{
	return s != NULL && *s != '\0' ? mem_copy(s) : NULL;
}

/* An empty entry only says that a helper has the secret. */
static int
read_entry(struct authfile *file, const char *key, const json_t *object,
           const char *where, struct error *err)
{
	const char *auth = NULL, *user = NULL, *password = NULL, *identity = NULL,
	           *registry = NULL;
	auto_credential struct credential c = CREDENTIAL_INIT;
	struct auth_entry *entry;

	if (!json_is_object(object))
		return error_set(err, ERR_AUTH, "%s: not an object", where);
	if (jsonio_str(object, "auth", &auth, where, err) < 0 ||
	    jsonio_str(object, "username", &user, where, err) < 0 ||
	    jsonio_str(object, "password", &password, where, err) < 0 ||
	    jsonio_str(object, "identitytoken", &identity, where, err) < 0 ||
	    jsonio_str(object, "registrytoken", &registry, where, err) < 0)
		return -1;
	if (auth != NULL && *auth != '\0' && !read_auth(&c, auth))
		return error_set(err, ERR_AUTH, "%s: auth: not base64 of user:password",
		                 where);
	if (c.user == NULL && user != NULL && *user != '\0') {
		c.user = mem_copy(user);
		c.password = mem_copy(password != NULL ? password : "");
	}
	c.identity_token = copy_filled(identity);
	c.registry_token = copy_filled(registry);
	if (c.user == NULL && c.identity_token == NULL && c.registry_token == NULL)
		return 0;
	keep_secrets(&c);
	entry = array_add(&file->entries);
	entry->key = authfile_key(key);
	entry->credential = c;
	c = (struct credential)CREDENTIAL_INIT;
	return 0;
}

/* A fault in one entry must not hide the others. */
static void
read_entries(struct authfile *file, json_t *auths)
{
	const char *key;
	json_t *object;

	json_object_foreach(auths, key, object)
	{
		auto_free char *where = mem_print("auths: %s", key);
		auto_error struct error err = ERROR_INIT;

		if (read_entry(file, key, object, where, &err) < 0)
			event_warn_error(0, &err, "%s", file->name);
	}
}

static void
read_helpers(struct authfile *file, json_t *helpers)
{
	const char *key;
	json_t *suffix;

	json_object_foreach(helpers, key, suffix)
	{
		struct auth_helper *h;

		if (!json_is_string(suffix) || json_string_length(suffix) == 0)
			continue;
		h = array_add(&file->helpers);
		h->key = authfile_key(key);
		h->suffix = mem_copy(json_string_value(suffix));
		h->server = mem_copy(key);
	}
}

static void
own_authfile(struct authfile **file)
{
	authfile_free(*file);
	*file = NULL;
}

struct authfile *
authfile_parse(const char *name, struct text text, struct error *err)
{
	__attribute__((cleanup(own_authfile))) struct authfile *file =
	        mem_new(sizeof *file);
	auto_json json_t *root = jsonio_parse(text, name, err);
	json_t *auths = NULL, *helpers = NULL;
	const char *store = NULL;

	file->name = mem_copy(name);
	if (root == NULL)
		return NULL;
	if (!json_is_object(root)) {
		error_set(err, ERR_AUTH, "%s: not an object", name);
		return NULL;
	}
	if (jsonio_object(root, "auths", &auths, name, err) < 0 ||
	    jsonio_object(root, "credHelpers", &helpers, name, err) < 0 ||
	    jsonio_str(root, "credsStore", &store, name, err) < 0)
		return NULL;
	/* ~/.dockercfg is what later became "auths". */
	if (auths == NULL && text_ends(text_of(name), "/.dockercfg"))
		auths = root;
	read_entries(file, auths);
	read_helpers(file, helpers);
	file->store = copy_filled(store);
	return take(file);
}

void
authfile_free(struct authfile *file)
{
	if (file == NULL)
		return;
	for (size_t i = 0; i < file->entries.n; i++) {
		free(file->entries.at[i].key);
		credential_clear(&file->entries.at[i].credential);
	}
	array_clear(&file->entries);
	for (size_t i = 0; i < file->helpers.n; i++) {
		free(file->helpers.at[i].key);
		free(file->helpers.at[i].suffix);
		free(file->helpers.at[i].server);
	}
	array_clear(&file->helpers);
	free(file->name);
	free(file->store);
	free(file);
}

const struct auth_entry *
authfile_entry(const struct authfile *file, const char *key)
{
	for (size_t i = 0; i < file->entries.n; i++)
		if (strcmp(file->entries.at[i].key, key) == 0)
			return &file->entries.at[i];
	return NULL;
}

const struct auth_helper *
authfile_helper(const struct authfile *file, const char *key)
{
	for (size_t i = 0; i < file->helpers.n; i++)
		if (strcmp(file->helpers.at[i].key, key) == 0)
			return &file->helpers.at[i];
	return NULL;
}
