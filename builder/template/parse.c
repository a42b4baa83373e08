#include <limits.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "builder/template/functions.h"
#include "builder/template/lex.h"
#include "builder/template/tree.h"

#define NAMES_MAX 200 /* variables at one place */

struct parser {
	struct template *t;
	struct lexer lexer;
	struct token token; /* the next one */
	struct text names[NAMES_MAX];
	size_t n_names;
	int depth;
	struct error *err;
};

int
template_fault(struct text source, size_t at, struct error *err, const char *fmt, ...)
{
	auto_buf struct buf text = BUF_INIT;
	size_t line = 1, column = 1;
	va_list ap;

	for (size_t i = 0; i < at && i < source.n; i++) {
		column = source.p[i] == '\n' ? 1 : column + 1;
		line += source.p[i] == '\n';
	}
	va_start(ap, fmt);
	buf_vprint(&text, fmt, ap);
	va_end(ap);
	return error_set(err, ERR_USAGE, "template, line %zu, column %zu: %s", line,
	                 column, buf_str(&text));
}

#define FAULT(p, ...) template_fault((p)->t->source, (p)->token.at, (p)->err, __VA_ARGS__)

static int
advance(struct parser *p)
{
	return lex_next(&p->lexer, &p->token, p->err);
}

static bool
is_sign(const struct parser *p, const char *sign)
{
	return p->token.kind == TOKEN_SIGN && text_is(p->token.text, sign);
}

static bool
is_keyword(const struct parser *p, const char *word)
{
	return p->token.kind == TOKEN_WORD && text_is(p->token.text, word);
}

static int
deeper(struct parser *p)
{
	return ++p->depth > TEMPLATE_DEPTH_MAX ? FAULT(p, "nested too deeply") : 0;
}

/* ------------------------------------------------------------ operands */

static struct pipe *parse_pipe(struct parser *p, const char *what);

static int
parse_chain(struct parser *p, struct operand *o)
{
	struct chain **end = &o->chain;

	while (p->token.kind == TOKEN_FIELD && p->token.glued) {
		*end = arena_alloc(p->t->arena, sizeof **end);
		(*end)->name = p->token.text;
		end = &(*end)->next;
		if (advance(p) < 0)
			return -1;
	}
	return 0;
}

static int
parse_literal(struct parser *p, struct operand *o, json_t *value)
{
	o->kind = OPERAND_LITERAL;
	o->literal = value;
	if (value != NULL)
		array_push(&p->t->literals, value);
	return advance(p);
}

static int
parse_number(struct parser *p, struct operand *o)
{
	auto_free char *text = text_copy(p->token.text);
	char *end = NULL;
	int64_t whole = 0;
	double real;

	if (number_i64(p->token.text, &whole))
		return parse_literal(p, o, json_integer(whole));
	real = strtod(text, &end);
	if (*end != '\0' || strchr(text, '.') == NULL)
		return FAULT(p, "not a number");
	return parse_literal(p, o, json_real(real));
}

static int
parse_string(struct parser *p, struct operand *o)
{
	auto_buf struct buf text = BUF_INIT;

	if (lex_string(&p->lexer, &p->token, &text, p->err) < 0)
		return -1;
	return parse_literal(p, o, jsonio_string(buf_text(&text)));
}

static int
parse_word(struct parser *p, struct operand *o)
{
	if (is_keyword(p, "nil"))
		return parse_literal(p, o, NULL);
	if (is_keyword(p, "true") || is_keyword(p, "false"))
		return parse_literal(p, o, json_boolean(is_keyword(p, "true")));
	o->kind = OPERAND_FUNCTION;
	o->name = p->token.text;
	if (function_find(o->name) == NULL)
		return FAULT(p, "there is no function \"%.*s\"", TEXT_ARG(o->name));
	return advance(p);
}

static int
parse_variable(struct parser *p, struct operand *o)
{
	size_t i = p->n_names;

	o->kind = OPERAND_VARIABLE;
	o->name = p->token.text;
	while (i > 0 && !text_equal(p->names[i - 1], o->name))
		i--;
	if (i == 0 && o->name.n > 0)
		return FAULT(p, "there is no variable $%.*s", TEXT_ARG(o->name));
	return advance(p) < 0 ? -1 : parse_chain(p, o);
}

