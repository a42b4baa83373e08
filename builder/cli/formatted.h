/*
 * formatted: the lists of --format, as docker and podman print them.
 *
 *	text, json              the command's own forms
 *	{{.Repository}} …       one line for each row (builder/template/template.h)
 *	table {{.ID}}\t{{.Tag}} the same in columns, with headings
 *
 * "\t" and "\n" in the value are a tab and a line feed.
 */
#ifndef BUILDER_CLI_FORMATTED_H
#define BUILDER_CLI_FORMATTED_H

#include <jansson.h>
#include <stdbool.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/template/template.h"

enum formatted_kind { FORMATTED_TEXT, FORMATTED_JSON, FORMATTED_TEMPLATE };

struct formatted {
	enum formatted_kind kind;
	struct template *template;
	bool is_table, no_heading;
	ARRAY(char *) lines; /* of a table, cells with tabs between them */
};

#define FORMATTED_HELP                                                                   \
	"text, json, or a template of Go\n"                                              \
	"'{{.ID}}', 'table {{.ID}}\\t{{.CreatedAt}}'"

/* Reads the value of --format. ERR_USAGE. */
int formatted_parse(struct formatted *f, struct text value, struct error *err);

/* Begins the list of a template. HEADINGS is an object of the columns' titles by member. */
void formatted_begin(struct formatted *f, const json_t *headings);

/* Prints ROW, an object; MAPS: see template_print(). */
int formatted_row(struct formatted *f, const json_t *row, const char *const *maps,
                  struct error *err);

/* Prints what is left. */
void formatted_end(struct formatted *f);
void formatted_clear(struct formatted *f);

#endif
