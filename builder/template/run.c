#include "base/base.h"
#include "base/jsonio.h"
#include "builder/template/functions.h"
#include "builder/template/tree.h"
#include "builder/template/value.h"

#define STEPS_MAX  1000000            /* operands and nodes of one run */
#define OUTPUT_MAX ((size_t)64 << 20) /* bytes */
#define VALUES_MAX ((size_t)32 << 20) /* bytes of texts that functions made */
#define ARGS_MAX   16

struct variable {
	struct text name;
	struct value value;
};

struct run {
	const struct template *t;
	const char *const *maps;
	ARRAY(struct variable) variables;
	struct buf *out;
	size_t steps, begin, made;
	struct error *err;
};

#define FAULT(r, at, ...) template_fault((r)->t->source, at, (r)->err, __VA_ARGS__)

/* Every loop of a run passes here. */
static int
step(struct run *r, size_t at)
{
	if (++r->steps > STEPS_MAX || r->out->n - r->begin > OUTPUT_MAX ||
	    r->made > VALUES_MAX)
		return FAULT(r, at, "the template makes too much");
	return 0;
}

/* An error without a place gets one. */
static int
place(struct run *r, size_t at, const char *what)
{
	auto_error struct error inner = ERROR_INIT;

	error_move(&inner, r->err);
	return FAULT(r, at, "%s: %s", what, inner.text);
}

/* ------------------------------------------------------------ members */

static bool
is_map(const struct run *r, const char *name)
{
	for (size_t i = 0; r->maps != NULL && r->maps[i] != NULL; i++)
		if (strcmp(r->maps[i], name) == 0)
			return true;
	return false;
}

/* The first member that has this name in another case. */
static const char *
find_nocase(const json_t *object, struct text name)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)object, key, member)
	{
		if (text_equal_nocase(text_of(key), name))
			return key;
	}
	return NULL;
}

static int
no_member(struct run *r, const struct operand *o, const struct value *of,
          struct text name)
{
	auto_buf struct buf list = BUF_INIT;
	const char *key;
	json_t *member;

	if (!json_is_object(of->json))
		return FAULT(r, o->at, "%s has no member .%.*s", value_kind(of),
		             TEXT_ARG(name));
	json_object_foreach(of->json, key, member)
	{
		buf_print(&list, "%s.%s", list.n > 0 ? " " : "", key);
	}
	FAULT(r, o->at, "there is no member .%.*s", TEXT_ARG(name));
	return error_hint(r->err, "there are %s", buf_str(&list));
}

static int
follow_one(struct run *r, const struct operand *o, struct text name, struct value *v)
{
	auto_free char *wanted = text_copy(name);
	const char *key = wanted;
	json_t *found = json_object_get(v->json, wanted);
	struct value member = VALUE_NIL;

	if (found == NULL && !v->is_map && json_is_object(v->json)) {
		key = find_nocase(v->json, name);
		found = key == NULL ? NULL : json_object_get(v->json, key);
	}
	if (found == NULL && !v->is_map && !v->is_absent)
		return no_member(r, o, v, name);
	if (found == NULL) {
		member.is_absent = true;
	} else {
		member.json = json_incref(found);
		member.is_map = is_map(r, key);
	}
	value_clear(v);
	*v = member;
	return 0;
}