static int
parse_parentheses(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_PIPE;
	if (deeper(p) < 0 || advance(p) < 0)
		return -1;
	o->pipe = parse_pipe(p, "()");
	if (o->pipe == NULL)
		return -1;
	if (!is_sign(p, ")"))
		return FAULT(p, "( is not closed by )");
	p->depth--;
	return advance(p) < 0 ? -1 : parse_chain(p, o);
}

static int
parse_operand(struct parser *p, struct operand *o)
{
	o->at = p->token.at;
	switch (p->token.kind) {
	case TOKEN_DOT:
		o->kind = OPERAND_DOT;
		return advance(p);
	case TOKEN_FIELD:
		o->kind = OPERAND_DOT;
		p->token.glued = true;
		return parse_chain(p, o);
	case TOKEN_VAR:
		return parse_variable(p, o);
	case TOKEN_STRING:
		return parse_string(p, o);
	case TOKEN_NUMBER:
		return parse_number(p, o);
	case TOKEN_WORD:
		return parse_word(p, o);
	default:
		return is_sign(p, "(") ? parse_parentheses(p, o)
		                       : FAULT(p, "a value is missing");
	}
}

/* ------------------------------------------------------------ pipelines */

static bool
ends_command(const struct parser *p)
{
	return p->token.kind == TOKEN_CLOSE || is_sign(p, "|") || is_sign(p, ")");
}

static struct command_words *
parse_command(struct parser *p)
{
	struct command_words *c = arena_alloc(p->t->arena, sizeof *c);
	struct operand **end = &c->words;

	do {
		*end = arena_alloc(p->t->arena, sizeof **end);
		if (parse_operand(p, *end) < 0)
			return NULL;
		end = &(*end)->next;
	} while (!ends_command(p));
	if (c->words->kind != OPERAND_FUNCTION && c->words->next != NULL) {
		template_fault(p->t->source, c->words->at, p->err,
		               "a value cannot be called; the function comes first");
		return NULL;
	}
	return c;
}

/* "$a :=", "$a, $b :=" or "$a =" in front of a pipeline. */
static int
parse_declaration(struct parser *p, struct pipe *pipe, bool two)
{
	struct lexer before = p->lexer;
	const struct token first = p->token;
	size_t n = 0;

	for (;;) {
		if (p->token.kind != TOKEN_VAR || n == 2)
			break;
		pipe->names[n++] = p->token.text;
		if (advance(p) < 0)
			return -1;
		if (is_sign(p, ":=") || (n == 1 && is_sign(p, "="))) {
			pipe->assigns = is_sign(p, "=");
			return advance(p);
		}
		if (!two || !is_sign(p, ",") || advance(p) < 0)
			break;
	}
	p->lexer = before;
	p->token = first;
	pipe->names[0] = pipe->names[1] = (struct text){ 0 };
	return p->err->code == ERR_NONE ? 0 : -1;
}

static int
declare(struct parser *p, const struct pipe *pipe)
{
	for (size_t i = 0; i < 2 && pipe->names[i].p != NULL && !pipe->assigns; i++) {
		if (p->n_names == NAMES_MAX)
			return FAULT(p, "too many variables");
		p->names[p->n_names++] = pipe->names[i];
	}
	return 0;
}

static struct pipe *
parse_pipe(struct parser *p, const char *what)
{
	struct pipe *pipe = arena_alloc(p->t->arena, sizeof *pipe);
	struct command_words **end = &pipe->commands;

	pipe->at = p->token.at;
	if (parse_declaration(p, pipe, strcmp(what, "range") == 0) < 0)
		return NULL;
	if (ends_command(p)) {
		FAULT(p, "%s has no value", what);
		return NULL;
	}
	for (;;) {
		*end = parse_command(p);
		if (*end == NULL)
			return NULL;
		end = &(*end)->next;
		if (!is_sign(p, "|"))
			break;
		if (advance(p) < 0)
			return NULL;
		if (p->token.kind != TOKEN_WORD) {
			FAULT(p, "behind | comes a function");
			return NULL;
		}
	}
	return declare(p, pipe) < 0 ? NULL : pipe;
}

/* ------------------------------------------------------------ nodes */

enum stop { STOP_END, STOP_ELSE, STOP_FAILED };

static enum stop parse_nodes(struct parser *p, struct node **out, bool top);

static int
close_action(struct parser *p)
{
	if (p->token.kind != TOKEN_CLOSE)
		return FAULT(p, "}} is missing");
	return advance(p);
}

