/*
 * template: prints JSON as a template says, in the language of Go's text/template, as
 * docker and podman take it with --format.
 *
 *	{{.Repository}}:{{.Tag}}          members
 *	{{index .RepoDigests 0}}          functions, also in (…) and behind |
 *	{{range .Config.Env}}{{.}}{{end}} lists; {{else}} where they are empty
 *	{{if .X}}…{{else if .Y}}…{{end}}, {{with .X}}…{{end}}, {{$x := .X}}, {{- -}}, comments
 *
 * Functions: Go's (and or not eq ne lt le gt ge len index slice print printf println) and
 * Docker's (json join split lower upper title pad truncate). Named templates, and what
 * breaks out of loops, are refused by name.
 *
 * A template is untrusted, and so is the data: nesting, the number of evaluations and the
 * size of the output are limited. Errors are ERR_USAGE and name line and column.
 *
 *	read    tree.h, lex.c, parse.c     text → tree, in an arena
 *	print   value.c, run.c, functions.c, print.c
 */
#ifndef BUILDER_TEMPLATE_TEMPLATE_H
#define BUILDER_TEMPLATE_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

struct template;

/* NULL with ERR if SOURCE is not a template. The caller frees it. */
struct template *template_parse(struct text source, struct error *err);
void template_free(struct template *t); /* takes NULL */

static inline void
own_template(struct template **t)
{
	template_free(*t);
	*t = NULL;
}
#define auto_template __attribute__((cleanup(own_template)))

/* Appends DATA, an object, as T says to OUT. A member that does not exist is an error,
 * except in members whose names are in MAPS (ended by NULL; may be NULL): these have any
 * keys, and a missing one gives "<no value>". Upper and lower case of members may differ
 * if there is no exact match. */
int template_print(const struct template *t, const json_t *data, const char *const *maps,
                   struct buf *out, struct error *err);

#endif
