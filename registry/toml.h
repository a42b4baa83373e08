/*
 * toml: parses the part of TOML 1.0 that registries.conf files use, into JSON.
 *
 *	key = "basic" | 'literal' | true | 12 | [ … ]      comments, quoted and dotted keys
 *	[table.inner]                                      object
 *	[[table.list]]                                     array of objects
 *
 * Multi-line strings, inline tables, floats and dates are refused by name.
 */
#ifndef REGISTRY_TOML_H
#define REGISTRY_TOML_H

#include <jansson.h>

#include "base/error.h"
#include "base/text.h"

/* A new object, or NULL with ERR set ("WHERE:LINE: …"). */
json_t *toml_parse(struct text text, const char *where, struct error *err);

#endif
