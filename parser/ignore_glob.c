#include "parser/ignore_glob.h"

#include "base/base.h"
#include "parser/pattern.h"
#include "parser/rune.h"

enum token_kind {
	TOKEN_CHAR,
	TOKEN_ANY, /* ? */
	TOKEN_CLASS,
	TOKEN_RUN,    /* * */
	TOKEN_DEEP,   /* ** matches nothing, or goes on to … */
	TOKEN_INSIDE, /* … which matches everything up to some "/" */
	TOKEN_ALL,    /* ** at the end */
};

struct token {
	enum token_kind kind;
	uint32_t rune;
	struct text class;
};

enum glob_kind { GLOB_EXACT, GLOB_PREFIX, GLOB_SUFFIX, GLOB_GENERAL };

/* A state of the automaton is the number of tokens done; states are bits in
 * arrays of n_words words. */
struct ignore_glob {
	enum glob_kind kind;
	char *pattern;              /* classes are views of it */
	struct text prefix, suffix; /* of every match */
	bool on_name;               /* matched against the last component alone */
	ARRAY(struct token) tokens; /* after the prefix */
	size_t n_words;
	uint64_t *advance[128];    /* by ASCII character: states from which it leads on */
	uint64_t *stay[2];         /* states that keep a character, or a "/" */
	uint64_t *skip, *skip_two; /* states that lead on without a character */
	uint64_t *bits;            /* what the pointers above point into */
	struct buf start, end;     /* what prefix and suffix are views of */
};

#define N_BITSETS (128 + 2 + 2)

/* States of patterns up to this many words are held on the stack. */
#define WORDS_SMALL 4

/* ------------------------------------------------------------ compiling */

static void
add_token(struct ignore_glob *g, enum token_kind kind, uint32_t rune)
{
	array_push(&g->tokens, ((struct token){ .kind = kind, .rune = rune }));
}

static bool
ends_in(const struct ignore_glob *g, enum token_kind kind)
{
	return g->tokens.n > 0 && g->tokens.at[g->tokens.n - 1].kind == kind;
}

/* "**" and the "/" after it. Two in a row mean the same as one. */
static struct text
read_deep(struct ignore_glob *g, struct text rest, bool first)
{
	rest = text_from(rest, 2);
	if (text_starts(rest, "/"))
		rest = text_from(rest, 1);
	if (rest.n > 0) {
		if (!ends_in(g, TOKEN_INSIDE)) {
			add_token(g, TOKEN_DEEP, 0);
			add_token(g, TOKEN_INSIDE, 0);
		}
		g->kind = GLOB_GENERAL;
	} else if (g->kind == GLOB_EXACT) {
		g->kind = GLOB_PREFIX;
	} else {
		add_token(g, TOKEN_ALL, 0);
		g->kind = GLOB_GENERAL;
	}
	if (first)
		g->kind = GLOB_SUFFIX;
	return rest;
}

static struct text
read_char(struct ignore_glob *g, struct text rest)
{
	uint32_t rune = 0;
	size_t n = text_rune(rest, &rune);

	if (n == 0) {
		n = 1;
		rune = 0x110000U + (unsigned char)rest.p[0];
	}
	add_token(g, TOKEN_CHAR, rune);
	return text_from(rest, n);
}

static struct text
read_class(struct ignore_glob *g, struct text rest)
{
	bool ignored;
	size_t n = pattern_class(rest, 0, &ignored);
	struct token token = { .kind = TOKEN_CLASS, .class = text_first(rest, n) };

	if (n == 0)
		return read_char(g, rest);
	array_push(&g->tokens, token);
	return text_from(rest, n);
}

static struct text
read_token(struct ignore_glob *g, struct text rest, bool first)
{
	if (text_starts(rest, "**"))
		return read_deep(g, rest, first);
	if (!rune_is_one_of(rest.p[0], "*?[]\\"))
		return read_char(g, rest);
	g->kind = GLOB_GENERAL;
	switch (rest.p[0]) {
	case '*':
		add_token(g, TOKEN_RUN, 0);
		return text_from(rest, 1);
	case '?':
		add_token(g, TOKEN_ANY, 0);
		return text_from(rest, 1);
	case '[':
		return read_class(g, rest);
	case '\\':
		return read_char(g, rest.n > 1 ? text_from(rest, 1) : rest);
	default:
		return read_char(g, rest);
	}
}

static bool
takes(const struct token *t, uint32_t rune)
{
	bool is_in = false;

	switch (t->kind) {
	case TOKEN_CHAR:
		return t->rune == rune;
	case TOKEN_ANY:
		return rune != '/';
	case TOKEN_CLASS:
		pattern_class(t->class, rune < 0x110000U ? rune : 0xFFFD, &is_in);
		return is_in;
	case TOKEN_INSIDE:
		return rune == '/';
	default:
		return false;
	}
}