static int
follow(struct run *r, const struct operand *o, struct value *v)
{
	for (const struct chain *c = o->chain; c != NULL; c = c->next)
		if (follow_one(r, o, c->name, v) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------ expressions */

static int run_pipe(struct run *r, const struct pipe *pipe, const struct value *dot,
                    struct value *out);

static int
run_variable(struct run *r, const struct operand *o, struct value *out)
{
	for (size_t i = r->variables.n; i > 0; i--) {
		const struct variable *v = &r->variables.at[i - 1];

		if (text_equal(v->name, o->name)) {
			*out = value_copy(&v->value);
			return 0;
		}
	}
	return FAULT(r, o->at, "there is no variable $%.*s", TEXT_ARG(o->name));
}

static int
call(struct run *r, const struct operand *o, const struct function *f,
     const struct value *args, size_t n, struct value *out)
{
	if (n < f->min || n > f->max)
		return FAULT(r, o->at, "%s takes %zu to %zu values, not %zu", f->name,
		             f->min, f->max, n);
	if (f->call(args, n, out, r->err) < 0)
		return place(r, o->at, f->name);
	r->made += value_get_text(out).n;
	return 0;
}

static int run_command(struct run *r, const struct command_words *c,
                       const struct value *dot, struct value *piped, struct value *out);

static int
run_operand(struct run *r, const struct operand *o, const struct value *dot,
            struct value *out)
{
	const struct command_words alone = { .words = (struct operand *)(uintptr_t)o };
	struct operand single = *o;
	struct command_words words = alone;
	int failed = step(r, o->at);

	if (failed < 0)
		return -1;
	switch (o->kind) {
	case OPERAND_DOT:
		*out = value_copy(dot);
		break;
	case OPERAND_VARIABLE:
		failed = run_variable(r, o, out);
		break;
	case OPERAND_LITERAL:
		*out = value_of(json_incref(o->literal));
		break;
	case OPERAND_PIPE:
		failed = run_pipe(r, o->pipe, dot, out);
		break;
	case OPERAND_FUNCTION:
		/* As a value of another function it is called without values. */
		single.next = NULL;
		words.words = &single;
		failed = run_command(r, &words, dot, NULL, out);
		break;
	}
	return failed < 0 ? -1 : follow(r, o, out);
}

/* "and" and "or" do not look behind the value that decides. */
static bool
decides(const struct function *f, const struct value *v)
{
	return (f->order == ORDER_AND && !value_is_true(v)) ||
	       (f->order == ORDER_OR && value_is_true(v));
}

static int
run_function(struct run *r, const struct command_words *c, const struct value *dot,
             struct value *piped, struct value *out)
{
	const struct function *f = function_find(c->words->name);
	struct value args[ARGS_MAX + 1];
	size_t n = 0;
	int failed = 0;
	bool decided = false;

	for (const struct operand *o = c->words->next;
	     o != NULL && failed == 0 && !decided; o = o->next) {
		if (n == ARGS_MAX) {
			failed = FAULT(r, o->at, "too many values");
			break;
		}
		args[n] = (struct value)VALUE_NIL;
		failed = run_operand(r, o, dot, &args[n]);
		n++;
		decided = failed == 0 && decides(f, &args[n - 1]);
	}
	if (failed == 0 && piped != NULL && !decided) {
		args[n++] = *piped;
		*piped = (struct value)VALUE_NIL;
	}
	if (failed == 0)
		failed = call(r, c->words, f, args, n, out);
	while (n > 0)
		value_clear(&args[--n]);
	return failed;
}

static int
run_command(struct run *r, const struct command_words *c, const struct value *dot,
            struct value *piped, struct value *out)
{
	if (c->words->kind == OPERAND_FUNCTION)
		return step(r, c->words->at) < 0 ? -1
		                                 : run_function(r, c, dot, piped, out);
	return run_operand(r, c->words, dot, out);
}

static int
set_variable(struct run *r, const struct pipe *pipe, const struct value *v)
{
	for (size_t i = r->variables.n; pipe->assigns && i > 0; i--) {
		struct variable *old = &r->variables.at[i - 1];

		if (text_equal(old->name, pipe->names[0])) {
			value_clear(&old->value);
			old->value = value_copy(v);
			return 0;
		}
	}
	if (pipe->assigns)
		return FAULT(r, pipe->at, "there is no variable $%.*s",
		             TEXT_ARG(pipe->names[0]));
	*array_add(&r->variables) = (struct variable){ pipe->names[0], value_copy(v) };
	return 0;
}

static int
run_pipe(struct run *r, const struct pipe *pipe, const struct value *dot,
         struct value *out)
{
	auto_value struct value v = VALUE_NIL;
	bool first = true;

	for (const struct command_words *c = pipe->commands; c != NULL; c = c->next) {
		struct value next = VALUE_NIL;

		if (run_command(r, c, dot, first ? NULL : &v, &next) < 0) {
			value_clear(&next);
			return -1;
		}
		value_clear(&v);
		v = next;
		first = false;
	}
	*out = v;
	v = (struct value)VALUE_NIL;
	return 0;
}

/* ------------------------------------------------------------ nodes */

static void
forget_variables(struct run *r, size_t n)
{
	while (r->variables.n > n)
		value_clear(&r->variables.at[--r->variables.n].value);
}

static int run_nodes(struct run *r, const struct node *node, const struct value *dot);

/* One round of a range with KEY and VALUE. */
static int
run_round(struct run *r, const struct node *node, json_t *key, json_t *value)
{
	const struct pipe *pipe = node->pipe;
	auto_value struct value k = value_of(key), v = value_of(json_incref(value));
	size_t before = r->variables.n;
	bool two = pipe->names[1].p != NULL;
	int failed = step(r, pipe->at);

	if (failed == 0 && pipe->names[0].p != NULL)
		*array_add(&r->variables) =
		        (struct variable){ pipe->names[0], value_copy(two ? &k : &v) };
	if (failed == 0 && two)
		*array_add(&r->variables) = (struct variable){ pipe->names[1],
			                                       value_copy(&v) };
	if (failed == 0)
		failed = run_nodes(r, node->body, &v);
	forget_variables(r, before);
	return failed;
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
run_object(struct run *r, const struct node *node, json_t *object)
{
	auto_free const char **keys = mem_new_n(json_object_size(object) + 1,
	                                        sizeof *keys);
	size_t n = 0;
	const char *key;
	json_t *member;
	int failed = 0;

	json_object_foreach(object, key, member)
	{
		keys[n++] = key;
	}
	qsort(keys, n, sizeof *keys, compare_keys);
	for (size_t i = 0; i < n && failed == 0; i++)
		failed = run_round(r, node, jsonio_string(text_of(keys[i])),
		                   json_object_get(object, keys[i]));
	return failed;
}

static int
run_range(struct run *r, const struct node *node, const struct value *dot,
          const struct value *v)
{
	int failed = 0;

	if (json_is_object(v->json) && json_object_size(v->json) > 0)
		return run_object(r, node, v->json);
	if (!json_is_array(v->json) && !json_is_object(v->json) &&
	    !json_is_null(v->json) && v->json != NULL)
		return FAULT(r, node->pipe->at, "range over %s", value_kind(v));
	if (json_array_size(v->json) == 0)
		return run_nodes(r, node->other, dot);
	for (size_t i = 0; i < json_array_size(v->json) && failed == 0; i++)
		failed = run_round(r, node, json_integer((json_int_t)i),
		                   json_array_get(v->json, i));
	return failed;
}

static int
run_block(struct run *r, const struct node *node, const struct value *dot,
          const struct value *v)
{
	const struct pipe *pipe = node->pipe;
	int failed = 0;

	if (node->kind == NODE_RANGE)
		return run_range(r, node, dot, v);
	if (pipe->names[0].p != NULL)
		failed = set_variable(r, pipe, v);
	if (failed < 0)
		return -1;
	if (!value_is_true(v))
		return run_nodes(r, node->other, dot);
	return run_nodes(r, node->body, node->kind == NODE_WITH ? v : dot);
}

static int
run_action(struct run *r, const struct node *node, const struct value *dot)
{
	auto_value struct value v = VALUE_NIL;
	size_t before = r->variables.n;
	int failed = 0;

	if (step(r, node->pipe->at) < 0 || run_pipe(r, node->pipe, dot, &v) < 0)
		return -1;
	if (node->kind == NODE_PRINT) {
		if (node->pipe->names[0].p != NULL)
			return set_variable(r, node->pipe, &v);
		value_print(&v, r->out);
		return 0;
	}
	failed = run_block(r, node, dot, &v);
	forget_variables(r, before);
	return failed;
}

static int
run_nodes(struct run *r, const struct node *node, const struct value *dot)
{
	size_t before = r->variables.n;
	int failed = 0;

	for (; node != NULL && failed == 0; node = node->next) {
		if (node->kind == NODE_TEXT)
			buf_add_text(r->out, node->text);
		else
			failed = run_action(r, node, dot);
	}
	forget_variables(r, before);
	return failed;
}

int
template_print(const struct template *t, const json_t *data, const char *const *maps,
               struct buf *out, struct error *err)
{
	struct run r = { .t = t, .maps = maps, .out = out, .begin = out->n, .err = err };
	auto_value struct value dot = value_of(json_incref((json_t *)(uintptr_t)data));
	int failed = 0;

	*array_add(&r.variables) = (struct variable){ TEXT(""), value_copy(&dot) };
	failed = run_nodes(&r, t->nodes, &dot);
	forget_variables(&r, 0);
	array_clear(&r.variables);
	return failed;
}
