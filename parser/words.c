#include "parser/words.h"

#include "base/base.h"
#include "parser/rune.h"

bool
words_cut(struct text *rest, struct text *word)
{
	size_t n = 0, next;

	while (n < rest->n && !rune_separates(rest->p[n]))
		n++;
	next = n;
	while (next < rest->n && rune_separates(rest->p[next]))
		next++;
	if (next == 0)
		return false;
	*word = text_first(*rest, n);
	*rest = text_from(*rest, next);
	return true;
}

void
words_split(struct text t, struct words *out)
{
	struct text word;

	while (words_cut(&t, &word))
		if (word.n > 0)
			array_push(&out->list, word);
}

/* Length of the word that T starts with; *DROP is set if its last byte is an escape
 * character at the end of the text. */
static size_t
quoted_length(struct text t, char escape, bool *drop)
{
	char quote = '\0';
	size_t i = 0;

	while (i < t.n) {
		char c = t.p[i];

		if (quote == '\0' && rune_blank(text_from(t, i)) > 0)
			break;
		if (c == escape && quote != '\'') {
			*drop = i + 1 == t.n;
			i += *drop ? 1 : 2;
			continue;
		}
		if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
		else if (c == quote)
			quote = '\0';
		i++;
	}
	return i;
}

void
words_split_quoted(struct text t, char escape, struct words *out)
{
	for (t = rune_trim_left(t); t.n > 0; t = rune_trim_left(t)) {
		bool drop = false;
		size_t n = quoted_length(t, escape, &drop);

		if (n > (size_t)drop)
			array_push(&out->list, text_first(t, n - drop));
		t = text_from(t, n);
	}
}

struct pair
words_pair(struct text word)
{
	struct text key = text_cut(&word, '=');

	return (struct pair){ .key = key, .value = word, .has_value = word.p != NULL };
}

static int
legacy_pair(struct text t, const char *keyword, struct pairs *out, struct error *err)
{
	struct text key, value = t;

	if (!words_cut(&value, &key) || key.n == t.n) {
		error_set(err, ERR_DOCKERFILE, "%s must have two arguments", keyword);
		return error_hint(err, "%s NAME=VALUE", keyword);
	}
	array_push(&out->list, ((struct pair){ key, value, true }));
	return 0;
}

int
words_split_pairs(struct text t, char escape, const char *keyword, struct pairs *out,
                  bool *legacy, struct error *err)
{
	struct words words = { 0 };
	int result = 0;

	words_split_quoted(t, escape, &words);
	*legacy = words.list.n > 0 && text_find(words.list.at[0], '=') < 0;
	if (*legacy)
		result = legacy_pair(t, keyword, out, err);
	for (size_t i = 0; i < words.list.n && !*legacy && result == 0; i++) {
		struct pair pair = words_pair(words.list.at[i]);
		auto_buf struct buf quoted = BUF_INIT;

		if (pair.has_value) {
			array_push(&out->list, pair);
			continue;
		}
		buf_add_quoted(&quoted, pair.key);
		result = error_set(err, ERR_DOCKERFILE,
		                   "Syntax error - can't find = in %s. "
		                   "Must be of the form: name=value",
		                   buf_str(&quoted));
	}
	words_clear(&words);
	return result;
}
