/*
 * lex: the words of a template.
 */
#ifndef BUILDER_TEMPLATE_LEX_H
#define BUILDER_TEMPLATE_LEX_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

enum token_kind {
	TOKEN_TEXT,   /* outside of actions */
	TOKEN_OPEN,   /* {{ */
	TOKEN_CLOSE,  /* }} */
	TOKEN_END,    /* of the template */
	TOKEN_WORD,   /* an identifier */
	TOKEN_FIELD,  /* ".Name": the name */
	TOKEN_DOT,    /* "." */
	TOKEN_VAR,    /* "$name": the name */
	TOKEN_STRING, /* "…" or `…`: with its quotes */
	TOKEN_NUMBER,
	TOKEN_SIGN, /* | ( ) , := = */
};

struct token {
	enum token_kind kind;
	struct text text;
	size_t at;
	bool glued; /* no blank before it */
};

struct lexer {
	struct text source;
	size_t at;
	bool inside; /* of an action */
	bool trim;   /* blanks at the beginning of the next text are left out */
};

/* Reads the next token. -1 with ERR. */
int lex_next(struct lexer *l, struct token *out, struct error *err);

/* Appends the value of a TOKEN_STRING. */
int lex_string(const struct lexer *l, const struct token *t, struct buf *out,
               struct error *err);

#endif
