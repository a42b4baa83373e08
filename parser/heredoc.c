#include "parser/heredoc.h"

#include "base/base.h"
#include "parser/expand.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* The part of WORD after the operator "<<" or "<<-"; false if there is no operator. */
static bool
split_operator(struct text word, bool *chomp, struct text *name)
{
	size_t i = 0;

	while (i < word.n && word.p[i] >= '0' && word.p[i] <= '9')
		i++;
	word = text_from(word, i);
	if (!text_starts(word, "<<"))
		return false;
	word = text_from(word, 2);
	*chomp = text_starts(word, "-");
	if (*chomp)
		word = text_from(word, 1);
	while (word.n > 0 && is_blank(word.p[0]))
		word = text_from(word, 1);
	*name = word;
	return word.n > 0 && text_find(word, '<') < 0;
}

static size_t
count(struct text t, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++)
		n += t.p[i] == c;
	return n;
}

/* NAME as a single word, with or without its quotes. */
static bool
only_word(struct arena *arena, struct text name, bool keep_quotes, struct text *word)
{
	struct expander x = { .arena = arena,
		              .escape = '\\',
		              .keep_quotes = keep_quotes,
		              .keep_unset = true };
	auto_error struct error ignored = ERROR_INIT;
	struct words words = { 0 };
	bool ok = expand_words(&x, name, &words, &ignored) == 0 && words.list.n == 1;

	if (ok)
		*word = words.list.at[0];
	words_clear(&words);
	return ok;
}

bool
heredoc_parse(struct arena *arena, struct text word, struct heredoc *out)
{
	struct text raw, bare, quoted;
	bool chomp;

	if (!split_operator(word, &chomp, &raw))
		return false;
	if (!only_word(arena, raw, false, &bare) || !only_word(arena, raw, true, &quoted))
		return false;
	*out = (struct heredoc){
		.name = bare,
		.chomp = chomp,
		/* If quotes were removed, the name was quoted. */
		.expand = count(bare, '"') == count(quoted, '"') &&
		          count(bare, '\'') == count(quoted, '\''),
	};
	return true;
}

void
heredoc_find(struct arena *arena, struct text line, struct heredocs *out)
{
	struct expander x = { .arena = arena,
		              .escape = '\\',
		              .keep_quotes = true,
		              .keep_escapes = true,
		              .keep_unset = true };
	auto_error struct error ignored = ERROR_INIT;
	struct words words = { 0 };
	struct heredoc heredoc;

	if (expand_words(&x, line, &words, &ignored) < 0)
		words.list.n = 0;
	for (size_t i = 0; i < words.list.n; i++)
		if (heredoc_parse(arena, words.list.at[i], &heredoc))
			array_push(&out->list, heredoc);
	words_clear(&words);
}
