#include "parser/mounts.h"

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "base/path.h"
#include "base/suggest.h"
#include "parser/dockerfile.h"
#include "parser/mount_types.h"
#include "parser/origin.h"
#include "parser/plan_layers.h"
#include "parser/plan_steps.h"
#include "parser/scope.h"
#include "parser/state.h"

/* The fields of one mount as they were read. p NULL: not given. */
struct given {
	enum mount_type type;
	unsigned fields; /* those that were given and are not empty */
	struct text from, source, target, id, env;
	enum mount_sharing sharing;
	bool readonly, required;
	uint64_t size;
	uint32_t mode, uid, gid;
};

/* ------------------------------------------------------------ fields */

typedef int
field_fn(struct given *g, const char *key, struct text value, struct error *err);

static int
read_bool(const char *key, struct text value, bool *out, struct error *err)
{
	if (number_bool(value, out))
		return 0;
	return error_set(err, ERR_DOCKERFILE, "invalid value for %s: %.*s", key,
	                 TEXT_ARG(value));
}

static int
unsupported(const char *what, struct text value, const char *const *known, size_t n,
            struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;
	auto_free char *near = suggest_print("", suggest_find(value, known, n, true));

	buf_add_quoted(&quoted, value);
	return error_set(err, ERR_DOCKERFILE, "unsupported %s %s%s", what,
	                 buf_str(&quoted), near);
}

static int
read_type(struct given *g, const char *key, struct text value, struct error *err)
{
	const char *names[N_MOUNT_TYPES];

	(void)key;
	for (size_t i = 0; i < N_MOUNT_TYPES; i++) {
		names[i] = mount_rows[i].name;
		if (text_equal_nocase(value, text_of(names[i]))) {
			g->type = (enum mount_type)i;
			return 0;
		}
	}
	return unsupported("mount type", value, names, N_MOUNT_TYPES, err);
}

static int
read_readonly(struct given *g, const char *key, struct text value, struct error *err)
{
	bool writable = strcmp(key, "rw") == 0 || strcmp(key, "readwrite") == 0;
	bool on = true;

	if (value.p != NULL && read_bool(key, value, &on, err) < 0)
		return -1;
	g->readonly = on != writable;
	return 0;
}

static int
read_required(struct given *g, const char *key, struct text value, struct error *err)
{
	g->required = true;
	return value.p == NULL ? 0 : read_bool(key, value, &g->required, err);
}

static int
read_size(struct given *g, const char *key, struct text value, struct error *err)
{
	if (number_size(value, &g->size))
		return 0;
	return error_set(err, ERR_DOCKERFILE, "invalid value for %s: %.*s", key,
	                 TEXT_ARG(value));
}

static int
read_sharing(struct given *g, const char *key, struct text value, struct error *err)
{
	(void)key;
	for (size_t i = 0; i < N_MOUNT_SHARINGS; i++) {
		if (text_equal_nocase(value, text_of(mount_sharings[i]))) {
			g->sharing = (enum mount_sharing)i;
			return 0;
		}
	}
	return unsupported("sharing value", value, mount_sharings, N_MOUNT_SHARINGS, err);
}

static int
bad_number(const char *key, struct text value, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "invalid value %.*s for %s",
	                 TEXT_ARG(value), key);
}

static int
read_mode(struct given *g, const char *key, struct text value, struct error *err)
{
	return number_octal(value, &g->mode) && g->mode != MOUNT_NOT_GIVEN
	               ? 0
	               : bad_number(key, value, err);
}

static int
read_uid(struct given *g, const char *key, struct text value, struct error *err)
{
	return number_u32(value, &g->uid) && g->uid != MOUNT_NOT_GIVEN
	               ? 0
	               : bad_number(key, value, err);
}

static int
read_gid(struct given *g, const char *key, struct text value, struct error *err)
{
	return number_u32(value, &g->gid) && g->gid != MOUNT_NOT_GIVEN
	               ? 0
	               : bad_number(key, value, err);
}

