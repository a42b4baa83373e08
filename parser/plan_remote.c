#include "base/base.h"
#include "base/count.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/percent.h"
#include "parser/dockerfile.h"
#include "parser/git_url.h"
#include "parser/plan_layers.h"
#include "parser/plan_steps.h"
#include "parser/step.h"

/* ------------------------------------------------------------ git */

/* The flags of ADD and the query of the URL must agree. */
static int
apply_flags(const struct instruction *in, struct text checksum, struct git_url *url,
            struct error *err)
{
	auto_buf struct buf flag = BUF_INIT, query = BUF_INIT;
	int keep = in->flag.keep_git_dir;

	if (keep >= 0 && url->keep_git_dir >= 0 && keep != url->keep_git_dir)
		return error_set(err, ERR_DOCKERFILE,
		                 "inconsistent keep-git-dir configuration");
	if (keep >= 0)
		url->git.keep_git_dir = keep;
	if (checksum.p == NULL)
		return 0;
	if (url->git.checksum.n > 0 && !text_equal(checksum, url->git.checksum)) {
		buf_add_quoted(&flag, checksum);
		buf_add_quoted(&query, url->git.checksum);
		return error_set(err, ERR_DOCKERFILE, "checksum mismatch %s != %s",
		                 buf_str(&flag), buf_str(&query));
	}
	url->git.checksum = checksum;
	return 0;
}

/* ------------------------------------------------------------ http */

static bool
is_web(struct text t)
{
	return text_starts(t, "http://") || text_starts(t, "https://");
}

/* The last component of the URL's path. */
static struct text
file_name(struct planner *p, struct text url)
{
	struct text path = text_from(url, (size_t)text_find(url, ':') + strlen("://"));
	auto_buf struct buf b = BUF_INIT;
	ptrdiff_t end;

	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '?' || path.p[i] == '#')
			path.n = i;
	end = text_find(path, '/');
	path = text_from(path, end < 0 ? path.n : (size_t)end);
	percent_decode(path, &b);
	while (b.n > 0 && b.p[b.n - 1] == '/')
		buf_truncate(&b, b.n - 1);
	path = path_base(buf_text(&b));
	if (path.n == 0 || text_is(path, ".") || text_is(path, ".."))
		return TEXT("__unnamed__");
	return arena_text(p->arena, path);
}

/* In the words of the digest library of the OCI. */
static int
check_digest(struct text t, struct error *err)
{
	static const struct {
		const char *prefix;
		size_t n;
	} known[] = { { "sha256:", 64 }, { "sha384:", 96 }, { "sha512:", 128 } };
	ptrdiff_t colon = text_find(t, ':');
	struct digest digest;

	if (digest_parse(&digest, t))
		return 0;
	if (colon < 1 || (size_t)colon + 1 == t.n)
		return error_set(err, ERR_DOCKERFILE, "invalid checksum digest format");
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (!text_starts(t, known[i].prefix))
			continue;
		if (t.n != strlen(known[i].prefix) + known[i].n)
			return error_set(err, ERR_DOCKERFILE,
			                 "invalid checksum digest length");
		return error_set(err, ERR_DOCKERFILE, "invalid checksum digest format");
	}
	return error_set(err, ERR_DOCKERFILE, "unsupported digest algorithm");
}

static int
add_http(struct planner *p, struct node *node, const struct instruction *in,
         struct text url, struct text checksum, struct text chmod, struct text name,
         struct remote *out, struct error *err)
{
	struct step_http http = { .url = url, .checksum = checksum, .chmod = chmod };

	if (checksum.p != NULL && check_digest(checksum, err) < 0)
		return -1;
	http.name = file_name(p, url);
	out->step = plan_step_http(p, node, in, &http, name);
	out->path = http.name;
	return 1;
}

int
plan_remote(struct planner *p, struct node *node, const struct instruction *in,
            struct text source, struct text checksum, struct text chmod, struct text name,
            struct remote *out, struct error *err)
{
	bool is_add = in->kind == INSTR_ADD;
	struct git_url url;
	int is_git = git_url_parse(p->arena, source, &url, err);

	if (is_git < 0)
		return -1;
	if (is_git && !is_add)
		return error_set(err, ERR_DOCKERFILE,
		                 "source can't be a git ref for COPY");
	if (is_git && apply_flags(in, checksum, &url, err) < 0)
		return -1;
	if (is_git) {
		out->step = plan_step_git(p, node, in, &url.git, name);
		out->path = TEXT("");
		return 1;
	}
	if (is_web(source) && !is_add)
		return error_set(err, ERR_DOCKERFILE, "source can't be a URL for COPY");
	if (is_web(source))
		return add_http(p, node, in, source, checksum, chmod, name, out, err);
	if (checksum.p != NULL)
		return error_set(err, ERR_DOCKERFILE,
		                 "checksum requires HTTP(S) or Git sources");
	return 0;
}
