#include "registry/credhelper.h"

#include <ctype.h>
#include <sys/wait.h>

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "base/process.h"
#include "registry/message.h"

#define ANSWER_MAX (64u << 10)

/* Some helpers ask a cloud's servers; none may ask a person. */
#define ANSWER_S 30

/* With this user name, the secret is an identity token. */
#define TOKEN_USER "<token>"

static bool
is_suffix(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("-_.", *s) == NULL)
			return false;
	return true;
}

static bool
contains(const struct buf *b, const char *word)
{
	return strcasestr(buf_str(b), word) != NULL;
}

/* The protocol has no code for "I do not know it", only these texts. */
static int
miss(const char *program, const char *verb, const struct buf *out, const struct buf *log,
     struct error *err)
{
	auto_free char *said = NULL;

	if (contains(out, "credentials not found") ||
	    contains(out, "no credentials server URL") ||
	    contains(out, "no credentials username"))
		return 0;
	said = message_clean(out->n > 0 ? buf_text(out) : buf_text(log));
	error_set(err, ERR_AUTH, "%s: %s", program,
	          *said != '\0' ? said : "failed silently");
	return strcmp(verb, "get") == 0
	               ? error_hint(err, "try: echo SERVER | %s get", program)
	               : -1;
}

static int
read_answer(const char *program, const struct buf *answer, struct credential *out,
            struct error *err)
{
	auto_json json_t *root = NULL;
	auto_error struct error fault = ERROR_INIT;
	const char *user = NULL, *secret = NULL;

	/* A parser's message could quote the secret. */
	root = jsonio_parse(buf_text(answer), program, &fault);
	if (root == NULL || !json_is_object(root) ||
	    jsonio_str(root, "Username", &user, program, &fault) < 0 ||
	    jsonio_str(root, "Secret", &secret, program, &fault) < 0)
		return error_set(err, ERR_AUTH,
		                 "%s: its answer does not follow the protocol", program);
	if (secret == NULL || *secret == '\0')
		return 0;
	event_add_secret(text_of(secret));
	if (user != NULL && strcmp(user, TOKEN_USER) == 0) {
		out->identity_token = mem_copy(secret);
	} else {
		out->user = mem_copy(user != NULL ? user : "");
		out->password = mem_copy(secret);
	}
	out->source = mem_copy(program);
	return 1;
}

/* Runs the helper with VERB and INPUT; 1 if it succeeded, 0 if it does not know the
 * server, -1. The caller wipes ANSWER. */
static int
run_helper(const char *suffix, const char *verb, struct text input,
           const struct cancel *cancel, struct buf *answer, struct error *err)
{
	auto_free char *program = mem_print("docker-credential-%s", suffix);
	auto_buf struct buf log = BUF_INIT;
	const char *argv[] = { program, verb, NULL };
	struct process p = { .argv = argv,
		             .dir_fd = -1,
		             .input = input,
		             .output_max = ANSWER_MAX,
		             .cancel = cancel,
		             .timeout_s = ANSWER_S };
	int status = 0;

	if (!is_suffix(suffix))
		return error_set(err, ERR_AUTH,
		                 "credential helper \"%s\" is not a program's name",
		                 suffix);
	if (process_run(&p, answer, &log, &status, err) < 0) {
		if (err->code != ERR_CANCELLED)
			err->code = ERR_AUTH;
		return error_wrap(err, "credential helper");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 1;
	return miss(program, verb, answer, &log, err);
}

static void
wipe(struct buf *b)
{
	if (b->n > 0)
		explicit_bzero(b->p, b->n);
}

int
credhelper_get(const char *suffix, const char *server, const struct cancel *cancel,
               struct credential *out, struct error *err)
{
	auto_free char *program = mem_print("docker-credential-%s", suffix);
	auto_buf struct buf answer = BUF_INIT;
	int rc = run_helper(suffix, "get", text_of(server), cancel, &answer, err);

	if (rc > 0)
		rc = read_answer(program, &answer, out, err);
	wipe(&answer);
	return rc;
}

int
credhelper_store(const char *suffix, const char *server, const struct credential *c,
                 const struct cancel *cancel, struct error *err)
{
	auto_json json_t *object = json_object();
	auto_buf struct buf answer = BUF_INIT;
	char *text = NULL;
	int rc;

	jsonio_set(object, "ServerURL", jsonio_string(text_of(server)));
	jsonio_set(object, "Username", jsonio_string(text_of(c->user)));
	jsonio_set(object, "Secret", jsonio_string(text_of(c->password)));
	text = jsonio_print(object);
	rc = run_helper(suffix, "store", text_of(text), cancel, &answer, err);
	explicit_bzero(text, strlen(text));
	free(text);
	wipe(&answer);
	if (rc == 0)
		return error_set(err, ERR_AUTH,
		                 "docker-credential-%s does not take credentials",
		                 suffix);
	return rc < 0 ? -1 : 0;
}

int
credhelper_erase(const char *suffix, const char *server, const struct cancel *cancel,
                 struct error *err)
{
	auto_buf struct buf answer = BUF_INIT;

	return run_helper(suffix, "erase", text_of(server), cancel, &answer, err) < 0 ? -1
	                                                                              : 0;
}
