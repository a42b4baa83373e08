#include "registry/login.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "registry/api.h"
#include "registry/auth_places.h"
#include "registry/authfile.h"
#include "registry/authfile_edit.h"
#include "registry/credhelper.h"
#include "registry/login_entries.h"
#include "registry/message.h"

#define AUTHFILE_MAX ((size_t)1 << 20)
#define BODY_MAX     ((size_t)64 << 10)

int
login_key(const char *word, char **key, char **host, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_free char *normal = authfile_key(word);
	auto_free char *name = NULL;
	size_t n_host = strcspn(normal, "/");
	bool is_host = normal[n_host] == '\0';

	name = mem_print("%s%s", normal, is_host ? "/x" : "");
	if (n_host == 0 || reference_parse(&ref, text_of(name), err) < 0 ||
	    strncmp(ref.host, normal, n_host) != 0 || ref.host[n_host] != '\0' ||
	    (ref.tag != NULL && strchr(normal + n_host, ':') != NULL) ||
	    ref.digest != NULL) {
		error_clear(err);
		error_set(err, ERR_USAGE, "\"%s\" is not the name of a registry", word);
		return error_hint(err, "a registry is named like ghcr.io or "
		                       "localhost:5000");
	}
	*key = take(normal);
	*host = mem_copy(ref.host);
	return 0;
}

/* ------------------------------------------------------------ check */

static int
refuse(const char *host, const struct http_response *response, struct error *err)
{
	auto_free char *said = message_of_body(buf_text(&response->body));
	int status = response->status;

	if (status == 401 || status == 403)
		error_set(err, ERR_AUTH, "%s: login refused%s%s (status %d)", host,
		          *said != '\0' ? ": " : "", said, status);
	else if (status == 404)
		error_set(err, ERR_SOURCE, "%s: there is no registry (status 404)", host);
	else
		error_set(err, ERR_NETWORK, "%s: %s%s%s (status %d)", host,
		          status >= 500 ? "the server failed" : "unexpected answer",
		          *said != '\0' ? ": " : "", said, status);
	return -1;
}

int
login_check(struct registry *reg, const char *key, const char *host, bool *asked,
            struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	struct http_request request = { .method = "GET", .body_max = BODY_MAX };
	auto_free char *source = NULL;
	const char *repo = key + strlen(host);
	struct call call;

	repo += *repo == '/';
	if (call_init(&call, reg, host, repo, "login", err) < 0)
		return -1;
	if (api_perform(&call, API_ROOT, &request, &response, err) < 0)
		return -1;
	if (response.status / 100 != 2)
		return refuse(host, &response, err);
	source = auth_source(reg->auth, call.host, &call.scope);
	*asked = source != NULL;
	return 0;
}

/* ------------------------------------------------------------ keep */

/* What FILE says of KEY, normalised. */
static bool
knows(const char *path, const char *key)
{
	auto_buf struct buf text = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct authfile *file = NULL;
	bool found = false;

	if (file_read(AT_FDCWD, path, AUTHFILE_MAX, &text, &ignored) == 1)
		file = authfile_parse(path, buf_text(&text), &ignored);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	if (file != NULL)
		found = authfile_entry(file, key) != NULL ||
		        authfile_helper(file, key) != NULL;
	authfile_free(file);
	return found;
}

static const char *
place_for(const struct auth_places *places, const char *key)
{
	for (size_t i = 0; i < places->list.n; i++)
		if (knows(places->list.at[i], key))
			return places->list.at[i];
	return places->usual < places->list.n ? places->list.at[places->usual] : NULL;
}

struct keeping {
	const char *key;
	const struct credential *credential;
	const struct cancel *cancel;
	char *helper;
};

static int
keep(void *arg, json_t *root, struct error *err)
{
	struct keeping *k = arg;
	auto_free char *server = NULL;

	k->helper = login_entries_helper(root, k->key, &server);
	if (k->helper == NULL)
		return login_entries_set(root, k->key, k->credential, err);
	if (credhelper_store(k->helper, server, k->credential, k->cancel, err) < 0)
		return -1;
	/* The entry says that the helper has the credentials. */
	return login_entries_set(root, k->key, NULL, err);
}

