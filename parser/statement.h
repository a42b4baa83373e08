/*
 * statement: a logical line, split by the rules of its keyword but not checked yet.
 * All statements of a file are read before any of them is checked, so syntax errors
 * are reported before semantic errors.
 */
#ifndef PARSER_STATEMENT_H
#define PARSER_STATEMENT_H

#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/heredoc.h"
#include "parser/instruction.h"
#include "parser/source.h"
#include "parser/words.h"

struct statement {
	const struct keyword *keyword; /* NULL: unknown */
	struct text name;              /* as written */
	struct text line;
	struct place at;
	bool empty_continuation;
	ARRAY(struct text) comments;
	ARRAY(struct text) flags;
	ARRAY(struct text) args; /* ONBUILD: the name of the inner instruction */
	bool json;
	ARRAY(struct pair) pairs;
	bool legacy_pair;
	ARRAY(struct heredoc) heredocs;
};

/* Reading one text from its start to its end. The arrays are scratch space. */
struct statement_reader {
	struct arena *arena;
	struct source source;
	struct directives directives;
	struct logical_line line;
	struct words flags, args;
	struct pairs pairs;
	struct heredocs heredocs;
};

/* BYTES must outlive the statements. */
void
statement_reader_init(struct statement_reader *r, struct arena *arena, struct text bytes);
void statement_reader_clear(struct statement_reader *r);
#define auto_statement_reader __attribute__((cleanup(statement_reader_clear)))

/* 1 and *OUT, whose parts live in the arena; 0 at the end; -1. */
int statement_next(struct statement_reader *r, struct statement *out, struct error *err);

#endif
