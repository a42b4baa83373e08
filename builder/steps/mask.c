#include "builder/steps/mask.h"

#include "base/base.h"

/* Shorter ones would be found in words that have nothing to do with them. */
#define WORD_MIN 4
#define LINE_MIN 8

static void
add(struct mask *mask, struct text word, size_t min)
{
	if (word.n >= min)
		array_push(&mask->words, word);
}

void
mask_add(struct mask *mask, struct text value)
{
	struct text line, rest;

	while (value.n > 0 &&
	       (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
		value.n--;
	/* The whole first: the longest match at a place wins. */
	add(mask, value, WORD_MIN);
	rest = value;
	if (text_find(value, '\n') < 0)
		return;
	while (text_line(&rest, &line))
		add(mask, line, LINE_MIN);
}

enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

static enum match
match_word(struct text at, struct text word)
{
	size_t n = at.n < word.n ? at.n : word.n;

	if (memcmp(at.p, word.p, n) != 0)
		return MATCH_NO;
	return n == word.n ? MATCH_YES : MATCH_MAYBE;
}

/* What begins at AT; *N is the length of the word that is there. */
static enum match
match_any(const struct mask *mask, struct text at, bool is_end, size_t *n)
{
	for (size_t i = 0; i < mask->words.n; i++) {
		enum match match = match_word(at, mask->words.at[i]);

		if (match == MATCH_NO || (match == MATCH_MAYBE && is_end))
			continue;
		*n = mask->words.at[i].n;
		return match;
	}
	return MATCH_NO;
}

/* Passes on HELD up to a word that may be incomplete, and keeps the rest. */
static void
pass(const struct mask *mask, int stream, struct buf *held, bool is_end,
     mask_emit_fn *emit, void *arg)
{
	struct text all = buf_text(held);
	size_t done = 0, i = 0, n = 0;
	enum match match = MATCH_NO;

	while (i < all.n && match != MATCH_MAYBE) {
		match = match_any(mask, text_from(all, i), is_end, &n);
		if (match == MATCH_NO)
			i++;
		if (match != MATCH_YES)
			continue;
		if (i > done)
			emit(arg, stream, all.p + done, i - done);
		emit(arg, stream, MASK_TEXT, strlen(MASK_TEXT));
		done = i += n;
	}
	if (i > done)
		emit(arg, stream, all.p + done, i - done);
	memmove(held->p, held->p + i, all.n - i);
	held->n = all.n - i;
}

void
mask_feed(struct mask *mask, int stream, const void *bytes, size_t n, mask_emit_fn *emit,
          void *arg)
{
	struct buf *held = &mask->held[stream == 2];

	if (mask->words.n == 0) {
		emit(arg, stream, bytes, n);
		return;
	}
	if (n == 0)
		return;
	buf_add(held, bytes, n);
	pass(mask, stream, held, false, emit, arg);
}

void
mask_flush(struct mask *mask, mask_emit_fn *emit, void *arg)
{
	for (int i = 0; i < MASK_STREAMS; i++)
		if (mask->held[i].n > 0)
			pass(mask, i + 1, &mask->held[i], true, emit, arg);
}

void
mask_clear(struct mask *mask)
{
	array_clear(&mask->words);
	for (int i = 0; i < MASK_STREAMS; i++)
		buf_clear(&mask->held[i]);
}
