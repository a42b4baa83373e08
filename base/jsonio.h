/*
 * jsonio: typed reading of JSON with errors that name the member, and
 * writing that is the same for the same input.
 */
#ifndef BASE_JSONIO_H
#define BASE_JSONIO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

static inline void
own_json(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}
#define auto_json __attribute__((cleanup(own_json)))

/* Parses T; duplicate keys are allowed (the last wins). NULL with ERR set
 * (ERR_DAMAGED, WHERE in front). Nesting is limited by jansson (2048). */
json_t *jsonio_parse(struct text t, const char *where, struct error *err);

/* What jsonio_print() printed: its texts may contain NUL (an image's config has the values
 * of a Dockerfile), which jsonio_parse() refuses, because readers of members would not see
 * the end of such a text. */
json_t *jsonio_parse_printed(const char *text, const char *where, struct error *err);

/* The same as jsonio_parse() for untrusted text: at most MAX objects, arrays and members, because a few
 * bytes of text may need hundreds of bytes of memory. */
json_t *
jsonio_parse_limited(struct text t, size_t max, const char *where, struct error *err);

/* Reads and parses the file NAME below DIR_FD, of at most MAX bytes. Returns 1 and *OUT,
 * 0 if it does not exist, or -1. */
int
jsonio_read(int dir_fd, const char *name, size_t max, json_t **out, struct error *err);

/* Members of OBJECT. Each returns 1 found, 0 absent or null, -1 wrong type
 * with "WHERE: NAME: not a string" set. The text is borrowed from OBJECT. */
int jsonio_str(const json_t *object, const char *name, const char **out,
               const char *where, struct error *err);
int jsonio_u64(const json_t *object, const char *name, uint64_t *out, const char *where,
               struct error *err);
int jsonio_array(const json_t *object, const char *name, json_t **out, const char *where,
                 struct error *err);
int jsonio_object(const json_t *object, const char *name, json_t **out, const char *where,
                  struct error *err);

/* Compact text with members in the order they were set; caller frees. */
char *jsonio_print(const json_t *json);

/* The same, indented by two blanks. */
char *jsonio_print_pretty(const json_t *json);

/* The text of NAME in OBJECT (may be NULL), borrowed from it; "" if there is none. */
const char *jsonio_text(const json_t *object, const char *name);

/* A JSON string of any bytes: invalid UTF-8 becomes U+FFFD, as Go's encoder
 * does. Never NULL. */
json_t *jsonio_string(struct text t);

/* A JSON string with the base64 of T. Never NULL. */
json_t *jsonio_base64(struct text t);

/* Sets NAME of OBJECT to VALUE, taking VALUE (NULL VALUE: nothing). */
void jsonio_set(json_t *object, const char *name, json_t *value);

#endif
