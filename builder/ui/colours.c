#include "builder/ui/colours.h"

#include <stdio.h>

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"

/* Foreground colours of ECMA-48 (8.3.117). */
static bool
named(struct text name, char out[COLOUR_TEXT_MAX])
{
	static const char *const names[] = { "black", "red",     "green", "yellow",
		                             "blue",  "magenta", "cyan",  "white" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
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
		struct text number = text_cut(&t, ',');

		if ((t.p == NULL) != (i == 2) || !number_u32(number, &part[i]) ||
		    part[i] > 255)
			return false;
	}
	snprintf(out, COLOUR_TEXT_MAX, "\033[38;2;%u;%u;%um", part[0], part[1], part[2]);
	return true;
}

static void
set(struct colours *c, struct text field)
{
	struct text name = text_cut(&field, '='), value = field;
	char *at = NULL, found[COLOUR_TEXT_MAX];

	if (value.p == NULL)
		return;
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
	while (rest.n > 0)
		set(c, text_cut(&rest, ':'));
}
