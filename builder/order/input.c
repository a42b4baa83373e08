#include "builder/order/input.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/count.h"
#include "base/event.h"
#include "base/file.h"
#include "base/input.h"
#include "base/number.h"
#include "base/path.h"
#include "builder/order/remote.h"
#include "layers/store.h"
#include "parser/plan.h"

/* What BuildKit's messages can hold. */
#define DOCKERFILE_SIZE_MAX ((size_t)16 << 20)
#define IGNORE_SIZE_MAX     ((size_t)16 << 20)

static char *
own(struct build_input *in, char *text)
{
	array_push(&in->texts, text);
	return text;
}

/* ------------------------------------------------------------ contexts */

/* PATH is a file, where a context is meant. */
static void
advise_file(const char *path, struct error *err)
{
	static const char *const archives[] = { ".tar", ".tgz", ".gz",
		                                ".xz",  ".bz2", ".zst" };

	for (size_t i = 0; i < COUNT_OF(archives); i++)
		if (text_ends(text_of(path), archives[i])) {
			error_hint(err,
			           "an archive comes by standard input: cooper build "
			           "- < %s",
			           path);
			return;
		}
	error_hint(err,
	           "the context is a directory; -f names a Dockerfile: cooper build "
	           "-f %s .",
	           path);
}

static int
context_add(struct build_input *in, struct text name, const char *path, bool remember,
            struct error *err)
{
	struct local_context *context = NULL;
	char real[PATH_MAX];
	int fd = -1;

	if (realpath(path, real) == NULL) {
		error_set(err, ERR_SOURCE, "context %s: %s", path, strerror(errno));
		return error_hint(err, "the context is the directory whose files COPY "
		                       "takes, a URL, or - for standard input");
	}
	fd = file_open_dir(AT_FDCWD, real, err);
	if (fd < 0) {
		err->code = ERR_SOURCE;
		if (err->sys == ENOTDIR)
			advise_file(path, err);
		return error_wrap(err, "context");
	}
	context = array_add(&in->contexts);
	context->name = name;
	context->path = own(in, mem_copy(real));
	context->dir_fd = fd;
	context->remember = remember;
	return 0;
}

/* FILE of the directory DIR_FD. 1 read, 0 there is none. */
static int
ignore_read(struct build_input *in, int dir_fd, const char *file, const char *shown,
            const struct ignore **out, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	struct ignore *ignore = NULL;
	int found = input_read_inside(dir_fd, file, shown, IGNORE_SIZE_MAX, &text, err);

	if (found <= 0)
		return found;
	ignore = ignore_parse(buf_text(&text), shown, err);
	if (ignore == NULL)
		return -1;
	array_push(&in->ignores, ignore);
	*out = ignore;
	return 1;
}

