#include "builder/ui/colours.h"

#include <stdio.h>

#include "base/base.h"
#include "base/number.h"

/* Foreground colours of ECMA-48 (8.3.117). */
static bool
named(struct text name, char out[COLOUR_TEXT_MAX])
{
	static const char *const names[] = { "black", "red",     "green", "yellow",
		                             "blue",  "magenta", "cyan",  "white" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (text_is(name, names[i])) {
			snprintf(out, COLOUR_TEXT_MAX, "\033[%zum", 30 + i);
			return true;
		}
	}
	return false;
}

/* "255,165,0" */
static bool
rgb(struct text t, char out[COLOUR_TEXT_MAX])
{
	uint32_t part[3];

	for (size_t i = 0; i < 3; i++) {
		ptrdiff_t comma = text_find(t, ',');
		struct text number = comma < 0 ? t : text_first(t, (size_t)comma);

		if ((comma < 0) != (i == 2) || !number_u32(number, &part[i]) ||
		    part[i] > 255)
			return false;
		t = comma < 0 ? (struct text){ 0 } : text_from(t, (size_t)comma + 1);
	}
	snprintf(out, COLOUR_TEXT_MAX, "\033[38;2;%u;%u;%um", part[0], part[1], part[2]);
	return true;
}

static void
set(struct colours *c, struct text field)
{
	ptrdiff_t equal = text_find(field, '=');
	struct text name, value;
	char *at = NULL, found[COLOUR_TEXT_MAX];

	if (equal < 0)
		return;
	name = text_first(field, (size_t)equal);
	value = text_from(field, (size_t)equal + 1);
	if (text_is(name, "run"))
		at = c->run;
	else if (text_is(name, "warning"))
		at = c->warning;
	else if (text_is(name, "error"))
		at = c->error;
	else if (text_is(name, "cancel"))
		at = c->cancel;
	if (at != NULL && (named(value, found) || rgb(value, found)))
		memcpy(at, found, sizeof found);
}

void
colours_init(struct colours *c, bool none, const char *setting)
{
	struct text rest = text_of(setting);

	*c = (struct colours){ .run = "" };
	if (none)
		return;
	*c = (struct colours){ .run = "\033[34m",
		               .warning = "\033[33m",
		               .error = "\033[31m",
		               .cancel = "\033[33m",
		               .faint = "\033[2m",
		               .reset = "\033[0m" };
	while (rest.n > 0) {
		ptrdiff_t colon = text_find(rest, ':');
		size_t n = colon < 0 ? rest.n : (size_t)colon;

		set(c, text_first(rest, n));
		rest = text_from(rest, colon < 0 ? n : n + 1);
	}
}
