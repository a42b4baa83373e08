/*
 * tree: a parsed template. Everything is in the template's arena, except the JSON of
 * literals, which the template owns.
 */
#ifndef BUILDER_TEMPLATE_TREE_H
#define BUILDER_TEMPLATE_TREE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/array.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "builder/template/template.h"

/* Blocks in blocks, and parentheses in parentheses. */
#define TEMPLATE_DEPTH_MAX 100

/* ".A.B" behind an operand. */
struct chain {
	struct text name;
	struct chain *next;
};

enum operand_kind {
	OPERAND_DOT,
	OPERAND_VARIABLE, /* name, "" for $ */
	OPERAND_LITERAL,
	OPERAND_FUNCTION, /* name */
	OPERAND_PIPE,     /* in parentheses */
};

struct operand {
	enum operand_kind kind;
	struct text name;
	json_t *literal; /* NULL: nil */
	struct pipe *pipe;
	struct chain *chain;
	size_t at; /* offset in the source */
	struct operand *next;
};

struct command_words {
	struct operand *words; /* at least one */
	struct command_words *next;
};

/* "$a, $b := x | y" */
struct pipe {
	struct text names[2]; /* p NULL: not declared */
	bool assigns;         /* "=": an existing variable */
	struct command_words *commands;
	size_t at;
};

enum node_kind { NODE_TEXT, NODE_PRINT, NODE_IF, NODE_WITH, NODE_RANGE };

struct node {
	enum node_kind kind;
	struct text text;
	struct pipe *pipe;
	struct node *body, *other; /* other: behind {{else}} */
	struct node *next;
};

struct template
{
	struct arena *arena;
	struct text source; /* a copy */
	struct node *nodes;
	ARRAY(json_t *) literals;
};

/* Sets an ERR_USAGE that names the place AT in SOURCE. Always -1. */
int template_fault(struct text source, size_t at, struct error *err, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

#endif
