#include "builder/steps/copy_chmod.h"

#include "base/base.h"
#include "base/number.h"

#define PARENT_MODE 0755
#define EXECUTE     0111
#define SET_IDS     06000
#define STICKY      01000

static int
refuse(struct text text, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE,
	                 "invalid chmod parameter: '%.*s'. it should be octal string and "
	                 "between 0 and 07777",
	                 TEXT_ARG(text));
}

/* The classes that the letters before the operator name; no letter means all. */
static uint16_t
parse_who(struct text *t)
{
	uint16_t who = 0;

	for (; t->n > 0; *t = text_from(*t, 1)) {
		if (t->p[0] == 'u')
			who |= 04700;
		else if (t->p[0] == 'g')
			who |= 02070;
		else if (t->p[0] == 'o')
			who |= 00007;
		else if (t->p[0] == 'a')
			who |= 06777;
		else
			break;
	}
	return who;
}

/* One letter after the operator. */
static bool
parse_permission(char letter, struct chmod_action *a)
{
	switch (letter) {
	case 'r':
		a->bits |= 0444;
		return true;
	case 'w':
		a->bits |= 0222;
		return true;
	case 'x':
		a->bits |= EXECUTE;
		return true;
	case 'X':
		a->x_if_any = a->op != '-';
		return true;
	case 's':
		a->bits |= SET_IDS;
		return true;
	case 't':
		a->bits |= STICKY;
		return true;
	default:
		return false;
	}
}

/* "=u": the unchanged bits of another class. */
static uint16_t
parse_copy(char letter)
{
	return letter == 'u' ? 0700 : letter == 'g' ? 0070 : letter == 'o' ? 0007 : 0;
}

/* Adds A, whose letters are read. The sticky bit belongs to no class; only "o" alone does
 * not set it. */
static void
add_action(struct chmod *out, struct chmod_action a, uint16_t named)
{
	a.who = named != 0 ? named : SET_IDS | 0777;
	if (a.who & ~(uint16_t)0007)
		a.who |= a.bits & STICKY;
	array_push(&out->actions, a);
}

/* Turns the letters after one operator into actions; each letter that copies a class is
 * an action of its own. */
static struct text
parse_letters(struct text t, char op, uint16_t named, struct chmod *out)
{
	struct chmod_action a = { .op = op };
	bool copies = false;

	for (; t.n > 0; t = text_from(t, 1)) {
		struct chmod_action copy = { .op = op, .copy = parse_copy(t.p[0]) };

		if (copy.copy == 0) {
			if (!parse_permission(t.p[0], &a))
				break;
			continue;
		}
		if (a.bits != 0 || a.x_if_any)
			add_action(out, a, named);
		add_action(out, copy, named);
		a = (struct chmod_action){ .op = op };
		copies = true;
	}
	/* "=" alone clears everything. */
	if (a.bits != 0 || a.x_if_any || !copies)
		add_action(out, a, named);
	return t;
}

/* [ugoa]*([+-=][rwxXstugo]*)+ */
static bool
parse_clause(struct text clause, struct chmod *out)
{
	uint16_t named = parse_who(&clause);

	if (clause.n == 0)
		return false;
	while (clause.n > 0) {
		char op = clause.p[0];

		if (strchr("+-=", op) == NULL || op == '\0')
			return false;
		clause = parse_letters(text_from(clause, 1), op, named, out);
	}
	return true;
}

static bool
parse_symbolic(struct text text, struct chmod *out)
{
	do
		if (!parse_clause(text_cut(&text, ','), out))
			return false;
	while (text.p != NULL);
	return true;
}

int
chmod_parse(struct text text, struct chmod *out, struct error *err)
{
	struct chmod c = { .given = text.p != NULL };
	uint32_t mode = 0;

	if (!c.given) {
		*out = c;
		return 0;
	}
	c.octal = number_octal(text, &mode);
	c.mode = (uint16_t)mode;
	if (c.octal ? mode > 07777 : !parse_symbolic(text, &c)) {
		chmod_clear(&c);
		return refuse(text, err);
	}
	*out = c;
	return 0;
}

/* The bits that an action names, for a file of MODE; ANY_X: X is meant. */
static uint16_t
bits_of(const struct chmod_action *a, uint16_t mode, bool any_x)
{
	uint16_t bits = a->bits, rwx = 0;

	if (a->copy != 0) {
		rwx = a->copy == 0700   ? mode >> 6 & 7
		      : a->copy == 0070 ? mode >> 3 & 7
		                        : mode & 7;
		bits = (uint16_t)(rwx << 6 | rwx << 3 | rwx);
	}
	if (a->x_if_any && any_x)
		bits |= EXECUTE;
	return bits & a->who;
}

uint16_t
chmod_apply(const struct chmod *c, uint16_t mode, bool is_dir)
{
	/* The file's original mode counts, even if earlier actions removed bits. */
	bool any_x = is_dir || (mode & EXECUTE) != 0;

	if (!c->given)
		return mode;
	if (c->octal)
		return c->mode;
	for (size_t i = 0; i < c->actions.n; i++) {
		const struct chmod_action *a = &c->actions.at[i];
		uint16_t bits = bits_of(a, mode, any_x);

		if (a->op == '=')
			mode = (uint16_t)((mode & ~a->who) | bits);
		else if (a->op == '+')
			mode |= bits;
		else
			mode &= (uint16_t)~bits;
	}
	return mode;
}

uint16_t
chmod_of_parents(const struct chmod *c)
{
	return c->given && c->octal ? c->mode & 0777 : PARENT_MODE;
}

void
chmod_clear(struct chmod *c)
{
	array_clear(&c->actions);
}