#define TEXT_FIELD(name)                                                                 \
	static int read_##name(struct given *g, const char *key, struct text value,      \
	                       struct error *err)                                        \
	{                                                                                \
		(void)key;                                                               \
		(void)err;                                                               \
		g->name = value;                                                         \
		return 0;                                                                \
	}
TEXT_FIELD(from)
TEXT_FIELD(source)
TEXT_FIELD(target)
TEXT_FIELD(id)
TEXT_FIELD(env)

static const struct {
	const char *key;
	field_fn *read;
	unsigned field; /* of enum mount_fields */
	bool bare;      /* may stand without a value */
	bool at_once; /* checked while it is read, against the type that was read before it */
} fields[] = {
	{ "type", read_type, 0, false, false },
	{ "from", read_from, FIELD_FROM, false, false },
	{ "source", read_source, FIELD_SOURCE, false, false },
	{ "target", read_target, FIELD_TARGET, false, false },
	{ "readonly", read_readonly, FIELD_READONLY, true, false },
	{ "id", read_id, FIELD_ID, false, false },
	{ "sharing", read_sharing, FIELD_SHARING, false, false },
	{ "required", read_required, FIELD_REQUIRED, true, true },
	{ "size", read_size, FIELD_SIZE, false, true },
	{ "mode", read_mode, FIELD_MODE, false, false },
	{ "uid", read_uid, FIELD_UID, false, false },
	{ "gid", read_gid, FIELD_GID, false, false },
	{ "src", read_source, FIELD_SOURCE, false, false },
	{ "dst", read_target, FIELD_TARGET, false, false },
	{ "destination", read_target, FIELD_TARGET, false, false },
	{ "ro", read_readonly, FIELD_READONLY, true, false },
	{ "rw", read_readonly, FIELD_READONLY, true, false },
	{ "readwrite", read_readonly, FIELD_READONLY, true, false },
	{ "env", read_env, FIELD_ENV, false, false },
};

#define N_FIELDS (COUNT_OF(fields))

static int
unknown_field(const struct mount_field *field, struct error *err)
{
	const char *names[N_FIELDS];
	auto_free char *near = NULL;

	for (size_t i = 0; i < N_FIELDS; i++)
		names[i] = fields[i].key;
	near = suggest_print("", suggest_find(field->key, names, N_FIELDS, true));
	return error_set(err, ERR_DOCKERFILE, "unexpected key '%.*s' in '%.*s=%.*s'%s",
	                 TEXT_ARG(field->key), TEXT_ARG(field->key),
	                 TEXT_ARG(field->value), near);
}

static int
read_field(struct given *g, const struct mount_field *field, struct error *err)
{
	struct text value = { 0 };
	size_t i = 0;

	while (i < N_FIELDS && !text_is(field->key, fields[i].key))
		i++;
	if (!field->has_value && (i == N_FIELDS || !fields[i].bare))
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid field '%.*s' must be a key=value pair",
		                 TEXT_ARG(field->key));
	if (i == N_FIELDS)
		return unknown_field(field, err);
	if (fields[i].at_once && !(mount_rows[g->type].takes & fields[i].field))
		return error_set(err, ERR_DOCKERFILE,
		                 "unexpected key '%s' for mount type '%s'", fields[i].key,
		                 mount_rows[g->type].name);
	if (field->has_value)
		value = field->value;
	if (fields[i].bare || value.n > 0)
		g->fields |= fields[i].field;
	else
		g->fields &= ~fields[i].field;
	return fields[i].read(g, fields[i].key, value, err);
}

/* ------------------------------------------------------------ the whole */

/* The message for a field that the type does not allow, around the type's name. */
static const struct {
	unsigned field;
	const char *before, *after;
} refusals[] = {
	{ FIELD_MODE, "mode not allowed for \"", "\" type mounts" },
	{ FIELD_UID, "uid not allowed for \"", "\" type mounts" },
	{ FIELD_GID, "gid not allowed for \"", "\" type mounts" },
	{ FIELD_SHARING, "invalid cache sharing set for ", " mount" },
	{ FIELD_FROM, "", " mount should not have a from" },
	{ FIELD_SOURCE, "", " does not support source" },
};

