/*
 * heredoc: the bodies after an instruction's line.
 *
 *	RUN cat <<EOF <<-"END"     two operators: EOF, and END with TABs taken off
 *	…                          the body of EOF
 *	EOF
 *	…                          the body of END
 *	END
 */
#ifndef PARSER_HEREDOC_H
#define PARSER_HEREDOC_H

#include "parser/dockerfile.h"

struct heredocs {
	ARRAY(struct heredoc) list;
};

/* True if WORD is an operator, [n]<<[-]name; *OUT then has all but the body.
 * The name lives in ARENA. */
bool heredoc_parse(struct arena *arena, struct text word, struct heredoc *out);

/* Adds the operators of the logical line LINE in order. A line with unbalanced quotes
 * or substitutions has none. */
void heredoc_find(struct arena *arena, struct text line, struct heredocs *out);

#endif
