#include "registry/credentials.h"

#include <fcntl.h>
#include <pthread.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/event.h"
#include "base/file.h"
#include "registry/auth_places.h"
#include "registry/authfile.h"
#include "registry/credhelper.h"

#define AUTHFILE_MAX (1u << 20)

/* Passwords of cloud helpers are valid for five minutes. */
#define HELPER_ANSWER_NS (290ll * 1000000000)

struct helper_answer {
	char *suffix, *server;
	int64_t until_ns;
	bool found;
	struct credential credential;
};

struct credentials {
	pthread_mutex_t
	        lock; /* guards everything below; held while the small files are read, not while helpers run */
	char *authfile;
	const struct cancel *cancel;
	bool is_given;
	char *given_host; /* NULL: every host */
	struct credential given;
	bool loaded;
	ARRAY(struct authfile *) files;
	ARRAY(struct helper_answer) answers;
};

struct credentials *
credentials_new(const char *authfile, const struct cancel *cancel)
{
	struct credentials *c = mem_new(sizeof *c);

	pthread_mutex_init(&c->lock, NULL);
	c->authfile = mem_copy(authfile);
	c->cancel = cancel;
	return c;
}

void
credential_clear(struct credential *c)
{
	char *secrets[] = { c->password, c->identity_token, c->registry_token };

	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		if (secrets[i] != NULL)
			explicit_bzero(secrets[i], strlen(secrets[i]));
		free(secrets[i]);
	}
	free(c->user);
	free(c->source);
	*c = (struct credential)CREDENTIAL_INIT;
}

void
credential_set(struct credential *out, const char *user, const char *password,
               const char *source)
{
	event_add_secret(text_of(password));
	*out = (struct credential){
		.user = mem_copy(user),
		.password = mem_copy(password),
		.source = mem_copy(source),
	};
}

static void
credential_copy(struct credential *to, const struct credential *from, const char *source)
{
	*to = (struct credential){
		.user = mem_copy(from->user),
		.password = mem_copy(from->password),
		.identity_token = mem_copy(from->identity_token),
		.registry_token = mem_copy(from->registry_token),
		.source = mem_copy(source),
	};
}

void
credentials_give(struct credentials *c, const char *host, const struct credential *given)
{
	free(c->given_host);
	credential_clear(&c->given);
	c->is_given = true;
	c->given_host = mem_copy(host);
	credential_copy(&c->given, given, given->source);
}

void
credentials_free(struct credentials *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->files.n; i++)
		authfile_free(c->files.at[i]);
	array_clear(&c->files);
	for (size_t i = 0; i < c->answers.n; i++) {
		free(c->answers.at[i].suffix);
		free(c->answers.at[i].server);
		credential_clear(&c->answers.at[i].credential);
	}
	array_clear(&c->answers);
	free(c->authfile);
	free(c->given_host);
	credential_clear(&c->given);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static int
