#include "builder/cli/dialect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/count.h"
#include "base/inroot.h"
#include "base/number.h"
#include "base/path.h"
#include "base/platform.h"
#include "builder/cli/build_options.h"
#include "builder/cli/build_image_values.h"
#include "builder/cli/build_values.h"
#include "builder/cli/cmd.h"
#include "registry/registry.h"

/* ------------------------------------------------------------ environment */

static bool
is_set(const char *name, struct text *value)
{
	*value = text_of(getenv(name));
	return value->n > 0;
}

static int
variable_flag(const char *name, bool *out, struct error *err)
{
	struct text value;

	if (!is_set(name, &value) || number_bool(value, out))
		return 0;
	return error_set(err, ERR_USAGE, "variable %s: not true or false", name);
}

/* Variables that are read as if an option stood first on the line. */
static const struct {
	const char *variable, *option;
	bool is_list; /* commas separate values */
} variables[] = {
	{ "KANIKO_REGISTRY_MIRROR", "registry-mirror", true },
	{ "KANIKO_REGISTRY_MAP", "registry-map", false },
	{ "BUILDAH_FORMAT", "format", false },
	{ "BUILDAH_ISOLATION", "isolation", false },
};

static int
give_variable(struct build_options *o, size_t i, struct error *err)
{
	const struct option_row *row = option_find(&cmd_build,
	                                           text_of(variables[i].option));
	struct text value;

	if (!is_set(variables[i].variable, &value))
		return 0;
	while (value.n > 0) {
		struct text one = value;

		if (variables[i].is_list)
			one = text_cut(&value, ',');
		else
			value = (struct text){ 0 };
		one = build_options_own(o, text_copy(one));
		if (one.n > 0 && option_store(row, o, one, err) < 0)
			return error_wrap(err, "variable %s", variables[i].variable);
	}
	return 0;
}

int
dialect_environment(struct build_options *o, struct error *err)
{
	if (variable_flag("KANIKO_NO_PUSH", &o->other.pushes_not, err) < 0 ||
	    variable_flag("KANIKO_NO_PUSH_CACHE", &o->other.keeps_cache, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		if (give_variable(o, i, err) < 0)
			return -1;
	/* buildah hands its own proxies to steps. */
	if ((o->speaker & SPEAK_PODS) != 0)
		o->gives_proxy = true;
	return 0;
}

/* ------------------------------------------------------------ context */

/* "--pull always ctx": a flag's value must follow "=", so the policy is a word. */
static bool
is_policy(struct build_options *o, const struct words_left *words)
{
	auto_error struct error ignored = ERROR_INIT;
	bool on = false;

	return o->other.bare_pull && words->list.n == 2 &&
	       !number_bool(text_of(words->list.at[0]), &on) &&
	       set_pull(o, text_of(words->list.at[0]), &ignored) == 0;
}

static const char *
default_context(const struct build_options *o)
{
	if ((o->speaker & SPEAK_PODS) != 0)
		return ".";
	return o->speaker == SPEAK_KANIKO ? "/workspace" : NULL;
}

static int
find_context(struct build_options *o, const struct words_left *words, struct error *err)
{
	size_t first = is_policy(o, words) ? 1 : 0, n_words = words->list.n - first;
	size_t n = n_words + (o->other.context != NULL ? 1 : 0);

	o->request.context = o->other.context;
	if (n_words == 1)
		o->request.context = words->list.at[first];
	if (n == 0)
		o->request.context = default_context(o);
	if (n <= 1 && o->request.context != NULL)
		return 0;
	error_set(err, ERR_USAGE, "%s is given%s",
	          n == 0 ? "no context" : "more than one context",
	          n > 0 && o->other.context != NULL ? ": --context and a word" : "");
	return error_hint(err, "cooper build %s   (often: cooper build .)",
	                  cmd_build.arguments);
}

/* The archive becomes standard input, which a build reads as it comes. */
static int
read_archive(const char *path, struct error *err)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0) {
		error_sys(err, "context tar://%s", path);
		return error_named(err, ERR_SOURCE);
	}
	return 0;
}