/* "**" before something that stays within one component. */
static bool
is_about_names(const struct ignore_glob *g)
{
	if (g->tokens.n < 3 || g->tokens.at[0].kind != TOKEN_DEEP)
		return false;
	for (size_t i = 2; i < g->tokens.n; i++)
		if (g->tokens.at[i].kind > TOKEN_RUN || takes(&g->tokens.at[i], '/'))
			return false;
	return true;
}

static void
remove_tokens(struct ignore_glob *g, size_t n)
{
	memmove(g->tokens.at, g->tokens.at + n, (g->tokens.n - n) * sizeof *g->tokens.at);
	g->tokens.n -= n;
}

static bool
is_ascii(const struct token *t)
{
	return t->kind == TOKEN_CHAR && t->rune < 0x80;
}

/* Finds the fixed prefix and suffix, and removes the prefix from the tokens. */
static void
find_ends(struct ignore_glob *g)
{
	size_t n = 0, last;

	g->on_name = is_about_names(g);
	if (g->on_name)
		remove_tokens(g, 2);
	while (n < g->tokens.n && is_ascii(&g->tokens.at[n]))
		buf_add_char(&g->start, (char)g->tokens.at[n++].rune);
	remove_tokens(g, n);
	last = g->tokens.n;
	while (last > 0 && is_ascii(&g->tokens.at[last - 1]))
		last--;
	for (size_t i = last; i < g->tokens.n; i++)
		buf_add_char(&g->end, (char)g->tokens.at[i].rune);
	g->prefix = buf_text(&g->start);
	g->suffix = buf_text(&g->end);
}

