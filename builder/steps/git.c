#include "builder/steps/git.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/base.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/number.h"
#include "base/path.h"
#include "base/process.h"

#define OUTPUT_MAX    ((size_t)16 << 20)
#define ARGUMENTS_MAX 24
#define PROTOCOLS     "http:https:ssh:git"

extern char **environ;

/* ------------------------------------------------------------ running git */

struct git {
	const struct cancel *cancel;
	int dir_fd; /* -1: anywhere */
	ARRAY(char *) env;
	struct buf out, log;
};

static void
git_clear(struct git *g)
{
	for (size_t i = 0; i < g->env.n; i++)
		free(g->env.at[i]);
	array_clear(&g->env);
	buf_clear(&g->out);
	buf_clear(&g->log);
}
#define auto_git __attribute__((cleanup(git_clear)))

/* Of the variables that steer git only those that say how to connect are kept. */
static bool
is_kept(const char *variable)
{
	static const char *const kept[] = { "GIT_SSH", "GIT_SSL", "GIT_PROXY", "GIT_HTTP",
		                            "GIT_ALLOW_PROTOCOL" };

	if (strncmp(variable, "LC_", 3) == 0 || strncmp(variable, "LANG", 4) == 0)
		return false;
	if (strncmp(variable, "GIT_", 4) != 0)
		return true;
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
			return true;
	return false;
}

static void
git_init(struct git *g, int dir_fd, const struct cancel *cancel)
{
	*g = (struct git){ .dir_fd = dir_fd, .cancel = cancel };
	for (char **v = environ; *v != NULL; v++)
		if (is_kept(*v))
			array_push(&g->env, mem_copy(*v));
	array_push(&g->env, mem_copy("GIT_TERMINAL_PROMPT=0"));
	array_push(&g->env, mem_copy("GIT_CONFIG_NOSYSTEM=1"));
	array_push(&g->env, mem_copy("GIT_CONFIG_GLOBAL=/dev/null"));
	array_push(&g->env, mem_copy("LC_ALL=C"));
	if (getenv("GIT_ALLOW_PROTOCOL") == NULL)
		array_push(&g->env, mem_copy("GIT_ALLOW_PROTOCOL=" PROTOCOLS));
	array_push(&g->env, NULL);
}

static bool
says(const struct buf *log, const char *what)
{
	return strstr(buf_str(log), what) != NULL;
}

static enum error_code
code_of(const struct buf *log)
{
	if (says(log, "Authentication failed") || says(log, "could not read Username") ||
	    says(log, "Permission denied") || says(log, "error: 401") ||
	    says(log, "error: 403"))
		return ERR_AUTH;
	if (says(log, "Could not resolve") || says(log, "onnection refused") ||
	    says(log, "timed out") || says(log, "unable to access"))
		return ERR_NETWORK;
	return ERR_SOURCE;
}

/* The last line that git printed, which mostly says why. */
static struct text
last_line(const struct buf *log)
{
	struct text rest = buf_text(log), line, last = TEXT("git failed");

	while (text_line(&rest, &line))
		if (text_trim(line).n > 0)
			last = text_trim(line);
	return last;
}

/* Runs git with the given arguments (ended by NULL); what it prints is in G. The
 * umask is set for it, since it decides the modes of what is checked out. */
static int
git_run(struct git *g, const char *const *arguments, struct error *err)
{
	const char *argv[ARGUMENTS_MAX] = { "sh",
		                            "-c",
		                            "umask 022; exec \"$@\"",
		                            "sh",
		                            "git",
		                            "-c",
		                            "core.hooksPath=/dev/null",
		                            "-c",
		                            "advice.detachedHead=false" };
	struct process p = { .argv = argv,
		             .env = (const char *const *)g->env.at,
		             .dir_fd = g->dir_fd,
		             .output_max = OUTPUT_MAX,
		             .cancel = g->cancel };
	size_t n = 9;
	struct text why;
	int status = 0;

	for (size_t i = 0; arguments[i] != NULL && n + 1 < ARGUMENTS_MAX; i++)
		argv[n++] = arguments[i];
	argv[n] = NULL;
	buf_truncate(&g->out, 0);
	buf_truncate(&g->log, 0);
	if (process_run(&p, &g->out, &g->log, &status, err) < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		error_set(err, ERR_ENVIRONMENT, "git is not installed");
		return error_hint(err, "install git to use git sources");
	}
	why = last_line(&g->log);
	return error_set(err, code_of(&g->log), "git %s: %.*s", arguments[0], (int)why.n,
	                 why.p);
}