/* Another source may take precedence. */
static char *
hidden_by(const char *authfile, const char *key, const struct credential *c,
          const struct cancel *cancel)
{
	struct credentials *all = credentials_new(authfile, cancel);
	auto_credential struct credential found = CREDENTIAL_INIT;
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *host = mem_copy_n(key, strcspn(key, "/"));
	const char *repo = key[strlen(host)] == '/' ? key + strlen(host) + 1 : "x";
	char *source = NULL;

	if (credentials_find(all, host, repo, &found, &ignored) > 0 &&
	    (found.user == NULL || strcmp(found.user, c->user) != 0 ||
	     strcmp(found.password, c->password) != 0))
		source = mem_copy(found.source);
	credentials_free(all);
	return source;
}

int
login_keep(const char *authfile, const char *key, const struct credential *c,
           const struct cancel *cancel, struct login_kept *out, struct error *err)
{
	auto_auth_places struct auth_places places = { 0 };
	struct keeping k = { .key = key, .credential = c, .cancel = cancel };
	const char *path;

	*out = (struct login_kept){ 0 };
	auth_places_list(authfile, &places);
	path = place_for(&places, key);
	if (path == NULL) {
		error_set(err, ERR_USAGE, "there is no place for credentials");
		return error_hint(err, "use --authfile FILE, or set HOME");
	}
	out->file = mem_copy(path);
	if (authfile_edit(path, true, keep, &k, err) < 0) {
		free(k.helper);
		return error_wrap(err, "keep the credentials");
	}
	out->helper = k.helper;
	out->hidden = hidden_by(authfile, key, c, cancel);
	return 0;
}

void
login_kept_clear(struct login_kept *kept)
{
	free(kept->file);
	free(kept->helper);
	free(kept->hidden);
	*kept = (struct login_kept){ 0 };
}

/* ------------------------------------------------------------ forget */

struct forgetting {
	const char *key; /* NULL: all */
	const struct cancel *cancel;
	bool any; /* something was known */
};

static int
erase(struct forgetting *f, const json_t *root, const char *key, struct error *err)
{
	auto_free char *server = NULL;
	auto_free char *helper = login_entries_helper(root, key, &server);
	auto_credential struct credential had = CREDENTIAL_INIT;
	int found = 0;

	if (helper == NULL)
		return 0;
	found = credhelper_get(helper, server, f->cancel, &had, err);
	if (found <= 0)
		return found;
	f->any = true;
	return credhelper_erase(helper, server, f->cancel, err);
}

static int
forget(void *arg, json_t *root, struct error *err)
{
	struct forgetting *f = arg;
	auto_login_keys struct login_keys keys = { 0 };
	int changed = 0;

	login_entries_keys(root, f->key, &keys);
	for (size_t i = 0; i < keys.list.n; i++) {
		const char *key = keys.list.at[i];

		if (erase(f, root, key, err) < 0)
			return -1;
		changed |= login_entries_remove(root, key);
	}
	f->any = f->any || changed;
	return changed;
}

int
login_forget(const char *authfile, const char *key, const struct cancel *cancel,
             struct login_forgotten *out, struct error *err)
{
	auto_auth_places struct auth_places places = { 0 };

	auth_places_list(authfile, &places);
	for (size_t i = 0; i < places.list.n; i++) {
		struct forgetting f = { .key = key, .cancel = cancel };
		struct stat sb;

		/* A missing file has nothing to forget. */
		if (authfile == NULL &&
		    (stat(places.list.at[i], &sb) < 0 || !S_ISREG(sb.st_mode)))
			continue;
		if (authfile_edit(places.list.at[i], false, forget, &f, err) < 0)
			return error_wrap(err, "forget the credentials");
		if (f.any)
			array_push(&out->files, mem_copy(places.list.at[i]));
	}
	return 0;
}

void
login_forgotten_clear(struct login_forgotten *forgotten)
{
	for (size_t i = 0; i < forgotten->files.n; i++)
		free(forgotten->files.at[i]);
	array_clear(&forgotten->files);
}