#define N_REFUSALS (COUNT_OF(refusals))

/* Always -1. */
static int
lacks_field(const struct mount_row *row, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "invalid %s mount. one of %s required",
	                 row->name, row->one_of_words);
}

static int
check(const struct given *g, struct error *err)
{
	const struct mount_row *row = &mount_rows[g->type];

	for (size_t i = 0; i < N_REFUSALS; i++)
		if (g->fields & ~row->takes & refusals[i].field)
			return error_set(err, ERR_DOCKERFILE, "%s%s%s",
			                 refusals[i].before, row->name,
			                 refusals[i].after);
	if (row->one_of != 0 && !(g->fields & row->one_of))
		return lacks_field(row, err);
	if (g->type == MOUNT_SECRET && g->fields & FIELD_SOURCE && g->fields & FIELD_ID)
		return error_set(err, ERR_DOCKERFILE, "both source and id can't be set");
	return 0;
}

static int
read_given(struct planner *p, const struct node *node, const struct instruction *in,
           const struct raw_mount *raw, struct given *g, struct error *err)
{
	*g = (struct given){ .type = MOUNT_BIND, .mode = MOUNT_NOT_GIVEN };
	for (size_t i = 0; i < raw->fields.n; i++) {
		struct mount_field field = raw->fields.at[i];

		if (field.has_value &&
		    (scope_expand(p, node, in, field.value, &field.value, err) < 0 ||
		     plan_check_word(field.value, err) < 0))
			return -1;
		if (read_field(g, &field, err) < 0)
			return -1;
	}
	if (!(g->fields & FIELD_READONLY))
		g->readonly = mount_rows[g->type].readonly;
	return check(g, err);
}

/* ------------------------------------------------------------ as steps see it */

/* A mount while it is planned. */
struct request {
	struct planner *p;
	const struct node *node;
	const struct command *command;
	struct node *source; /* what "from" names, or NULL */
	const struct given *given;
	size_t n_before; /* earlier mounts of the type */
};

/* Fills in the type's own members; plain values are filled in already. One function for
 * each row of MOUNT_TYPES. */
typedef int plan_fn(const struct request *r, struct step_mount *out, struct error *err);

/* TARGET below the working directory, cleaned if it must be joined. */
static struct text
absolute(const struct request *r, struct text target)
{
	struct text dir = state_workdir(&r->node->state);
	auto_buf struct buf b = BUF_INIT;
	auto_free char *clean = NULL;

	if (!text_starts(target, "/")) {
		buf_add_text(&b, dir);
		buf_add_char(&b, '/');
	}
	buf_add_text(&b, target);
	clean = path_clean_abs(buf_text(&b));
	return arena_text(r->p->arena, text_of(clean));
}

static int
check_source(const struct request *r, struct error *err)
{
	auto_buf struct buf from = BUF_INIT, target = BUF_INIT;

	if (r->source == NULL || r->source->is_done)
		return 0;
	buf_add_quoted(&from, r->given->from);
	buf_add_quoted(&target, r->given->target);
	return error_set(err, ERR_DOCKERFILE,
	                 "cannot mount from stage %s to %s, stage needs to be defined "
	                 "before current command",
	                 buf_str(&from), buf_str(&target));
}

static int
set_place(const struct request *r, struct step_mount *out, struct error *err)
{
	auto_free char *source = path_clean_abs(r->given->source);

	out->target = absolute(r, r->given->target);
	out->source = arena_text(r->p->arena, text_of(source));
	if (!text_is(out->target, "/"))
		return 0;
	error_set(err, ERR_DOCKERFILE, "invalid mount target \"/\"");
	return error_hint(err, "target=DIR says where the step finds it");
}