/* ------------------------------------------------------------ refs */

static bool
is_commit(struct text t)
{
	if (t.n != 40 && t.n != 64)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (strchr("0123456789abcdef", t.p[i]) == NULL || t.p[i] == '\0')
			return false;
	return true;
}

/* How good a name in the remote's list is for REF; 0 not at all. As git checkout,
 * branches come before tags; a tag object gives way to its commit. */
static int
rank(struct text name, const char *ref)
{
	bool peeled = text_ends(name, "^{}");
	struct text bare = peeled ? text_first(name, name.n - 3) : name;

	if (text_is(bare, ref))
		return peeled ? 5 : 4;
	if (text_starts(bare, "refs/heads/") && text_is(text_from(bare, 11), ref))
		return peeled ? 0 : 3;
	if (text_starts(bare, "refs/tags/") && text_is(text_from(bare, 10), ref))
		return peeled ? 2 : 1;
	return 0;
}

/* Lines of "commit TAB name". */
static bool
find_ref(struct text list, const char *ref, char commit[GIT_COMMIT_MAX])
{
	struct text line;
	int best = 0;

	while (text_line(&list, &line)) {
		ptrdiff_t tab = text_find(line, '\t');
		struct text id = text_first(line, tab < 0 ? 0 : (size_t)tab);
		int now = tab < 0 ? 0 : rank(text_from(line, (size_t)tab + 1), ref);

		if (now <= best || !is_commit(id))
			continue;
		best = now;
		memcpy(commit, id.p, id.n);
		commit[id.n] = '\0';
	}
	return best > 0;
}

static int
check_url(const struct step_git *src, struct error *err)
{
	/* Neither may be taken for an option. */
	if (src->url.n == 0 || src->url.p[0] == '-')
		return error_set(err, ERR_USAGE, "not a git URL: %.*s", (int)src->url.n,
		                 src->url.p);
	if (src->ref.n > 0 && src->ref.p[0] == '-')
		return error_set(err, ERR_USAGE, "not a git ref: %.*s", (int)src->ref.n,
		                 src->ref.p);
	return 0;
}

static int
check_commit(const struct step_git *src, const char *commit, struct error *err)
{
	auto_free char *want = text_copy(src->checksum);

	if (src->checksum.p == NULL || text_starts(text_of(commit), want))
		return 0;
	return error_set(err, ERR_DAMAGED, "expected checksum to match %s, got %s", want,
	                 commit);
}

int
git_check_offline(const struct step_git *src, struct error *err)
{
	if (text_starts(src->url, "file:"))
		return 0;
	error_set(err, ERR_NETWORK, "%.*s: not contacted because of --offline",
	          (int)src->url.n, src->url.p);
	return error_hint(err, "clone it once and name the directory");
}

int
git_resolve(const struct step_git *src, const struct cancel *cancel,
            char commit[GIT_COMMIT_MAX], struct error *err)
{
	auto_git struct git g = { 0 };
	auto_free char *url = text_copy(src->url);
	auto_free char *ref = src->ref.n > 0 ? text_copy(src->ref) : mem_copy("HEAD");
	auto_free char *peeled = mem_print("%s^{}", ref);
	const char *const list[] = { "ls-remote", "--", url, ref, peeled, NULL };

	if (check_url(src, err) < 0)
		return -1;
	if (is_commit(src->ref)) {
		memcpy(commit, src->ref.p, src->ref.n);
		commit[src->ref.n] = '\0';
		return check_commit(src, commit, err);
	}
	git_init(&g, -1, cancel);
	if (git_run(&g, list, err) < 0)
		return error_wrap(err, "%s", url);
	if (!find_ref(buf_text(&g.out), ref, commit))
		return error_set(err, ERR_SOURCE,
		                 "%s: repository does not contain ref %s", url, ref);
	return check_commit(src, commit, err);
}

