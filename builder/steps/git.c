#include "builder/steps/git.h"

#include <fcntl.h>
#include <limits.h>

#include "base/base.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/path.h"
#include "base/redact.h"
#include "builder/cache/preimage.h"
#include "builder/steps/git_fetch.h"
#include "builder/steps/git_kept.h"
#include "builder/steps/git_run.h"
#include "layers/store.h"
#include "parser/git_url.h"

/* Another way to make checkouts has another number. */
#define CHECKOUT_FORMAT 1

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

	if (text_is(bare, ref) ||
	    (text_starts(bare, "refs/") && text_is(text_from(bare, 5), ref)))
		return peeled ? 5 : 4;
	if (text_starts(bare, "refs/heads/") && text_is(text_from(bare, 11), ref))
		return peeled ? 0 : 3;
	if (text_starts(bare, "refs/tags/") && text_is(text_from(bare, 10), ref))
		return peeled ? 2 : 1;
	return 0;
}

/* The next "commit TAB name" of LIST. False at its end. */
static bool
next_ref(struct text *list, struct text *id, struct text *name)
{
	struct text line;

	while (text_line(list, &line)) {
		*id = text_cut(&line, '\t');
		*name = line;
		if (line.p != NULL && is_commit(*id))
			return true;
	}
	return false;
}

/* Finds the commit of REF in LIST, and its tag object, or "". */
static bool
find_ref(struct text list, const char *ref, struct git_commit *out,
         char object[GIT_COMMIT_MAX])
{
	struct text rest = list, id, name, found = { 0 };
	int best = 0;

	while (next_ref(&rest, &id, &name)) {
		int now = rank(name, ref);

		if (now <= best)
			continue;
		best = now;
		found = text_ends(name, "^{}") ? text_first(name, name.n - 3) : name;
		snprintf(out->id, sizeof out->id, "%.*s", TEXT_ARG(id));
	}
	object[0] = '\0';
	while (best > 0 && next_ref(&list, &id, &name))
		if (text_equal(name, found))
			snprintf(object, GIT_COMMIT_MAX, "%.*s", TEXT_ARG(id));
	if (best > 0)
		out->name = text_starts(found, "refs/") ? text_copy(found) : mem_copy("");
	return best > 0;
}

static int
check_url(const struct step_git *src, struct error *err)
{
	/* Neither may be taken for an option. */
	if (src->url.n == 0 || src->url.p[0] == '-')
		return error_set(err, ERR_USAGE, "not a git URL: %.*s",
		                 TEXT_ARG(src->url));
	if (src->ref.n > 0 && src->ref.p[0] == '-')
		return error_set(err, ERR_USAGE, "not a git ref: %.*s",
		                 TEXT_ARG(src->ref));
	return 0;
}

/* A checksum may be that of the tag object or of its commit. */
static int
check_commit(const struct step_git *src, const char *commit, const char *object,
             struct error *err)
{
	auto_free char *want = text_copy(src->checksum);

	if (src->checksum.p == NULL || text_starts(text_of(commit), want) ||
	    text_starts(text_of(object), want))
		return 0;
	return error_set(err, ERR_DAMAGED, "expected checksum to match %s, got %s", want,
	                 commit);
}

/* With --offline, SRC must be on this machine. */
static int
check_offline(const struct git_access *access, const struct step_git *src,
              struct error *err)
{
	if (!access->offline || text_starts(src->url, "file:"))
		return 0;
	error_set(err, ERR_NETWORK, "%.*s: not contacted because of --offline",
	          TEXT_ARG(src->url));
	return error_hint(err, "a commit that was checked out before, and is named by "
	                       "its id, is there without a connection");
}

/* ------------------------------------------------------------ resolve */

static int
ask(const struct git_access *access, const struct step_git *src, struct git_commit *out,
    char object[GIT_COMMIT_MAX], struct error *err)
{
	auto_git struct git g = { 0 };
	auto_source_auth struct source_auth auth = { 0 };
	auto_free char *ref = src->ref.n > 0 ? text_copy(src->ref) : mem_copy("HEAD");
	auto_free char *peeled = mem_print("%s^{}", ref);
	const char *list[] = { "ls-remote", "--", NULL, ref, peeled, NULL };

	if (source_auth_git(src->url, access->secrets, access->n_secrets, &auth, err) < 0)
		return -1;
	list[2] = auth.url;
	git_init(&g, -1, &auth, access->cancel);
	if (git_run(&g, list, err) < 0)
		return -1;
	if (!find_ref(buf_text(&g.out), ref, out, object))
		return error_set(err, ERR_SOURCE, "repository does not contain ref %s",
		                 ref);
	return 0;
}

