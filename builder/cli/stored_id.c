#include "builder/cli/stored_id.h"

#include "base/base.h"

#define ID_MIN 4
#define ID_MAX 64

static const char *
digits_of(const char *word)
{
	return strncmp(word, "sha256:", 7) == 0 ? word + 7 : word;
}

bool
stored_id_is(const char *word)
{
	const char *digits = digits_of(word);
	size_t n = strspn(digits, "0123456789abcdef");

	return digits[n] == '\0' && n >= ID_MIN && n <= ID_MAX;
}

static bool
begins(const struct digest *d, const char *digits)
{
	char hex[DIGEST_HEX_MAX];

	return strncmp(digest_hex(d, hex), digits, strlen(digits)) == 0;
}

int
stored_id_find(struct store *store, const struct tags *tags, const char *word,
               struct stored_ids *out, struct error *err)
{
	const char *digits = digits_of(word);
	struct digest first = { 0 };

	for (size_t i = 0; i < tags->list.n; i++) {
		const struct tag *tag = &tags->list.at[i];
		auto_stored struct stored s = STORED_INIT;
		auto_error struct error ignored = ERROR_INIT;
		const struct digest *id = &s.document.config.digest;
		bool fits = false;

		if (tag->name == NULL)
			continue;
		fits = begins(&tag->target.digest, digits);
		if (stored_read(store, &tag->target, NULL, &s, &ignored) < 0)
			continue;
		if (!fits && !begins(id, digits) && !begins(&s.manifest.digest, digits))
			continue;
		if (out->list.n > 0 && !digest_equal(&first, id))
			return error_set(err, ERR_USAGE,
			                 "%s: several images have ids like that", word);
		first = *id;
		array_push(&out->list, i);
	}
	return 0;
}
