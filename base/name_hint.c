#include "base/name_hint.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/own.h"

static int
hint_lower_case(struct text name, struct error *err)
{
	auto_free char *lower = text_copy(name);
	const char *slash = strrchr(lower, '/');
	const char *tag = strchr(slash == NULL ? lower : slash, ':');

	for (char *c = lower; *c != '\0' && c != tag; c++)
		*c = (char)tolower((unsigned char)*c);
	return error_hint(err, "did you mean %s?", lower);
}

/* Before the tag, which may have them. */
static bool
has_upper_case(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (isupper((unsigned char)t.p[i]))
			return true;
	return false;
}

int
name_hint_add(struct text name, struct error *err)
{
	const char *slashes = name.n == 0 ? NULL : memmem(name.p, name.n, "://", 3);
	size_t scheme = slashes == NULL ? 0 : (size_t)(slashes - name.p) + 3;

	if (scheme > 0)
		return error_hint(err, "a name has no \"%.*s\" in front: %.*s",
		                  TEXT_ARG(text_first(name, scheme)),
		                  TEXT_ARG(text_from(name, scheme)));
	if (text_find(name, ' ') >= 0 || text_find(name, '\t') >= 0)
		return error_hint(err, "a name has no blanks");
	if (text_find(name, '@') >= 0)
		return error_hint(err,
		                  "a digest is \"sha256:\" and 64 hexadecimal digits");
	if (has_upper_case(name))
		return hint_lower_case(name, err);
	return error_hint(err, "a name is [HOST[:PORT]/]NAME[:TAG]: lower-case letters, "
	                       "digits, and \".\", \"_\", \"-\", \"/\" between them");
}