/* ------------------------------------------------------------ checkout */

/* The commit alone; where the server gives only what has a name, that name; at
 * last everything. */
static int
fetch(struct git *g, const struct step_git *src, const char *commit, struct error *err)
{
	auto_free char *ref = src->ref.n > 0 ? text_copy(src->ref) : mem_copy("HEAD");
	const char *const alone[] = { "fetch",  "-q",   "--depth=1", "--no-tags",
		                      "origin", commit, NULL };
	const char *const named[] = { "fetch",  "-q", "--depth=1", "--no-tags",
		                      "origin", ref,  NULL };
	const char *const all[] = {
		"fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*",
		NULL
	};
	auto_free char *object = mem_print("%s^{commit}", commit);
	const char *const has[] = { "cat-file", "-e", object, NULL };
	const char *const *const ways[] = { alone, named, all };

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		auto_error struct error attempt = ERROR_INIT;

		if (git_run(g, ways[i], &attempt) == 0 && git_run(g, has, &attempt) == 0)
			return 0;
		if (attempt.code != ERR_SOURCE || i + 1 == sizeof ways / sizeof ways[0]) {
			error_move(err, &attempt);
			return -1;
		}
	}
	return -1;
}

/* Submodules have a file of that name, the repository itself a directory. */
static int
remove_git_dirs(int dir_fd, struct error *err)
{
	int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	auto_dir DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d = NULL;

	if (list == NULL) {
		own_close(&fd);
		return error_sys(err, "list a checkout");
	}
	rewinddir(list);
	while ((d = readdir(list)) != NULL) {
		auto_fd int sub = -1;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (strcmp(d->d_name, ".git") == 0) {
			if (file_remove_tree(dir_fd, ".git", err) < 0)
				return -1;
			continue;
		}
		sub = openat(dir_fd, d->d_name,
		             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && remove_git_dirs(sub, err) < 0)
			return -1;
	}
	return 0;
}

/* The path of the tree or of its subdirectory; links must not lead out of it. */
static char *
find_subdir(int dir_fd, const struct step_git *src, struct error *err)
{
	auto_free char *subdir = src->subdir.n > 0 ? path_clean_abs(src->subdir)
	                                           : mem_copy("/");
	auto_fd int fd = inroot_open(dir_fd, subdir, O_RDONLY | O_DIRECTORY, 0);
	char link[FILE_FD_PATH_MAX], path[PATH_MAX];
	ssize_t n = fd < 0 ? -1 : readlink(file_fd_path(fd, link), path, sizeof path);

	if (n <= 0 || n == (ssize_t)sizeof path) {
		error_set(err, ERR_SOURCE,
		          "subdirectory %.*s: not found in the repository",
		          (int)src->subdir.n, src->subdir.p);
		return NULL;
	}
	return mem_copy_n(path, (size_t)n);
}

static int
commit_time(struct git *g, const char *commit, int64_t *out, struct error *err)
{
	const char *const show[] = { "show", "-s", "--format=%ct", commit, NULL };

	if (git_run(g, show, err) < 0)
		return -1;
	if (!number_i64(text_trim(buf_text(&g->out)), out))
		return error_set(err, ERR_DAMAGED, "git show: not a time: %s",
		                 buf_str(&g->out));
	return 0;
}

static int
fill(struct git *g, const struct step_git *src, const char *commit,
     struct git_checkout *out, struct error *err)
{
	auto_free char *url = text_copy(src->url);
	const char *const init[] = { "-c", "init.defaultBranch=main", "init", "-q",
		                     NULL };
	const char *const remote[] = { "remote", "add", "--", "origin", url, NULL };
	const char *const checkout[] = { "checkout", "-q", "--detach", commit, NULL };
	const char *const modules[] = { "submodule",   "update",    "-q", "--init",
		                        "--recursive", "--depth=1", NULL };

