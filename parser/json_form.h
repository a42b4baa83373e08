/*
 * json_form: instructions whose arguments are written as a JSON array.
 *
 *	CMD ["nginx", "-g", "daemon off;"]
 *
 * Text that is not completely valid JSON is no mistake: it is the shell form. A
 * valid array that contains other values than strings is a mistake.
 */
#ifndef PARSER_JSON_FORM_H
#define PARSER_JSON_FORM_H

#include "parser/expand.h"

/* Adds the strings of the array T to OUT: views of T where nothing had to be
 * decoded, else in ARENA. Bytes that are not UTF-8 become U+FFFD. 1 done, 0 T
 * is not JSON (OUT is as it was), -1 not only strings. */
int
json_form_read(struct arena *arena, struct text t, struct words *out, struct error *err);

#endif
