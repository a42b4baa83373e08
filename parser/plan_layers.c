#include "parser/plan_layers.h"

#include "base/base.h"
#include "base/number.h"

#define MODE_MAX 07777

struct text
plan_chomp(struct planner *p, struct text body)
{
	auto_buf struct buf b = BUF_INIT;
	bool at_start = true;

	for (size_t i = 0; i < body.n; i++) {
		if (at_start && body.p[i] == '\t')
			continue;
		buf_add_char(&b, body.p[i]);
		at_start = body.p[i] == '\n';
	}
	return arena_text(p->arena, buf_text(&b));
}

static size_t
span(struct text t, const char *set)
{
	size_t n = 0;

	while (n < t.n && memchr(set, t.p[n], strlen(set)) != NULL)
		n++;
	return n;
}

/* [ugoa]*([-+=][rwxXstugo]*)+, as chmod(1) takes it. */
static bool
is_symbolic_clause(struct text t)
{
	size_t n_operators = 0;

	t = text_from(t, span(t, "ugoa"));
	while (t.n > 0) {
		if (memchr("+-=", t.p[0], 3) == NULL)
			return false;
		n_operators++;
		t = text_from(t, 1);
		t = text_from(t, span(t, "rwxXstugo"));
	}
	return n_operators > 0;
}

static bool
is_symbolic(struct text t)
{
	do
		if (!is_symbolic_clause(text_cut(&t, ',')))
			return false;
	while (t.p != NULL);
	return true;
}

int
plan_check_chmod(struct text chmod, struct error *err)
{
	uint32_t mode;

	if (number_octal(chmod, &mode) ? mode <= MODE_MAX : is_symbolic(chmod))
		return 0;
	return error_set(err, ERR_DOCKERFILE,
	                 "invalid chmod parameter: '%.*s'. it should be octal string and "
	                 "between 0 and 07777",
	                 TEXT_ARG(chmod));
}

int
plan_check_word(struct text word, struct error *err)
{
	if (word.n == 0 || memchr(word.p, '\0', word.n) == NULL)
		return 0;
	return error_set(err, ERR_DOCKERFILE,
	                 "\"%s\" is followed by a NUL byte, which no path, argument, "
	                 "variable or user can have",
	                 word.p);
}