	if (git_run(g, init, err) < 0 || git_run(g, remote, err) < 0 ||
	    fetch(g, src, commit, err) < 0 || git_run(g, checkout, err) < 0)
		return -1;
	if (src->submodules && file_is_there(g->dir_fd, ".gitmodules") &&
	    git_run(g, modules, err) < 0)
		return -1;
	return commit_time(g, commit, &out->time, err);
}

int
git_checkout(struct store *st, const struct step_git *src, const char *commit,
             const struct cancel *cancel, struct git_checkout *out, struct error *err)
{
	auto_git struct git g = { 0 };
	auto_fd int dir_fd = -1;
	auto_free char *dir = store_tmp_dir(st, &dir_fd, err);

	if (dir == NULL || check_url(src, err) < 0)
		return -1;
	git_init(&g, dir_fd, cancel);
	*out = (struct git_checkout){ 0 };
	if (fill(&g, src, commit, out, err) < 0)
		return error_wrap(err, "%.*s", (int)src->url.n, src->url.p);
	if (!src->keep_git_dir && remove_git_dirs(dir_fd, err) < 0)
		return -1;
	snprintf(out->commit, sizeof out->commit, "%s", commit);
	out->dir = find_subdir(dir_fd, src, err);
	return out->dir == NULL ? -1 : 0;
}

/* What is on GitHub needs no scheme. */
static struct text
with_scheme(struct arena *arena, struct text url)
{
	size_t end = 0;

	if (!text_starts(url, "github.com/"))
		return url;
	while (end < url.n && url.p[end] != '#' && url.p[end] != '?')
		end++;
	return text_of(arena_print(arena, "https://%.*s%s%.*s", (int)end, url.p,
	                           text_ends(text_first(url, end), ".git") ? "" : ".git",
	                           (int)(url.n - end), url.p + end));
}

static int
set_times_in(int dir_fd, const struct timespec times[2], struct error *err)
{
	int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	auto_dir DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d = NULL;

	if (list == NULL) {
		own_close(&fd);
		return error_sys(err, "list a checkout");
	}
	rewinddir(list);
	while ((d = readdir(list)) != NULL) {
		auto_fd int sub = -1;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		sub = openat(dir_fd, d->d_name,
		             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && set_times_in(sub, times, err) < 0)
			return -1;
		if (utimensat(dir_fd, d->d_name, times, AT_SYMLINK_NOFOLLOW) < 0)
			return error_sys(err, "set the time of %s", d->d_name);
	}
	return 0;
}

static int
set_times(const char *dir, int64_t seconds, struct error *err)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	auto_fd int dir_fd = file_open_dir(AT_FDCWD, dir, err);

	if (dir_fd < 0)
		return -1;
	return set_times_in(dir_fd, times, err);
}

int
git_checkout_url(struct store *st, struct text url, bool keep_git_dir, bool offline,
                 const struct cancel *cancel, char **dir, struct error *err)
{
	auto_arena struct arena *arena = arena_new();
	struct git_url source = { 0 };
	struct git_checkout checkout = { 0 };
	char commit[GIT_COMMIT_MAX];
	int is_git = git_url_parse(arena, with_scheme(arena, url), &source, err);

	if (is_git <= 0) {
		if (is_git == 0)
			error_set(err, ERR_USAGE, "not a git URL: %.*s", (int)url.n,
			          url.p);
		err->code = ERR_USAGE;
		return -1;
	}
	if (keep_git_dir && source.keep_git_dir < 0)
		source.git.keep_git_dir = true;
	if (offline && git_check_offline(&source.git, err) < 0)
		return -1;
	if (git_resolve(&source.git, cancel, commit, err) < 0 ||
	    git_checkout(st, &source.git, commit, cancel, &checkout, err) < 0)
		return -1;
	if (set_times(checkout.dir, checkout.time, err) < 0) {
		free(checkout.dir);
		return -1;
	}
	*dir = checkout.dir;
	return 0;
}