int
git_resolve(const struct git_access *access, const struct step_git *src,
            struct git_commit *out, struct error *err)
{
	auto_git_commit struct git_commit commit = { .name = NULL };
	char object[GIT_COMMIT_MAX] = "";

	if (check_url(src, err) < 0)
		return -1;
	if (is_commit(src->ref)) {
		snprintf(commit.id, sizeof commit.id, "%.*s", TEXT_ARG(src->ref));
		commit.name = mem_copy("");
	} else if (check_offline(access, src, err) < 0) {
		return -1;
	} else if (ask(access, src, &commit, object, err) < 0) {
		return error_wrap(err, "%.*s", TEXT_ARG(src->url));
	}
	if (check_commit(src, commit.id, object, err) < 0)
		return -1;
	*out = commit;
	commit.name = NULL;
	return 0;
}

void
git_commit_clear(struct git_commit *c)
{
	free(c->name);
	c->name = NULL;
}

/* ------------------------------------------------------------ checkout */

/* The key of a checkout: everything that decides its files. */
static struct digest
checkout_key(const struct step_git *src, const struct git_commit *commit)
{
	auto_preimage struct preimage p = PREIMAGE_INIT;
	auto_buf struct buf url = BUF_INIT;

	buf_add_redacted(&url, src->url);
	preimage_add_u64(&p, "checkout format", CHECKOUT_FORMAT);
	preimage_add(&p, "url", buf_text(&url));
	preimage_add_str(&p, "commit", commit->id);
	preimage_add_u64(&p, "submodules", src->submodules);
	if (src->keep_git_dir)
		preimage_add_str(&p, "keep git dir of", commit->name);
	return preimage_key(&p);
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
		          TEXT_ARG(src->subdir));
		return NULL;
	}
	return mem_copy_n(path, (size_t)n);
}

/* Returns the whole tree, kept before or fetched now. */
static int
get_tree(const struct git_access *access, const struct step_git *src,
         const struct git_commit *commit, char **tree, int64_t *time, struct error *err)
{
	const struct digest key = checkout_key(src, commit);
	int found = git_kept_find(access->store, &key, tree, time, err);
	auto_fd int dir_fd = -1;
	auto_free char *dir = NULL;

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (check_offline(access, src, err) < 0)
		return -1;
	dir = store_tmp_dir(access->store, &dir_fd, err);
	if (dir == NULL)
		return -1;
	if (git_fetch_tree(access, src, commit, dir_fd, time, err) < 0) {
		store_trash(access->store, dir);
		return error_wrap(err, "%.*s", TEXT_ARG(src->url));
	}
	return git_kept_add(access->store, &key, dir, dir_fd, *time, tree, err);
}

int
git_checkout(const struct git_access *access, const struct step_git *src,
             const struct git_commit *commit, struct git_checkout *out, struct error *err)
{
	auto_free char *tree = NULL;
	auto_fd int tree_fd = -1;

	if (check_url(src, err) < 0 ||
	    get_tree(access, src, commit, &tree, &out->time, err) < 0)
		return -1;
	tree_fd = file_open_dir(AT_FDCWD, tree, err);
	if (tree_fd < 0)
		return -1;
	out->dir = find_subdir(tree_fd, src, err);
	return out->dir == NULL ? -1 : 0;
}

/* A URL of GitHub needs no scheme. */
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

int
git_checkout_url(const struct git_access *access, struct text url, bool keep_git_dir,
                 char **dir, struct error *err)
{
	auto_arena struct arena *arena = arena_new();
	auto_git_commit struct git_commit commit = { .name = NULL };
	struct git_url source = { 0 };
	struct git_checkout checkout = { 0 };
	int is_git = git_url_parse(arena, with_scheme(arena, url), &source, err);

	if (is_git <= 0) {
		if (is_git == 0)
			error_set(err, ERR_USAGE, "not a git URL: %.*s", TEXT_ARG(url));
		err->code = ERR_USAGE;
		return -1;
	}
	if (keep_git_dir && source.keep_git_dir < 0)
		source.git.keep_git_dir = true;
	if (git_resolve(access, &source.git, &commit, err) < 0 ||
	    git_checkout(access, &source.git, &commit, &checkout, err) < 0)
		return -1;
	*dir = checkout.dir;
	return 0;
}
