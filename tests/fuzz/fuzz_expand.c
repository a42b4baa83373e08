/* One byte of options, a word, and after a NUL the value of $V. */
#include <assert.h>

#include "base/base.h"
#include "parser/expand.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* X and what begins with it is unset. */
static int
look_up(void *arg, struct text name, struct text *value)
{
	if (text_starts(name, "X"))
		return 0;
	if (text_is(name, "V"))
		*value = *(const struct text *)arg;
	else
		*value = text_is(name, "N") ? TEXT("") : TEXT("a.b/c d");
	return 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	auto_arena struct arena *arena = arena_new();
	auto_error struct error err = ERROR_INIT, err_words = ERROR_INIT;
	unsigned options = n == 0 ? 0 : bytes[0];
	struct text word = { (const char *)bytes + (n > 0), n - (n > 0) },
	            value = TEXT("");
	ptrdiff_t end = text_find(word, '\0');
	struct expander x = { .arena = arena,
		              .escape = options & 1 ? '`' : '\\',
		              .lookup = look_up,
		              .arg = &value,
		              .keep_quotes = options & 2,
		              .keep_escapes = options & 4,
		              .ignore_quotes = options & 8,
		              .keep_unset = options & 16 };
	struct words words = { 0 };
	struct text out = { 0 };

	if (end >= 0) {
		value = text_from(word, (size_t)end + 1);
		word = text_first(word, (size_t)end);
	}
	if (expand_word(&x, word, &out, &err) < 0)
		assert(err.code == ERR_DOCKERFILE && out.p == NULL);
	else
		assert(out.p != NULL && out.p[out.n] == '\0');
	if (expand_words(&x, word, &words, &err_words) < 0)
		assert(words.list.n == 0);
	/* Blanks make no mistakes. */
	assert(err.code == err_words.code);
	words_clear(&words);
	return 0;
}