/* kaniko's prefixes. */
static int
read_prefix(struct build_options *o, struct error *err)
{
	struct text word = text_of(o->request.context);
	const char *method = getenv("GIT_PULL_METHOD");

	if (text_starts(word, "dir://")) {
		o->request.context += strlen("dir://");
	} else if (text_is(word, "tar://stdin")) {
		o->request.context = "-";
	} else if (text_starts(word, "tar://")) {
		if (read_archive(word.p + strlen("tar://"), err) < 0)
			return -1;
		o->request.context = "-";
	} else if (text_starts(word, "git://") && o->other.context != NULL) {
		o->request.context =
		        build_options_own(o, mem_print("%s://%s",
		                                       method != NULL && *method != '\0'
		                                               ? method
		                                               : "https",
		                                       word.p + strlen("git://")))
		                .p;
	} else if (text_starts(word, "gs://") || text_starts(word, "s3://")) {
		error_set(err, ERR_USAGE, "context %s: not fetched from buckets", word.p);
		return error_hint(err, "fetch the archive and send it: cooper build - "
		                       "<context.tar.gz");
	}
	return 0;
}

/* Below the context and, whatever links are in it, nowhere else. */
static int
check_below(const char *dir, const char *path, struct error *err)
{
	auto_fd int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;

	if (dir_fd >= 0)
		fd = inroot_open_nolinks(dir_fd, path, O_PATH | O_DIRECTORY, 0);
	if (fd >= 0 && !text_starts(text_of(path), ".."))
		return 0;
	error_sys(err, "--context-sub-path %s: not a directory of %s", path, dir);
	return error_named(err, ERR_SOURCE);
}

static int
go_below(struct build_options *o, struct error *err)
{
	const char *context = o->request.context, *path = o->other.sub_path;
	const char *mark = strchr(context, '#');
	struct stat sb;

	if (path == NULL)
		return 0;
	if (stat(context, &sb) == 0) {
		if (check_below(context, path, err) < 0)
			return -1;
		o->request.context =
		        build_options_own(o, mem_print("%s/%s", context, path)).p;
		return 0;
	}
	if (strstr(context, "://") == NULL)
		return error_set(err, ERR_USAGE,
		                 "--context-sub-path: the context is no directory");
	if (mark != NULL && strchr(mark, ':') != NULL)
		return error_set(err, ERR_USAGE,
		                 "--context-sub-path: the context names one already");
	o->request.context = build_options_own(o,
	                                       mem_print("%s%s:%s", context,
	                                                 mark == NULL ? "#" : "", path))
	                             .p;
	return 0;
}

/* ------------------------------------------------------------ Dockerfile */

/* Here or, if there is none, in the context, whose own rules then hold for the path. */
static const char *
find_dockerfile(struct build_options *o, const char *file)
{
	struct stat sb;

	if (file[0] == '/' || strcmp(file, "-") == 0 || access(file, F_OK) == 0 ||
	    stat(o->request.context, &sb) < 0 || !S_ISDIR(sb.st_mode))
		return file;
	return build_options_own(o, mem_print("%s/%s", o->request.context, file)).p;
}

static void
settle_dockerfile(struct build_options *o)
{
	const char *file = o->other.dockerfile;

	if (o->other.dockerfile_dir != NULL && o->request.dockerfile == NULL)
		o->request.dockerfile =
		        build_options_own(o, mem_print("%s/%s", o->other.dockerfile_dir,
		                                       o->other.filename != NULL
		                                               ? o->other.filename
		                                               : "Dockerfile"))
		                .p;
	else if (o->other.filename != NULL)
		file = o->other.filename;
	if (file == NULL && o->speaker == SPEAK_KANIKO)
		file = o->request.dockerfile;
	if (file != NULL)
		o->request.dockerfile = find_dockerfile(o, file);
}

/* ------------------------------------------------------------ platforms */

static int
check_name(struct text value, struct error *err)
{
	auto_platform struct platform platform = PLATFORM_INIT;

	return platform_parse(&platform, value, err) < 0 ||
	                       platform_check_spelling(&platform, err) < 0
	               ? -1
	               : 0;
}

