/*
 * colours: the colours of the live view, as in BuildKit. BUILDKIT_COLORS changes them,
 * NO_COLOR (no-color.org) switches them off.
 *
 *	run=green:warning=yellow:error=red:cancel=255,165,0
 */
#ifndef BUILDER_UI_COLOURS_H
#define BUILDER_UI_COLOURS_H

#include <stdbool.h>

#define COLOUR_TEXT_MAX 24

/* Escape sequences; all empty if there are no colours. */
struct colours {
	char run[COLOUR_TEXT_MAX], warning[COLOUR_TEXT_MAX], error[COLOUR_TEXT_MAX],
	        cancel[COLOUR_TEXT_MAX], faint[COLOUR_TEXT_MAX], reset[COLOUR_TEXT_MAX];
};

/* SETTING is the value of BUILDKIT_COLORS or NULL; its invalid parts change nothing. */
void colours_init(struct colours *c, bool none, const char *setting);

#endif
