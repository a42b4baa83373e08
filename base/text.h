/*
 * text: views of bytes and growing byte strings.
 *
 * struct text is a borrowed view, not NUL-terminated, valid as long as what
 * it points into. struct buf owns its bytes, may hold any byte, and is always
 * NUL-terminated, also when empty (then p may be NULL: use buf_text()/buf_str()).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *p;
	size_t n;
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })

/* The two arguments of "%.*s". */
#define TEXT_ARG(t) (int)(t).n, (t).p

static inline struct text
text_of(const char *s)
{
	return (struct text){ s, s == NULL ? 0 : strlen(s) };
}

static inline bool
text_equal(struct text a, struct text b)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): not with bytes. */
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
text_is(struct text a, const char *s)
{
	return text_equal(a, text_of(s));
}

bool text_equal_nocase(struct text a, struct text b); /* ASCII letters */
bool text_starts(struct text t, const char *prefix);
bool text_ends(struct text t, const char *suffix);
struct text text_from(struct text t, size_t start); /* start <= n */
struct text text_first(struct text t, size_t n);
struct text text_trim(struct text t); /* ASCII blanks, both ends */

/* Index of C in T, or -1. */
ptrdiff_t text_find(struct text t, char c);

/* Cuts off and returns the text before the first C; *REST then starts after C. Without C,
 * returns all of *REST and sets its p to NULL. A list: while (rest.n > 0)
 * use(text_cut(&rest, ',')). */
struct text text_cut(struct text *rest, char c);

/* Cuts the next line (without its LF) off the front of *REST. False at the end. */
bool text_line(struct text *rest, struct text *line);

/* Bytewise order; a prefix comes first. */
int text_compare(struct text a, struct text b);

char *text_copy(struct text t); /* caller frees */

/* For tables in memory only: the function may change with the version. */
uint64_t text_hash(struct text key);

/* Length in bytes of the UTF-8 sequence that T starts with, its code point in
 * *RUNE. 0 if T is empty or starts with anything but a valid sequence. */
size_t text_rune(struct text t, uint32_t *rune);

struct buf {
	char *p;
	size_t n, cap;
};

#define BUF_INIT                                                                         \
	{                                                                                \
		0                                                                        \
	}

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_char(struct buf *b, char c);
void buf_add_str(struct buf *b, const char *s);
void buf_add_text(struct buf *b, struct text t);
void buf_print(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprint(struct buf *b, const char *fmt, va_list ap)
        __attribute__((format(printf, 2, 0)));
void buf_reserve(struct buf *b, size_t more); /* room for MORE bytes beyond n */
void buf_truncate(struct buf *b, size_t n);
const char *buf_str(const struct buf *b); /* never NULL */
struct text buf_text(const struct buf *b);
char *buf_take(struct buf *b); /* owned, never NULL; b is empty then */
void buf_clear(struct buf *b);
#define auto_buf __attribute__((cleanup(buf_clear)))

/* Appends T as Go's %q prints it: double quotes, \" \\ \a \b \f \n \r \t \v,
 * \x.. for other non-printable or invalid bytes, \u.... for non-printable
 * code points. */
void buf_add_quoted(struct buf *b, struct text t);

#endif
