#include "builder/cli/dialect.h"

#include "base/base.h"
#include "base/event.h"
#include "base/number.h"
#include "builder/cli/build_options.h"
#include "builder/cli/cmd.h"
#include "builder/cli/dialect_values.h"

/* ------------------------------------------------------------ finding */

/* The row of the one who speaks, else the first of this name. */
static const struct option_row *
find_name(const struct build_options *o, struct text name)
{
	const struct option_row *first = NULL;

	for (const struct dialect_row *r = dialect_rows; r->option.name != NULL; r++) {
		if (!text_is(name, r->option.name))
			continue;
		if ((r->whose & o->speaker) != 0)
			return &r->option;
		if (first == NULL)
			first = &r->option;
	}
	return first;
}

static const struct option_row *
find_letter(const struct dialect_row *rows, char letter)
{
	for (const struct dialect_row *r = rows; r->option.name != NULL; r++)
		if (r->option.letter == letter)
			return &r->option;
	return NULL;
}

static const struct option_row *
find(const void *target, struct text name, char letter)
{
	const struct option_row *found = NULL;

	if (name.p != NULL)
		return find_name(target, name);
	found = find_letter(dialect_letters, letter);
	return found != NULL ? found : find_letter(dialect_rows, letter);
}

static const char *
name_at(size_t i)
{
	return dialect_rows[i].option.name;
}

/* ------------------------------------------------------------ outcomes */

void
dialect_note(struct build_options *o, const char *name, const char *why)
{
	for (size_t i = 0; i < o->notes.n; i++)
		if (strcmp(o->notes.at[i].name, name) == 0)
			return;
	array_push(&o->notes, ((struct dialect_note){ name, why }));
}

void
dialect_tell(const struct build_options *o)
{
	for (size_t i = 0; i < o->notes.n; i++)
		event_warn(0, "--%s has no effect: %s", o->notes.at[i].name,
		           o->notes.at[i].why);
}

static int
store_same(const struct dialect_row *r, void *target, struct text value,
           struct error *err)
{
	if (r->option.set != NULL)
		return r->option.set(target, value, err);
	return option_store(option_find(&cmd_build, text_from(text_of(r->ours), 2)),
	                    target, value, err);
}

/* "--sbom=generator=x" is on, too. */
static bool
is_on(const struct option_row *o, struct text value)
{
	bool on = true;

	if (o->kind == OPTION_OTHER_FLAG && value.p != NULL)
		number_bool(value, &on);
	return on;
}

static int
check_flag(const struct option_row *o, struct text value, struct error *err)
{
	bool on = false;

	if (o->kind != OPTION_OTHER_FLAG || o->argument != NULL || value.p == NULL ||
	    number_bool(value, &on))
		return 0;
	return error_set(err, ERR_USAGE, "not true or false");
}

static int
set(const struct option_row *o, void *target, struct text value, struct error *err)
{
	const struct dialect_row *r = (const struct dialect_row *)o;

	if (check_flag(o, value, err) < 0)
		return -1;
	switch (r->outcome) {
	case IS_SAME:
		return store_same(r, target, value, err);
	case IS_ALWAYS:
		return 0;
	case IS_SAID:
		if (is_on(o, value))
			dialect_note(target, o->name, o->help);
		return 0;
	case IS_REFUSED:
		if (!is_on(o, value))
			return 0;
		error_set(err, ERR_USAGE, "not supported");
		return error_hint(err, "%s", o->help);
	}
	return 0;
}

const struct other_options dialect_options = {
	.find = find,
	.name = name_at,
	.set = set,
};