static int
settle_platform(struct build_options *o, struct error *err)
{
	const struct dialect_words *w = &o->other;
	auto_platform struct platform host = PLATFORM_INIT;
	struct text value;

	if (w->arch.n + w->os.n + w->variant.n == 0) {
		if (o->request.platforms.n == 0 &&
		    is_set("DOCKER_DEFAULT_PLATFORM", &value) &&
		    add_platforms(o, value, err) < 0)
			return error_wrap(err, "variable DOCKER_DEFAULT_PLATFORM");
		return 0;
	}
	if (o->request.platforms.n > 0)
		return error_set(err, ERR_USAGE,
		                 "--platform and --arch, --os or --variant are given: "
		                 "one of them is enough");
	platform_host(&host);
	value = build_options_own(
	        o, mem_print("%.*s/%.*s%s%.*s",
	                     TEXT_ARG(w->os.n > 0 ? w->os : text_of(host.os)),
	                     TEXT_ARG(w->arch.n > 0 ? w->arch : text_of(host.arch)),
	                     w->variant.n > 0 ? "/" : "", TEXT_ARG(w->variant)));
	if (add_platforms(o, value, err) < 0 || check_name(value, err) < 0)
		return error_wrap(err, "--arch, --os, --variant");
	return 0;
}

/* ------------------------------------------------------------ pushing, caching */

/* A field of a list with commas, whatever is in it. */
static void
add_field(struct buf *list, const char *key, const char *value)
{
	buf_print(list, "%s\"%s=", list->n > 0 ? "," : "", key);
	for (; *value != '\0'; value++)
		buf_print(list, *value == '"' ? "\"\"" : "%c", *value);
	buf_add_char(list, '"');
}

/* REPO of the first destination's host, with "/cache". */
static const char *
default_cache_repo(struct build_options *o)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;

	if (o->other.destinations.n == 0 ||
	    reference_parse(&ref, o->other.destinations.at[0], &ignored) < 0)
		return NULL;
	return build_options_own(o, mem_print("%s/%s/cache", ref.host, ref.repo)).p;
}

static int
settle_cache(struct build_options *o, struct error *err)
{
	const char *repo = o->other.cache_repo;
	auto_buf struct buf from = BUF_INIT, to = BUF_INIT;
	bool is_layout = false;

	if (repo != NULL && !o->other.caches)
		dialect_note(o, "cache-repo", "it counts with --cache only");
	if (repo == NULL)
		repo = default_cache_repo(o);
	if (!o->other.caches || repo == NULL)
		return 0;
	is_layout = text_starts(text_of(repo), "oci:");
	repo += is_layout ? strlen("oci:") : 0;
	add_field(&from, "type", is_layout ? "local" : "registry");
	add_field(&to, "type", is_layout ? "local" : "registry");
	add_field(&from, is_layout ? "src" : "ref", repo);
	add_field(&to, is_layout ? "dest" : "ref", repo);
	add_field(&to, "mode", "max");
	add_field(&to, "ignore-error", "true");
	if (add_cache_from(o, build_options_own(o, mem_copy(buf_str(&from))), err) < 0 ||
	    (!o->other.keeps_cache &&
	     add_cache_to(o, build_options_own(o, mem_copy(buf_str(&to))), err) < 0))
		return error_wrap(err, "--cache-repo");
	return 0;
}

/* kaniko pushes to every destination unless it is told not to. */
static int
settle_push(struct build_options *o, struct error *err)
{
	const struct build_request *r = &o->request;

	if (o->push && o->other.pushes_not)
		return error_set(err, ERR_USAGE, "--push and --no-push contradict");
	if (o->other.destinations.n > 0 && !o->other.pushes_not)
		o->push = true;
	for (size_t i = 0; o->other.insecure_push && i < r->tags.n; i++) {
		auto_reference struct reference ref = REFERENCE_INIT;

		if (reference_parse(&ref, r->tags.at[i], err) < 0)
			return -1;
		array_push(&o->request.insecure_registries,
		           build_options_own(o, mem_copy(ref.host)));
	}
	return 0;
}

int
dialect_settle(struct build_options *o, const struct words_left *words, struct error *err)
{
	o->request.finds_containerfile = (o->speaker & SPEAK_PODS) != 0;
	if (find_context(o, words, err) < 0 || read_prefix(o, err) < 0 ||
	    go_below(o, err) < 0)
		return -1;
	settle_dockerfile(o);
	return settle_platform(o, err) < 0 || settle_push(o, err) < 0 ||
	                       settle_cache(o, err) < 0
	               ? -1
	               : 0;
}