static void
set_bit(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

static void
make_bitsets(struct ignore_glob *g)
{
	uint64_t *bits;

	g->n_words = g->tokens.n / 64 + 1;
	bits = g->bits = mem_new_n(N_BITSETS, g->n_words * sizeof *bits);
	for (size_t c = 0; c < 128; c++, bits += g->n_words)
		g->advance[c] = bits;
	g->stay[0] = bits;
	g->stay[1] = bits + g->n_words;
	g->skip = bits + 2 * g->n_words;
	g->skip_two = bits + 3 * g->n_words;
	for (size_t i = 0; i < g->tokens.n; i++) {
		const struct token *t = &g->tokens.at[i];

		for (uint32_t c = 0; c < 128; c++)
			if (takes(t, c))
				set_bit(g->advance[c], i);
		if (t->kind >= TOKEN_RUN && t->kind != TOKEN_DEEP)
			set_bit(g->stay[0], i);
		if (t->kind > TOKEN_DEEP)
			set_bit(g->stay[1], i);
		if (t->kind == TOKEN_RUN || t->kind == TOKEN_DEEP || t->kind == TOKEN_ALL)
			set_bit(g->skip, i);
		if (t->kind == TOKEN_DEEP)
			set_bit(g->skip_two, i);
	}
}

struct ignore_glob *
ignore_glob_new(struct text pattern)
{
	struct ignore_glob *g = mem_new(sizeof *g);
	struct text rest, whole;

	g->pattern = text_copy(pattern);
	rest = whole = (struct text){ g->pattern, pattern.n };
	while (rest.n > 0)
		rest = read_token(g, rest, rest.n == whole.n);
	switch (g->kind) {
	case GLOB_EXACT:
		g->prefix = whole;
		break;
	case GLOB_PREFIX:
		g->prefix = text_first(whole, whole.n - 2);
		break;
	case GLOB_SUFFIX:
		g->suffix = text_from(whole, 2);
		break;
	case GLOB_GENERAL:
		find_ends(g);
		make_bitsets(g);
		return g;
	}
	array_clear(&g->tokens);
	return g;
}

void
ignore_glob_free(struct ignore_glob *g)
{
	if (g == NULL)
		return;
	array_clear(&g->tokens);
	buf_clear(&g->start);
	buf_clear(&g->end);
	free(g->pattern);
	free(g->bits);
	free(g);
}

/* ------------------------------------------------------------ matching */

/* Adds the states that are reached without a character. */
static void
close_over(const struct ignore_glob *g, uint64_t *states)
{
	bool changed = true;

	while (changed) {
		uint64_t carry = 0, carry_two = 0;

		changed = false;
		for (size_t k = 0; k < g->n_words; k++) {
			uint64_t one = states[k] & g->skip[k];
			uint64_t two = states[k] & g->skip_two[k];
			uint64_t more = one << 1 | carry | two << 2 | carry_two;

			carry = one >> 63;
			carry_two = two >> 62;
			changed |= (more & ~states[k]) != 0;
			states[k] |= more;
		}
	}
}

/* Feeds a character, for which ADVANCE says where it leads. False if no state is left. */
static bool
step(const struct ignore_glob *g, const uint64_t *advance, bool is_slash,
     uint64_t *states)
{
	const uint64_t *stay = g->stay[is_slash];
	uint64_t carry = 0, all = 0;

	for (size_t k = 0; k < g->n_words; k++) {
		uint64_t moved = states[k] & advance[k];

		states[k] = (states[k] & stay[k]) | moved << 1 | carry;
		carry = moved >> 63;
		all |= states[k];
	}
	if (all == 0)
		return false;
	close_over(g, states);
	return true;
}

/* Feeds a character beyond ASCII, for which there is no table. */
static bool
step_rune(const struct ignore_glob *g, struct text rest, size_t *n, uint64_t *states)
{
	uint64_t small[WORDS_SMALL] = { 0 }, *advance = small;
	auto_free uint64_t *large = NULL;
	uint32_t rune = 0;

	*n = text_rune(rest, &rune);
	if (*n == 0) {
		*n = 1;
		rune = 0x110000U + (unsigned char)rest.p[0];
	}
	if (g->n_words > WORDS_SMALL) {
		large = mem_new_n(g->n_words, sizeof *large);
		advance = large;
	}
	for (size_t i = 0; i < g->tokens.n; i++)
		if (takes(&g->tokens.at[i], rune))
			set_bit(advance, i);
	return step(g, advance, false, states);
}

/* Feeds PATH from the start. False if it cannot match, however it continues. */
static bool
run(const struct ignore_glob *g, struct text path, uint64_t *states)
{
	states[0] = 1;
	close_over(g, states);
	for (size_t i = 0; i < path.n;) {
		unsigned char c = (unsigned char)path.p[i];
		size_t n = 1;

		if (c < 0x80 ? !step(g, g->advance[c], c == '/', states)
		             : !step_rune(g, text_from(path, i), &n, states))
			return false;
		i += n;
	}
	return true;
}

static bool
is_done(const struct ignore_glob *g, const uint64_t *states)
{
	return states[g->tokens.n / 64] >> g->tokens.n % 64 & 1;
}

static bool
match_general(const struct ignore_glob *g, struct text path)
{
	uint64_t small[WORDS_SMALL] = { 0 }, *states = small;
	auto_free uint64_t *large = NULL;

	if (path.n < g->prefix.n + g->suffix.n ||
	    memcmp(path.p + path.n - g->suffix.n, g->suffix.p, g->suffix.n) != 0)
		return false;
	if (g->on_name) {
		const char *slash = memrchr(path.p, '/', path.n);

		if (slash != NULL)
			path = text_from(path, (size_t)(slash + 1 - path.p));
	}
	if (path.n < g->prefix.n || memcmp(path.p, g->prefix.p, g->prefix.n) != 0)
		return false;
	if (g->n_words > WORDS_SMALL) {
		large = mem_new_n(g->n_words, sizeof *large);
		states = large;
	}
	return run(g, text_from(path, g->prefix.n), states) && is_done(g, states);
}

static bool
match_suffix(const struct ignore_glob *g, struct text path)
{
	struct text suffix = g->suffix;

	if (suffix.n == 0)
		return true;
	if (path.n >= suffix.n &&
	    memcmp(path.p + path.n - suffix.n, suffix.p, suffix.n) == 0)
		return true;
	return suffix.p[0] == '/' && text_equal(path, text_from(suffix, 1));
}

static bool
starts_with(struct text t, struct text prefix)
{
	return t.n >= prefix.n && (prefix.n == 0 || memcmp(t.p, prefix.p, prefix.n) == 0);
}

bool
ignore_glob_match(const struct ignore_glob *g, struct text path)
{
	switch (g->kind) {
	case GLOB_EXACT:
		return text_equal(path, g->prefix);
	case GLOB_PREFIX:
		return starts_with(path, g->prefix);
	case GLOB_SUFFIX:
		return match_suffix(g, path);
	case GLOB_GENERAL:
		break;
	}
	return match_general(g, path);
}

/* The same for DIR, which ends in "/". */
static bool
reaches(const struct ignore_glob *g, struct text dir)
{
	uint64_t small[WORDS_SMALL] = { 0 }, *states = small;
	auto_free uint64_t *large = NULL;

	if (g->kind == GLOB_SUFFIX || g->on_name)
		return true;
	if (g->kind == GLOB_EXACT)
		return starts_with(g->prefix, dir);
	if (starts_with(g->prefix, dir))
		return true;
	if (!starts_with(dir, g->prefix))
		return false;
	if (g->kind == GLOB_PREFIX)
		return true;
	if (g->n_words > WORDS_SMALL) {
		large = mem_new_n(g->n_words, sizeof *large);
		states = large;
	}
	return run(g, text_from(dir, g->prefix.n), states);
}

bool
ignore_glob_reaches_below(const struct ignore_glob *g, struct text path)
{
	auto_buf struct buf dir = BUF_INIT;

	buf_add_text(&dir, path);
	buf_add_char(&dir, '/');
	return reaches(g, buf_text(&dir));
}
