#include "parser/expand_pattern.h"

#include "base/base.h"
#include "parser/rune.h"

/* A byte that is not UTF-8 counts as a character of its own. */
#define INVALID_BYTE 0x110000U

#define NOWHERE      SIZE_MAX

struct span {
	size_t start, end;
};

static size_t
rune_at(struct text t, uint32_t *rune)
{
	size_t n = text_rune(t, rune);

	if (n > 0)
		return n;
	*rune = INVALID_BYTE + (unsigned char)t.p[0];
	return 1;
}

static int
bad_escape(struct text p, struct text escaped, struct error *err)
{
	uint32_t rune = 0;
	size_t n = escaped.n == 0 ? 0 : rune_at(escaped, &rune);

	return error_set(
	        err, ERR_DOCKERFILE,
	        "invalid pattern (%.*s) in substitution: invalid escape '\\%.*s'",
	        TEXT_ARG(p), (int)n, escaped.p);
}

int
expand_pattern_parse(struct expand_pattern *out, struct text p, struct error *err)
{
	for (struct text rest = p; rest.n > 0;) {
		struct expand_token token = { .kind = TOKEN_CHAR };
		size_t n = rune_at(rest, &token.rune);

		rest = text_from(rest, n);
		if (token.rune == '*') {
			token.kind = TOKEN_RUN;
		} else if (token.rune == '?') {
			token.kind = TOKEN_ANY;
		} else if (token.rune == '\\') {
			if (rest.n == 0 || !rune_is_one_of(rest.p[0], "*?\\}/"))
				return bad_escape(p, rest, err);
			token.rune = (unsigned char)rest.p[0];
			rest = text_from(rest, 1);
		}
		array_push(&out->tokens, token);
	}
	return 0;
}

void
expand_pattern_clear(struct expand_pattern *p)
{
	array_clear(&p->tokens);
}

/* An automaton that tries all starts at once. from[i] is the earliest start of a match
 * whose first i tokens are done, NOWHERE if there is none. */
struct automaton {
	const struct expand_pattern *p;
	size_t *from, *next;
	struct span best; /* start NOWHERE: nothing found yet */
};

static void
lower(size_t *to, size_t value)
{
	if (value < *to)
		*to = value;
}

static void
skip_empty_runs(struct automaton *m)
{
	for (size_t i = 0; i < m->p->tokens.n; i++)
		if (m->p->tokens.at[i].kind == TOKEN_RUN)
			lower(&m->from[i + 1], m->from[i]);
}

/* Notes a complete match that ends at POS. The leftmost match counts; of several with the
 * same start, the longest. */
static void
note_match(struct automaton *m, size_t pos)
{
	size_t start = m->from[m->p->tokens.n];

	if (start != NOWHERE && start <= m->best.start)
		m->best = (struct span){ start, pos };
}

/* Feeds one character. False if no partial match is left. */
static bool
take_rune(struct automaton *m, uint32_t rune)
{
	size_t n = m->p->tokens.n;
	size_t *swap = m->from;
	bool alive = false;

	for (size_t i = 0; i <= n; i++)
		m->next[i] = NOWHERE;
	for (size_t i = 0; i < n; i++) {
		const struct expand_token *token = &m->p->tokens.at[i];
		size_t to = token->kind == TOKEN_RUN ? i : i + 1;

		if (m->from[i] == NOWHERE || m->from[i] > m->best.start)
			continue;
		if (token->kind == TOKEN_CHAR ? token->rune != rune : rune == '\n')
			continue;
		lower(&m->next[to], m->from[i]);
		alive = true;
	}
	m->from = m->next;
	m->next = swap;
	return alive;
}

/* The leftmost match in VALUE from START on (only there if ANCHORED), the
 * longest one there or, if SHORTEST, the shortest. */
static bool
search(const struct expand_pattern *p, struct text value, size_t start, bool anchored,
       bool shortest, struct span *found)
{
	size_t n = p->tokens.n + 1, *states = mem_new_n(2 * n, sizeof *states);
	struct automaton m = { p, states, states + n, { NOWHERE, 0 } };
	bool alive = true;
	uint32_t rune = 0;

	for (size_t i = 0; i < n; i++)
		m.from[i] = NOWHERE;
	for (size_t pos = start;;) {
		bool may_start = m.best.start == NOWHERE && (!anchored || pos == start);

		if (may_start)
			lower(&m.from[0], pos);
		skip_empty_runs(&m);
		note_match(&m, pos);
		if (pos == value.n || (shortest && m.best.start != NOWHERE))
			break;
		pos += rune_at(text_from(value, pos), &rune);
		alive = take_rune(&m, rune);
		if (!alive && (anchored || m.best.start != NOWHERE))
			break;
	}
	free(states);
	*found = m.best;
	return m.best.start != NOWHERE;
}

/* T with its characters in reverse order. */
static char *
reverse(struct text t)
{
	char *copy = mem_copy_n(t.p, t.n);
	uint32_t rune;

	for (size_t pos = 0, n; pos < t.n; pos += n) {
		n = rune_at(text_from(t, pos), &rune);
		memcpy(copy + t.n - pos - n, t.p + pos, n);
	}
	return copy;
}

struct text
expand_pattern_cut(struct expand_pattern *p, struct text value, bool suffix, bool longest)
{
	auto_free char *reversed = NULL;
	struct span found;

	if (!suffix) {
		if (!search(p, value, 0, true, !longest, &found))
			return value;
		return text_from(value, found.end);
	}
	for (size_t i = 0, n = p->tokens.n; i < n / 2; i++) {
		struct expand_token swap = p->tokens.at[i];

		p->tokens.at[i] = p->tokens.at[n - 1 - i];
		p->tokens.at[n - 1 - i] = swap;
	}
	reversed = reverse(value);
	if (!search(p, (struct text){ reversed, value.n }, 0, true, !longest, &found))
		return value;
	return text_first(value, value.n - found.end);
}

bool
expand_pattern_replace(const struct expand_pattern *p, struct text value, struct text to,
                       bool all, size_t max, struct buf *out)
{
	size_t done = 0, pos = 0, before = out->n;
	struct span found;
	uint32_t rune;

	while (pos <= value.n && search(p, value, pos, false, false, &found)) {
		buf_add_text(out, text_first(text_from(value, done), found.start - done));
		/* An empty match right after another match is not replaced. */
		if (found.end > done || found.start == 0)
			buf_add_text(out, to);
		if (out->n - before > max)
			return false;
		done = found.end;
		if (!all)
			break;
		if (found.end > pos)
			pos = found.end;
		else if (pos < value.n)
			pos += rune_at(text_from(value, pos), &rune);
		else
			pos++;
	}
	buf_add_text(out, text_from(value, done));
	return out->n - before <= max;
}
