#include "builder/steps/git_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/count.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/number.h"
#include "base/redact.h"
#include "builder/steps/git_run.h"

#define CONFIG_MAX ((size_t)1 << 20)

/* No real commit has more tags than this. */
#define TAGS_MAX 100

/* The limit for nested submodules, and for slashes in their names. */
#define DEPTH_MAX 64

/* ------------------------------------------------------------ fetch */

/* First tries the commit alone, then its name (some servers only give what has a name),
 * at last everything. */
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

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		auto_error struct error attempt = ERROR_INIT;

		if (git_run(g, ways[i], &attempt) == 0 && git_run(g, has, &attempt) == 0)
			return 0;
		if (attempt.code != ERR_SOURCE || i + 1 == COUNT_OF(ways)) {
			error_move(err, &attempt);
			return -1;
		}
	}
	return -1;
}

/* Servers of plain files know no depth, some give no commit without a name. */
static int
fetch_submodules(struct git *g, struct error *err)
{
	const char *const shallow[] = { "submodule",   "update",    "-q", "--init",
		                        "--recursive", "--depth=1", NULL };
	const char *const deep[] = { "submodule", "update",      "-q",
		                     "--init",    "--recursive", NULL };
	auto_error struct error attempt = ERROR_INIT;

	if (git_run(g, shallow, &attempt) == 0)
		return 0;
	if (attempt.code != ERR_SOURCE) {
		error_move(err, &attempt);
		return -1;
	}
	return git_run(g, deep, err);
}

/* ------------------------------------------------------------ tags */

/* Names of tags, each as "+refs/tags/x:refs/tags/x". */
struct tag_list {
	ARRAY(char *) list;
};

static void
tag_list_clear(struct tag_list *t)
{
	for (size_t i = 0; i < t->list.n; i++)
		free(t->list.at[i]);
	array_clear(&t->list);
}

static void
tag_list_add(struct tag_list *t, struct text name)
{
	if (t->list.n < TAGS_MAX)
		array_push(&t->list,
		           mem_print("+%.*s:%.*s", TEXT_ARG(name), TEXT_ARG(name)));
}

/* Adds the tags of the server that point to COMMIT. */
static int
list_tags(struct git *g, const char *commit, struct tag_list *out, struct error *err)
{
	const char *const list[] = { "ls-remote", "--tags", "origin", NULL };
	struct text rest, line;

	if (git_run(g, list, err) < 0)
		return -1;
	rest = buf_text(&g->out);
	while (text_line(&rest, &line)) {
		struct text id = text_cut(&line, '\t'), name = line;

		if (name.p == NULL || !text_is(id, commit))
			continue;
		if (text_ends(name, "^{}"))
			name = text_first(name, name.n - 3);
		tag_list_add(out, name);
	}
	return 0;
}

static int
fetch_tags(struct git *g, const struct step_git *src, const struct git_commit *commit,
           struct error *err)
{
	__attribute__((cleanup(tag_list_clear))) struct tag_list tags = { 0 };
	const char *arguments[TAGS_MAX + 8] = { "fetch", "-q", "--no-tags", "origin" };
	const char *shallow[TAGS_MAX + 8] = { "fetch", "-q", "--no-tags", "origin",
		                              "--depth=1" };
	auto_error struct error attempt = ERROR_INIT;

	if (text_starts(text_of(commit->name), "refs/tags/"))
		tag_list_add(&tags, text_of(commit->name));
	else if (text_is(src->ref, commit->id) &&
	         list_tags(g, commit->id, &tags, err) < 0)
		return -1;
	if (tags.list.n == 0)
		return 0;
	for (size_t i = 0; i < tags.list.n; i++)
		arguments[4 + i] = shallow[5 + i] = tags.list.at[i];
	if (git_run(g, shallow, &attempt) == 0)
		return 0;
	return git_run(g, arguments, err);
}

/* ------------------------------------------------------------ walking */

/* Called for each name in a directory; *ENTER (a directory comes with true): go on
 * below it. */
typedef int
entry_fn(void *arg, int dir_fd, const char *name, bool *enter, struct error *err);

static int
each_entry(int dir_fd, int depth, entry_fn *fn, void *arg, struct error *err)
{
	auto_listing struct listing list = listing_open(dir_fd, ".");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL) {
		auto_fd int sub = openat(dir_fd, name,
		                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		bool enter = sub >= 0;

		if (fn(arg, dir_fd, name, &enter, err) < 0)
			return -1;
		if (enter && sub >= 0 && depth > 0 &&
		    each_entry(sub, depth - 1, fn, arg, err) < 0)
			return -1;
	}
	return listing_failed(&list) ? error_sys(err, "list a checkout") : 0;
}

/* Submodules have a file of that name, the repository itself a directory. */
static int
remove_git_dir(void *arg, int dir_fd, const char *name, bool *enter, struct error *err)
{
	(void)arg;
	if (strcmp(name, ".git") != 0)
		return 0;
	*enter = false;
	return file_remove_tree(dir_fd, name, err);
}