/* Behind "else": the pipeline of "else if" is a block of its own, with the same end. */
static int
parse_block(struct parser *p, struct node *node, enum node_kind kind, const char *word);

static int
parse_else(struct parser *p, struct node *node)
{
	struct node *inner;
	bool with = is_keyword(p, "with");
	size_t before = p->n_names;

	if (!is_keyword(p, "if") && !with) {
		if (close_action(p) < 0)
			return -1;
		if (parse_nodes(p, &node->other, false) != STOP_END)
			return p->err->code != ERR_NONE ? -1
			                                : FAULT(p, "a second {{else}}");
		p->n_names = before;
		return close_action(p);
	}
	inner = arena_alloc(p->t->arena, sizeof *inner);
	node->other = inner;
	if (advance(p) < 0)
		return -1;
	return parse_block(p, inner, with ? NODE_WITH : NODE_IF, with ? "with" : "if");
}

static int
parse_block(struct parser *p, struct node *node, enum node_kind kind, const char *word)
{
	size_t before = p->n_names;
	enum stop stop;

	node->kind = kind;
	node->pipe = deeper(p) < 0 ? NULL : parse_pipe(p, word);
	if (node->pipe == NULL || close_action(p) < 0)
		return -1;
	stop = parse_nodes(p, &node->body, false);
	if (stop == STOP_FAILED ||
	    (stop == STOP_END ? close_action(p) : parse_else(p, node)) < 0)
		return -1;
	p->n_names = before;
	p->depth--;
	return 0;
}

/* An action behind "{{", which is not "end" or "else". */
static int
parse_action(struct parser *p, struct node *node)
{
	static const char *const refused[] = { "define", "template", "block", "break",
		                               "continue" };
	static const struct {
		const char *word;
		enum node_kind kind;
	} blocks[] = { { "if", NODE_IF },
		       { "with", NODE_WITH },
		       { "range", NODE_RANGE } };

	for (size_t i = 0; i < COUNT_OF(refused); i++)
		if (is_keyword(p, refused[i]))
			return FAULT(p, "{{%s}} is not supported", refused[i]);
	for (size_t i = 0; i < COUNT_OF(blocks); i++)
		if (is_keyword(p, blocks[i].word))
			return advance(p) < 0 ? -1
			                      : parse_block(p, node, blocks[i].kind,
			                                    blocks[i].word);
	node->kind = NODE_PRINT;
	node->pipe = parse_pipe(p, "{{}}");
	return node->pipe == NULL ? -1 : close_action(p);
}

/* Up to the end (TOP), or up to and with the word "end" or "else" of an action. */
static enum stop
parse_nodes(struct parser *p, struct node **out, bool top)
{
	while (p->token.kind != TOKEN_END) {
		struct node *node = NULL;

		if (p->token.kind == TOKEN_OPEN && advance(p) < 0)
			return STOP_FAILED;
		if (is_keyword(p, "end") || is_keyword(p, "else")) {
			enum stop stop = is_keyword(p, "end") ? STOP_END : STOP_ELSE;

			if (top) {
				FAULT(p, "{{%.*s}} without a beginning",
				      TEXT_ARG(p->token.text));
				return STOP_FAILED;
			}
			return advance(p) < 0 ? STOP_FAILED : stop;
		}
		node = arena_alloc(p->t->arena, sizeof *node);
		*out = node;
		out = &node->next;
		if (p->token.kind == TOKEN_TEXT) {
			node->text = p->token.text;
			if (advance(p) < 0)
				return STOP_FAILED;
		} else if (parse_action(p, node) < 0) {
			return STOP_FAILED;
		}
	}
	if (!top)
		FAULT(p, "{{end}} is missing");
	return top ? STOP_END : STOP_FAILED;
}

struct template *
template_parse(struct text source, struct error *err)
{
	auto_template struct template *t = mem_new(sizeof *t);
	struct parser p = { .t = t, .err = err };

	t->arena = arena_new();
	t->source = arena_text(t->arena, source);
	p.lexer.source = t->source;
	if (advance(&p) < 0 || parse_nodes(&p, &t->nodes, true) == STOP_FAILED)
		return NULL;
	return take(t);
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->literals.n; i++)
		json_decref(t->literals.at[i]);
	array_clear(&t->literals);
	arena_free(t->arena);
	free(t);
}