load(struct credentials *c, const char *path, bool must_exist, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	struct authfile *file;
	int found = file_read(AT_FDCWD, path, AUTHFILE_MAX, &text, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return must_exist ? error_set(err, ERR_SOURCE,
		                              "%s: there is no such file", path)
		                  : 0;
	file = authfile_parse(path, buf_text(&text), err);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	if (file == NULL)
		return -1;
	array_push(&c->files, file);
	return 0;
}

/* A source that the user did not name must not fail a build that may work without
 * it. */
static void
try_load(struct credentials *c, const char *path)
{
	auto_error struct error err = ERROR_INIT;

	/* Some systems set a home that is not a directory to mean "none". */
	if (load(c, path, false, &err) < 0 && err.sys != ENOTDIR)
		event_warn_error(0, &err, "credentials are not read");
}

static void
try_environment(struct credentials *c)
{
	const char *text = getenv("DOCKER_AUTH_CONFIG");
	auto_error struct error err = ERROR_INIT;
	struct authfile *file;

	if (text == NULL || *text == '\0')
		return;
	file = authfile_parse("$DOCKER_AUTH_CONFIG", text_of(text), &err);
	if (file == NULL)
		event_warn_error(0, &err, "credentials are not read");
	else
		array_push(&c->files, file);
}

static void
load_known_places(struct credentials *c)
{
	auto_auth_places struct auth_places places = { 0 };

	try_environment(c);
	auth_places_list(NULL, &places);
	for (size_t i = 0; i < places.list.n; i++)
		try_load(c, places.list.at[i]);
}

/* Under the lock. A missing --authfile is reported at each use. */
static int
load_once(struct credentials *c, struct error *err)
{
	if (c->loaded)
		return 0;
	if (c->authfile != NULL) {
		if (load(c, c->authfile, true, err) < 0)
			return error_wrap(err, "credentials");
	} else {
		load_known_places(c);
	}
	c->loaded = true;
	return 0;
}

static struct helper_answer *
find_answer(struct credentials *c, const char *suffix, const char *server)
{
	for (size_t i = 0; i < c->answers.n; i++)
		if (strcmp(c->answers.at[i].suffix, suffix) == 0 &&
		    strcmp(c->answers.at[i].server, server) == 0)
			return &c->answers.at[i];
	return NULL;
}

/* 1 or 0 from memory, or -1: not known. */
static int
recall(struct credentials *c, const char *suffix, const char *server,
       struct credential *out)
{
	const struct helper_answer *answer;
	int found = -1;

	pthread_mutex_lock(&c->lock);
	answer = find_answer(c, suffix, server);
	if (answer != NULL && answer->until_ns > clock_monotonic_ns()) {
		found = answer->found;
		if (found)
			credential_copy(out, &answer->credential,
			                answer->credential.source);
	}
	pthread_mutex_unlock(&c->lock);
	return found;
}

static void
remember(struct credentials *c, const char *suffix, const char *server, bool found,
         const struct credential *credential)
{
	struct helper_answer *answer;

	pthread_mutex_lock(&c->lock);
	answer = find_answer(c, suffix, server);
	if (answer == NULL) {
		answer = array_add(&c->answers);
		answer->suffix = mem_copy(suffix);
		answer->server = mem_copy(server);
	}
	credential_clear(&answer->credential);
	answer->found = found;
	answer->until_ns = clock_monotonic_ns() + HELPER_ANSWER_NS;
	credential_copy(&answer->credential, credential, credential->source);
	pthread_mutex_unlock(&c->lock);
}

static int
ask_helper(struct credentials *c, const char *suffix, const char *server,
           struct credential *out, struct error *err)
{
	int found = recall(c, suffix, server, out);

	if (found >= 0)
		return found;
	found = credhelper_get(suffix, server, c->cancel, out, err);
	if (found >= 0)
		remember(c, suffix, server, found, out);
	return found;
}

/* The answer of FILE for KEY, which is the host itself if IS_HOST. */
static int
find_key(struct credentials *c, const struct authfile *file, const char *key,
         bool is_host, struct credential *out, struct error *err)
{
	const struct auth_helper *helper = authfile_helper(file, key);
	const struct auth_entry *entry;
	int found = 0;

	if (helper != NULL)
		found = ask_helper(c, helper->suffix, helper->server, out, err);
	else if (is_host && file->store != NULL)
		found = ask_helper(c, file->store, authfile_server(key), out, err);
	if (found != 0)
		return found < 0 ? error_wrap(err, "%s", file->name) : 1;
	entry = authfile_entry(file, key);
	if (entry == NULL)
		return 0;
	credential_copy(out, &entry->credential, file->name);
	return 1;
}

/* Tries host/a/b/c, host/a/b, host/a, host. */
static int
find_in_file(struct credentials *c, const struct authfile *file, const char *host,
             const char *repo, struct credential *out, struct error *err)
{
	auto_free char *key = mem_print("%s/%s", host, repo);
	size_t n_host = strlen(host);

	for (;;) {
		char *slash;
		int found = find_key(c, file, key, strlen(key) == n_host, out, err);

		if (found != 0 || strlen(key) <= n_host)
			return found;
		slash = strrchr(key, '/');
		*slash = '\0';
	}
}

int
credentials_find(struct credentials *c, const char *host, const char *repo,
                 struct credential *out, struct error *err)
{
	int rc;

	if (c->is_given && (c->given_host == NULL || strcmp(c->given_host, host) == 0)) {
		credential_copy(out, &c->given, c->given.source);
		return 1;
	}
	pthread_mutex_lock(&c->lock);
	rc = load_once(c, err);
	pthread_mutex_unlock(&c->lock);
	if (rc < 0)
		return -1;
	/* Files never change once they are loaded. */
	for (size_t i = 0; i < c->files.n; i++) {
		int found = find_in_file(c, c->files.at[i], host, repo, out, err);

		if (found != 0)
			return found;
	}
	return 0;
}