static int
set_time(void *arg, int dir_fd, const char *name, bool *enter, struct error *err)
{
	(void)enter;
	if (utimensat(dir_fd, name, arg, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, "set the time of %s", name);
	return 0;
}

/* ------------------------------------------------------------ tree */

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

/* A kept file must not contain a URL with a user and a password. */
static int
clean_config(int git_fd, struct error *err)
{
	auto_buf struct buf text = BUF_INIT, clean = BUF_INIT;

	if (file_read(git_fd, "config", CONFIG_MAX, &text, err) < 0)
		return -1;
	if (!text_has_userinfo(buf_text(&text)))
		return 0;
	buf_add_redacted(&clean, buf_text(&text));
	return file_replace(git_fd, "config", clean.p, clean.n, 0644, err);
}

static int clean_git_dir(int git_fd, int depth, struct error *err);

/* Below "modules", where a name with slashes is a directory in a directory. */
static int
clean_module(void *arg, int dir_fd, const char *name, bool *enter, struct error *err)
{
	auto_fd int fd = -1;

	if (!*enter)
		return 0;
	fd = file_open_dir(dir_fd, name, err);
	if (fd < 0)
		return -1;
	if (!file_is_there(fd, "HEAD"))
		return 0;
	*enter = false;
	return clean_git_dir(fd, *(const int *)arg - 1, err);
}

/* Files that tell where the commit came from are removed, too. */
static int
clean_git_dir(int git_fd, int depth, struct error *err)
{
	auto_fd int modules = openat(git_fd, "modules",
	                             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (unlinkat(git_fd, "FETCH_HEAD", 0) < 0 && errno != ENOENT)
		return error_sys(err, "remove FETCH_HEAD");
	if (file_remove_tree(git_fd, "logs", err) < 0 || clean_config(git_fd, err) < 0)
		return -1;
	if (modules < 0)
		return 0;
	if (depth == 0)
		return error_set(err, ERR_SOURCE, "submodules are nested too deeply");
	return each_entry(modules, DEPTH_MAX, clean_module, &depth, err);
}

/* Readers of .git see the URL as BuildKit writes it. */
static int
tidy_git_dir(struct git *g, const struct step_git *src, struct error *err)
{
	auto_buf struct buf shown = BUF_INIT;
	auto_fd int fd = openat(g->dir_fd, ".git",
	                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *remote[] = { "remote", "set-url", "--", "origin", NULL, NULL };

	if (fd < 0)
		return error_sys(err, "open .git");
	buf_add_redacted(&shown, src->url);
	remote[4] = buf_str(&shown);
	if (text_has_userinfo(src->url) && git_run(g, remote, err) < 0)
		return -1;
	return clean_git_dir(fd, DEPTH_MAX, err);
}

static int
fill(struct git *g, const struct source_auth *auth, const struct step_git *src,
     const struct git_commit *commit, int64_t *time, struct error *err)
{
	const char *format = strlen(commit->id) > 40 ? "--object-format=sha256"
	                                             : "--object-format=sha1";
	const char *const init[] = { "init", "-q", "-b", "main", format, NULL };
	const char *const remote[] = { "remote", "add", "--", "origin", auth->url, NULL };
	const char *const checkout[] = { "checkout", "-q", "--detach", commit->id, NULL };

	if (git_run(g, init, err) < 0 || git_run(g, remote, err) < 0 ||
	    fetch(g, src, commit->id, err) < 0 || git_run(g, checkout, err) < 0)
		return -1;
	if (src->submodules && file_is_there(g->dir_fd, ".gitmodules") &&
	    fetch_submodules(g, err) < 0)
		return -1;
	if (src->keep_git_dir && fetch_tags(g, src, commit, err) < 0)
		return -1;
	return commit_time(g, commit->id, time, err);
}

int
git_fetch_tree(const struct git_access *access, const struct step_git *src,
               const struct git_commit *commit, int dir_fd, int64_t *time,
               struct error *err)
{
	auto_git struct git g = { 0 };
	auto_source_auth struct source_auth auth = { 0 };
	auto_fd int tree_fd = -1;
	struct timespec times[2];

	if (source_auth_git(src->url, access->secrets, access->n_secrets, &auth, err) < 0)
		return -1;
	if (mkdirat(dir_fd, "tree", 0755) < 0 || fchmodat(dir_fd, "tree", 0755, 0) < 0)
		return error_sys(err, "make a directory for a checkout");
	tree_fd = file_open_dir(dir_fd, "tree", err);
	if (tree_fd < 0)
		return -1;
	git_init(&g, tree_fd, &auth, access->cancel);
	if (fill(&g, &auth, src, commit, time, err) < 0)
		return -1;
	if (src->keep_git_dir
	            ? tidy_git_dir(&g, src, err) < 0
	            : each_entry(tree_fd, PATH_MAX / 2, remove_git_dir, NULL, err) < 0)
		return -1;
	times[0] = times[1] = (struct timespec){ .tv_sec = *time };
	if (futimens(tree_fd, times) < 0)
		return error_sys(err, "set the time of a checkout");
	return each_entry(tree_fd, PATH_MAX / 2, set_time, times, err);
}
