#include "builder/ui/ci.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/file.h"

static bool
is_true(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && strcmp(value, "true") == 0;
}

void
ci_init(struct ci *c)
{
	const char *said = getenv("COOPER_CI");

	*c = (struct ci){ .kind = CI_NONE };
	if (said != NULL && *said != '\0')
		c->kind = strcmp(said, "github") == 0   ? CI_GITHUB
		          : strcmp(said, "gitlab") == 0 ? CI_GITLAB
		                                        : CI_NONE;
	else if (is_true("GITHUB_ACTIONS"))
		c->kind = CI_GITHUB;
	else if (is_true("GITLAB_CI"))
		c->kind = CI_GITLAB;
	if (c->kind == CI_GITHUB)
		file_random_name(c->token, CI_TOKEN_DIGITS);
}

char *
ci_directory(const char *dir)
{
	const char *workspace = getenv("GITHUB_WORKSPACE");
	auto_free char *real = realpath(dir, NULL);
	auto_free char *root =
	        realpath(workspace != NULL && *workspace != '\0' ? workspace : ".", NULL);
	size_t n = root == NULL ? 0 : strlen(root);
	struct stat sb;

	if (real == NULL || stat(real, &sb) < 0 || !S_ISDIR(sb.st_mode))
		return NULL;
	if (n > 1 && strncmp(real, root, n) == 0 && real[n] == '\0')
		return mem_copy("");
	if (n > 1 && strncmp(real, root, n) == 0 && real[n] == '/')
		return mem_print("%s/", real + n + 1);
	return mem_print("%s/", real);
}

void
ci_obey(struct ci *c, struct buf *out, bool obeys)
{
	if (c->kind != CI_GITHUB || c->is_stopped == !obeys)
		return;
	buf_print(out, obeys ? "::%s::\n" : "::stop-commands::%s\n", c->token);
	c->is_stopped = !obeys;
}

/* The text of a command, or the value of a property of it. */
static void
add_escaped(struct buf *out, struct text t, bool is_property)
{
	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];

		if (c == '%' || c == '\r' || c == '\n' ||
		    (is_property && (c == ':' || c == ',')))
			buf_print(out, "%%%02X", (unsigned char)c);
		else
			buf_add_char(out, c);
	}
}

/* Without the end of GitHub's obedience. */
static void
end_section(struct ci *c, struct buf *out, int64_t now)
{
	if (!c->is_open)
		return;
	c->is_open = false;
	ci_obey(c, out, true);
	if (c->kind == CI_GITLAB)
		buf_print(out, "\033[0Ksection_end:%lld:cooper_%d_%d\r\033[0K\n",
		          (long long)now, c->number, c->n_opened);
	else
		buf_add_str(out, "::endgroup::\n");
}

void
ci_open(struct ci *c, struct buf *out, int number, struct text title, int64_t now)
{
	end_section(c, out, now);
	if (c->kind == CI_GITHUB) {
		ci_obey(c, out, true);
		buf_print(out, "::group::#%d ", number);
		add_escaped(out, title, false);
		buf_add_char(out, '\n');
		ci_obey(c, out, false);
	} else if (c->kind == CI_GITLAB) {
		c->number = number;
		buf_print(out,
		          "\033[0Ksection_start:%lld:cooper_%d_%d[collapsed=true]\r"
		          "\033[0K#%d ",
		          (long long)now, number, ++c->n_opened, number);
		buf_add_text(out, title);
		buf_add_char(out, '\n');
	}
	c->is_open = c->kind != CI_NONE;
}

void
ci_close(struct ci *c, struct buf *out, int64_t now)
{
	end_section(c, out, now);
	ci_obey(c, out, false);
}

void
ci_annotate(struct ci *c, struct buf *out, const char *word, const char *file, int line,
            int last, struct text message)
{
	const char *comma = "";

	if (c->kind != CI_GITHUB)
		return;
	ci_obey(c, out, true);
	buf_print(out, "::%s ", word);
	if (file != NULL) {
		buf_add_str(out, "file=");
		add_escaped(out, text_of(file), true);
		comma = ",";
	}
	if (file != NULL && line > 0)
		buf_print(out, ",line=%d,endLine=%d", line, last < line ? line : last);
	buf_print(out, "%stitle=cooper::", comma);
	add_escaped(out, message, false);
	buf_add_char(out, '\n');
	ci_obey(c, out, false);
}
