/*
 * expand_pattern: the patterns of ${x#p}, ${x%p} and ${x/p/r}.
 *
 *	*     any run of characters but LF, also of "/"
 *	?     one character but LF
 *	\c    c itself; only * ? \ } and / may be escaped
 *
 * There are no brackets. Time is bounded by pattern length × text length.
 */
#ifndef PARSER_EXPAND_PATTERN_H
#define PARSER_EXPAND_PATTERN_H

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

struct expand_token {
	enum { TOKEN_CHAR, TOKEN_ANY, TOKEN_RUN } kind;
	uint32_t rune;
};

struct expand_pattern {
	ARRAY(struct expand_token) tokens;
};

#define EXPAND_PATTERN_INIT                                                              \
	{                                                                                \
		0                                                                        \
	}

/* "invalid pattern (p) in substitution: …" if P is malformed. */
int expand_pattern_parse(struct expand_pattern *out, struct text p, struct error *err);
void expand_pattern_clear(struct expand_pattern *p);
#define auto_expand_pattern __attribute__((cleanup(expand_pattern_clear)))

/* VALUE without the shortest (or with LONGEST, the longest) prefix or suffix that
 * matches P; VALUE itself if none matches. Reverses P for a suffix. */
struct text expand_pattern_cut(struct expand_pattern *p, struct text value, bool suffix,
                               bool longest);

/* Appends VALUE with the first match of P, or ALL, replaced by TO. False,
 * with a part of it appended, if the result is longer than MAX bytes. */
bool expand_pattern_replace(const struct expand_pattern *p, struct text value,
                            struct text to, bool all, size_t max, struct buf *out);

#endif