static int
plan_bind(const struct request *r, struct step_mount *out, struct error *err)
{
	if (check_source(r, err) < 0)
		return -1;
	out->from = r->source == NULL
	                    ? plan_step_local(r->p, r->node, r->command->in, NULL)
	                    : origin_files(r->p, r->source);
	return set_place(r, out, err);
}

static int
plan_cache(const struct request *r, struct step_mount *out, struct error *err)
{
	const struct given *g = r->given;
	struct text space = r->p->cache_space;
	auto_free char *clean = path_clean(g->target);
	struct text id = g->id.n > 0 ? g->id : text_of(clean);

	if (check_source(r, err) < 0)
		return -1;
	if (r->source != NULL)
		out->from = origin_files(r->p, r->source);
	out->id = text_of(
	        arena_print(r->p->arena, "%.*s/%.*s", TEXT_ARG(space), TEXT_ARG(id)));
	return set_place(r, out, err);
}

static int
plan_tmpfs(const struct request *r, struct step_mount *out, struct error *err)
{
	return check_source(r, err) < 0 ? -1 : set_place(r, out, err);
}

static int
plan_secret(const struct request *r, struct step_mount *out, struct error *err)
{
	const struct given *g = r->given;
	struct text base;

	out->id = g->source.n > 0 ? g->source : g->id;
	if (out->id.n == 0)
		out->id = path_base(g->target);
	if (out->id.n == 0)
		return lacks_field(&mount_rows[g->type], err);
	base = path_base(out->id);
	out->env = g->env;
	if (g->target.n > 0)
		out->target = absolute(r, g->target);
	else if (g->env.p == NULL)
		out->target = text_of(
		        arena_print(r->p->arena, "/run/secrets/%.*s", TEXT_ARG(base)));
	return 0;
}

static int
plan_ssh(const struct request *r, struct step_mount *out, struct error *err)
{
	const struct given *g = r->given;

	(void)err;
	out->id = g->id.n > 0 ? g->id : TEXT("default");
	out->target = g->target.n > 0 ? absolute(r, g->target)
	                              : text_of(arena_print(r->p->arena,
	                                                    "/run/buildkit/ssh_agent.%zu",
	                                                    r->n_before));
	return 0;
}

#define PLAN_FUNCTION(constant, name, ...) [MOUNT_##constant] = plan_##name,
static plan_fn *const plan_functions[N_MOUNT_TYPES] = { MOUNT_TYPES(PLAN_FUNCTION) };

static size_t
count_type(const struct mounts *mounts, enum mount_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < mounts->list.n; i++)
		n += mounts->list.at[i].type == type;
	return n;
}

static int
add_mount(struct planner *p, struct node *node, const struct command *command,
          size_t index, const struct given *g, struct mounts *mounts, struct error *err)
{
	const struct request r = { p,       node,
		                   command, command->sources[index],
		                   g,       count_type(mounts, g->type) };
	struct step_mount mount = {
		.type = g->type,
		.from = STEP_NONE,
		.readonly = g->readonly,
		.sharing = g->sharing,
		.required = g->required,
		.size = g->size,
		.mode = g->mode,
		.uid = g->uid,
		.gid = g->gid,
		.has_ids = g->fields & (FIELD_UID | FIELD_GID),
	};

	if (plan_functions[g->type](&r, &mount, err) < 0)
		return -1;
	array_push(&mounts->list, mount);
	return 0;
}

int
mounts_read(struct planner *p, struct node *node, const struct command *command,
            struct mounts *out, struct error *err)
{
	const struct instruction *in = command->in;
	size_t n = in->flag.mounts.n;
	auto_free struct given *given = mem_new_n(n, sizeof *given);

	for (size_t i = 0; i < n; i++)
		if (read_given(p, node, in, &in->flag.mounts.at[i], &given[i], err) < 0)
			return -1;
	for (size_t i = 0; i < n; i++)
		if (add_mount(p, node, command, i, &given[i], out, err) < 0)
			return -1;
	return 0;
}