static int
named_contexts(const struct build_request *request, struct build_input *in,
               struct error *err)
{
	for (size_t i = 0; i < request->contexts.n; i++) {
		const struct named_context *want = &request->contexts.at[i];
		auto_free char *path = text_copy(want->value);
		struct local_context *added = NULL;

		if (want->kind != CONTEXT_LOCAL)
			continue;
		if (context_add(in, want->name, path, true, err) < 0)
			return error_wrap(err, "--build-context %.*s",
			                  TEXT_ARG(want->name));
		added = &in->contexts.at[in->contexts.n - 1];
		if (ignore_read(in, added->dir_fd, ".dockerignore", ".dockerignore",
		                &added->ignore, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------ Dockerfile */

static int
read_stdin(const struct build_request *request, struct buf *out, struct error *err)
{
	return input_read_fd(STDIN_FILENO, DOCKERFILE_SIZE_MAX, request->cancel, out,
	                     err) < 0
	               ? error_wrap(err, "standard input")
	               : 0;
}

static int
not_found(const char *shown, struct error *err)
{
	return error_set(err, ERR_SOURCE, "%s: no such file or directory", shown);
}

/* Opens the directory of PATH, as the user named it. The user is responsible for links in
 * it. */
static int
open_parent(const char *path)
{
	size_t n = (size_t)(path_base(text_of(path)).p - path);
	auto_free char *name = n == 0 ? mem_copy(".") : mem_copy_n(path, n);

	return open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* PATH, seen from the directory CONTEXT, if that is where its links lead to. Caller
 * frees; else NULL. */
static char *
path_in_context(const struct local_context *context, const char *path)
{
	auto_free char *real = realpath(path, NULL);
	size_t n = strcmp(context->path, "/") == 0 ? 0 : strlen(context->path);

	if (real == NULL || strncmp(real, context->path, n) != 0)
		return NULL;
	return real[n] == '/' ? mem_copy(real + n + 1) : NULL;
}

/* A file that -f names: an open descriptor, or a file in a directory. A link there is
 * followed only inside this directory and, if given, CONTEXT, because a stranger's
 * Dockerfile must not show files that only the user may read. 1 if read, 0 if missing. */
static int
read_named(const struct build_request *request, const struct local_context *context,
           const char *path, struct buf *out, struct error *err)
{
	struct text base = path_base(text_of(path));
	auto_free char *inside = NULL;
	auto_fd int dir_fd = -1;

	if (input_is_descriptor(path))
		return input_read(AT_FDCWD, path, DOCKERFILE_SIZE_MAX, request->cancel,
		                  out, err);
	inside = context == NULL ? NULL : path_in_context(context, path);
	if (inside != NULL)
		return input_read_inside(context->dir_fd, inside, path,
		                         DOCKERFILE_SIZE_MAX, out, err);
	dir_fd = open_parent(path);
	if (dir_fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (dir_fd < 0)
		return error_sys(err, "open the directory of %s", path);
	return input_read_inside(dir_fd, base.n == 0 ? "." : base.p, path,
	                         DOCKERFILE_SIZE_MAX, out, err);
}

/* The default name may be written in lower case. */
static char *
lower_case(const char *path)
{
	char *lower = NULL;

	if (!text_is(path_base(text_of(path)), "Dockerfile"))
		return NULL;
	lower = mem_copy(path);
	lower[strlen(lower) - strlen("Dockerfile")] = 'd';
	return lower;
}

/* Reads FILE where the user's own tools would find it. */
static int
read_of_user(const struct build_request *request, const struct local_context *context,
             const char *file, struct build_input *in, struct error *err)
{
	auto_free char *lower = lower_case(file);
	int found = read_named(request, context, file, &in->dockerfile, err);

	in->name = text_copy(path_base(text_of(file)));
	if (found == 0 && lower != NULL)
		found = read_named(request, context, lower, &in->dockerfile, err);
	return found == 0 ? not_found(file, err) : found;
}

/* NAME of the context: 1 read, 0 it is not there. */
static int
try_of_context(const struct local_context *context, const char *name,
               struct build_input *in, struct error *err)
{
	auto_free char *lower = lower_case(name);
	int found = input_read_inside(context->dir_fd, name, name, DOCKERFILE_SIZE_MAX,
	                              &in->dockerfile, err);

	if (found == 0 && lower != NULL)
		found = input_read_inside(context->dir_fd, lower, lower,
		                          DOCKERFILE_SIZE_MAX, &in->dockerfile, err);
	if (found > 0)
		in->name = text_copy(path_base(text_of(name)));
	return found;
}

/* FILE of the context, NULL: one of the default names. */
static int
read_of_context(const struct build_request *request, const struct local_context *context,
                struct build_input *in, struct error *err)
{
	const char *file = request->dockerfile;
	const char *names[] = { "Dockerfile", "Containerfile" };
	int first = request->finds_containerfile ? 1 : 0;
	int found = 0;

	if (file != NULL)
		found = try_of_context(context, file, in, err);
	for (int i = 0; i < 2 && file == NULL && found == 0; i++)
		found = try_of_context(context, names[i ^ first], in, err);
	return found == 0 ? not_found(file != NULL ? file : names[first], err) : found;
}

/* A relative name starts at the working directory if the context is a local directory,
 * else at the context. */
static int
read_in_context(const struct build_request *request, struct build_input *in,
                struct error *err)
{
	const struct local_context *context = &in->contexts.at[0];
	const char *file = request->dockerfile;
	bool is_users = context->remember && file != NULL;

	if ((is_users ? read_of_user(request, context, file, in, err)
	              : read_of_context(request, context, in, err)) > 0)
		return 0;
	if (!context->remember && file != NULL)
		return error_hint(err, "-f names a file of the context; one of this "
		                       "machine needs an absolute path");
	if (is_users && file_is_there(context->dir_fd, file))
		return error_hint(err,
		                  "-f is seen from this directory, not from the context: "
		                  "-f %s/%s",
		                  request->context, file);
	return error_hint(err,
	                  "name the file with -f, or give another context directory");
}

static bool
is_web(const char *file)
{
	struct text t = text_of(file);

	return text_starts(t, "http://") || text_starts(t, "https://");
}

/* -f - and -f URL: the text comes from elsewhere and has the usual name. */
static int
read_elsewhere(const struct build_request *request, const struct remote *remote,
               struct build_input *in, struct error *err)
{
	const char *file = request->dockerfile;

	in->name = mem_copy("Dockerfile");
	buf_truncate(&in->dockerfile, 0);
	if (strcmp(file, "-") == 0)
		return read_stdin(request, &in->dockerfile, err);
	return remote_text(remote, file, DOCKERFILE_SIZE_MAX, &in->dockerfile, err);
}

static int
find_dockerfile(const struct build_request *request, const struct remote *remote,
                struct build_input *in, struct error *err)
{
	const char *file = request->dockerfile;

	if (file != NULL && (strcmp(file, "-") == 0 || is_web(file)))
		return read_elsewhere(request, remote, in, err);
	if (file != NULL && file[0] == '/' &&
	    (in->contexts.n == 0 || !in->contexts.at[0].remember)) {
		buf_truncate(&in->dockerfile, 0);
		return read_of_user(request, NULL, file, in, err) > 0 ? 0 : -1;
	}
	if (in->dockerfile.n > 0) {
		in->name = mem_copy("Dockerfile");
		return 0;
	}
	if (in->contexts.n == 0)
		return not_found(file != NULL ? file : "Dockerfile", err);
	return read_in_context(request, in, err);
}

static int
read_dockerfile(const struct build_request *request, const struct remote *remote,
                struct build_input *in, struct error *err)
{
	if (find_dockerfile(request, remote, in, err) == 0)
		return 0;
	if (err->code == ERR_DAMAGED) /* the data is longer than a Dockerfile may be */
		err->code = ERR_DOCKERFILE;
	return err->code == ERR_CANCELLED ? -1
	                                  : error_wrap(err, "failed to read dockerfile");
}

/* <Dockerfile>.dockerignore beside the file, else .dockerignore of the context. */
static int
read_main_ignore(const struct build_request *request, struct build_input *in,
                 struct error *err)
{
	const char *file = request->dockerfile;
	struct local_context *main_context = &in->contexts.at[0];
	const char *names[] = { ".dockerignore", ".containerignore" };
	int first = request->finds_containerfile ? 1 : 0;
	auto_free char *special = NULL;
	int found = 0;

	if (file != NULL && strcmp(file, "-") != 0 && !is_web(file) &&
	    !input_is_descriptor(file)) {
		auto_fd int dir_fd = open_parent(file);

		special = mem_print("%s.dockerignore", file);
		if (dir_fd >= 0)
			found = ignore_read(in, dir_fd, path_base(text_of(special)).p,
			                    special, &main_context->ignore, err);
	} else if (file == NULL) {
		special = mem_print("%s.dockerignore", in->name);
		found = ignore_read(in, main_context->dir_fd, special, special,
		                    &main_context->ignore, err);
	}
	for (int i = 0; i < 2 && found == 0; i++)
		found = ignore_read(in, main_context->dir_fd, names[i ^ first],
		                    names[i ^ first], &main_context->ignore, err);
	in->main_ignore = main_context->ignore;
	return found < 0 ? -1 : 0;
}

/* --ignorefile, for any context. */
static int
read_named_ignore(const struct build_request *request, struct build_input *in,
                  struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	struct ignore *ignore = NULL;
	int found = input_read(AT_FDCWD, request->ignorefile, IGNORE_SIZE_MAX,
	                       request->cancel, &text, err);

	if (found == 0)
		not_found(request->ignorefile, err);
	if (found > 0)
		ignore = ignore_parse(buf_text(&text), request->ignorefile, err);
	if (ignore == NULL)
		return error_wrap(err, "--ignorefile");
	array_push(&in->ignores, ignore);
	in->contexts.at[0].ignore = in->main_ignore = ignore;
	return 0;
}

/* ------------------------------------------------------------ main context */

struct text
build_input_arg(const struct build_request *request, const char *name)
{
	struct text value = { 0 };

	for (size_t i = 0; i < request->build_args.n; i++)
		if (text_is(request->build_args.at[i].name, name))
			value = request->build_args.at[i].value;
	return value;
}

/* An existing directory wins, even if its name looks like a URL. */
static enum context_source
find_source(const char *word)
{
	enum context_source source = context_classify(word);
	struct stat sb;

	if (source == SOURCE_GIT && stat(word, &sb) == 0 && S_ISDIR(sb.st_mode))
		return SOURCE_DIR;
	return source;
}

static int
context_on_stdin(const struct build_request *request, struct store *store,
                 struct build_input *in, char **dir, struct error *err)
{
	const struct archive_options options = { request->unpack_max, request->cancel };
	const char *file = request->dockerfile;

	if (file != NULL && strcmp(file, "-") == 0)
		return error_set(err, ERR_USAGE,
		                 "context and Dockerfile cannot both be standard input");
	if (context_from_stdin(store, STDIN_FILENO, &options, dir, &in->dockerfile, err) <
	    0)
		return error_wrap(err, "context on standard input");
	if (*dir != NULL)
		return 0;
	if (in->dockerfile.n == 0) {
		error_set(err, ERR_SOURCE, "standard input is empty");
		return error_hint(err, "send a tar archive or a Dockerfile");
	}
	return file == NULL ? 0
	                    : error_set(err, ERR_USAGE,
	                                "ambiguous Dockerfile source: both standard "
	                                "input and -f are one");
}

static int
main_context(const struct build_request *request, const struct remote *remote,
             struct build_input *in, struct error *err)
{
	auto_free char *dir = NULL;
	bool keep_git_dir = false;

	in->context_time = -1;
	switch (find_source(request->context)) {
	case SOURCE_DIR:
		return context_add(in, (struct text){ 0 }, request->context, true, err);
	case SOURCE_STDIN:
		if (context_on_stdin(request, remote->store, in, &dir, err) < 0)
			return -1;
		break;
	case SOURCE_GIT:
		number_bool(build_input_arg(request, "BUILDKIT_CONTEXT_KEEP_GIT_DIR"),
		            &keep_git_dir);
		if (remote_git(remote, request->context, keep_git_dir, &dir,
		               &in->context_time, err) < 0)
			return error_wrap(err, "context");
		break;
	case SOURCE_HTTP:
		if (remote_http(remote, request->context, &dir, &in->dockerfile,
		                &in->context_time, err) < 0)
			return error_wrap(err, "context");
		break;
	}
	return dir == NULL ? 0 : context_add(in, (struct text){ 0 }, dir, false, err);
}

int
build_input_read(const struct build_request *request, const struct remote *remote,
                 struct build_input *out, struct error *err)
{
	if (main_context(request, remote, out, err) < 0 ||
	    read_dockerfile(request, remote, out, err) < 0)
		return -1;
	if (out->contexts.n > 0 && request->ignorefile != NULL) {
		if (read_named_ignore(request, out, err) < 0)
			return -1;
	} else if (out->contexts.n > 0 && out->contexts.at[0].remember &&
	           read_main_ignore(request, out, err) < 0) {
		return -1;
	}
	return named_contexts(request, out, err);
}

/* The context that is the directory FD, or NULL. */
static const struct local_context *
context_at(const struct build_input *in, int fd)
{
	struct stat sb, context;

	for (size_t i = 0; i < in->contexts.n && fstat(fd, &sb) == 0; i++)
		if (fstat(in->contexts.at[i].dir_fd, &context) == 0 &&
		    context.st_dev == sb.st_dev && context.st_ino == sb.st_ino)
			return &in->contexts.at[i];
	return NULL;
}

int
build_input_check(const struct build_input *in, const struct store *store, int log_dir_fd,
                  struct error *err)
{
	const struct local_context *c = context_at(in, store_fd(store));

	if (c != NULL)
		return error_set(err, ERR_USAGE, "the context %s is the store", c->path);
	if (log_dir_fd <= 0 || context_at(in, log_dir_fd) == NULL)
		return 0;
	error_set(err, ERR_USAGE, "--log-dir: the directory is the context");
	return error_hint(err, "name another one; one inside of the context is no part "
	                       "of it");
}

void
build_input_clear(struct build_input *in)
{
	for (size_t i = 0; i < in->contexts.n; i++)
		close(in->contexts.at[i].dir_fd);
	for (size_t i = 0; i < in->ignores.n; i++)
		ignore_free(in->ignores.at[i]);
	for (size_t i = 0; i < in->texts.n; i++)
		free(in->texts.at[i]);
	array_clear(&in->contexts);
	array_clear(&in->ignores);
	array_clear(&in->texts);
	buf_clear(&in->dockerfile);
	free(in->name);
	in->name = NULL;
}
