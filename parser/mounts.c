#include "parser/mounts.h"

#include "base/base.h"
#include "base/number.h"
#include "base/path.h"
#include "base/suggest.h"
#include "parser/origin.h"
#include "parser/plan_steps.h"
#include "parser/scope.h"
#include "parser/state.h"

/* Of ids, it is the one that chown(2) takes for "leave it". */
#define NOT_GIVEN ((uint32_t)-1)

static const char *const kinds[] = { "bind", "cache", "tmpfs", "secret", "ssh" };
static const char *const sharings[] = { "shared", "private", "locked" };

#define N_KINDS    (sizeof kinds / sizeof *kinds)
#define N_SHARINGS (sizeof sharings / sizeof *sharings)

/* The fields of one mount as they were read. p NULL: not given. */
struct given {
	enum mount_kind kind;
	struct text from, source, target, id, sharing, env;
	bool readonly, says_readonly, required;
	uint64_t size;
	uint32_t mode, uid, gid;
	bool has_mode, has_uid, has_gid;
};

/* ------------------------------------------------------------ fields */

typedef int
field_fn(struct given *g, const char *key, struct text value, struct error *err);

static int
unexpected(const struct given *g, const char *key, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "unexpected key '%s' for mount type '%s'",
	                 key, kinds[g->kind]);
}

static int
read_bool(const char *key, struct text value, bool *out, struct error *err)
{
	if (number_bool(value, out))
		return 0;
	return error_set(err, ERR_DOCKERFILE, "invalid value for %s: %.*s", key,
	                 (int)value.n, value.p);
}

/* WHAT "value", with what it may have been meant to be. */
static int
unsupported(const char *what, struct text value, const char *const *known, size_t n,
            struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;
	const char *near = suggest_find(value, known, n, true);

	buf_add_quoted(&quoted, value);
	return error_set(err, ERR_DOCKERFILE, "unsupported %s %s%s%s%s", what,
	                 buf_str(&quoted), near == NULL ? "" : " (did you mean ",
	                 near == NULL ? "" : near, near == NULL ? "" : "?)");
}

static int
read_type(struct given *g, const char *key, struct text value, struct error *err)
{
	(void)key;
	for (size_t i = 0; i < N_KINDS; i++) {
		if (text_equal_nocase(value, text_of(kinds[i]))) {
			g->kind = (enum mount_kind)i;
			return 0;
		}
	}
	return unsupported("mount type", value, kinds, N_KINDS, err);
}

static int
read_readonly(struct given *g, const char *key, struct text value, struct error *err)
{
	bool writable = strcmp(key, "rw") == 0 || strcmp(key, "readwrite") == 0;
	bool on = true;

	if (value.p != NULL && read_bool(key, value, &on, err) < 0)
		return -1;
	g->readonly = on != writable;
	g->says_readonly = true;
	return 0;
}

static int
read_required(struct given *g, const char *key, struct text value, struct error *err)
{
	if (g->kind != MOUNT_SECRET && g->kind != MOUNT_SSH)
		return unexpected(g, key, err);
	g->required = true;
	return value.p == NULL ? 0 : read_bool(key, value, &g->required, err);
}

static int
read_size(struct given *g, const char *key, struct text value, struct error *err)
{
	if (g->kind != MOUNT_TMPFS)
		return unexpected(g, key, err);
	if (number_size(value, &g->size))
		return 0;
	return error_set(err, ERR_DOCKERFILE, "invalid value for %s: %.*s", key,
	                 (int)value.n, value.p);
}

static int
read_sharing(struct given *g, const char *key, struct text value, struct error *err)
{
	(void)key;
	for (size_t i = 0; i < N_SHARINGS; i++) {
		if (text_equal_nocase(value, text_of(sharings[i]))) {
			g->sharing = text_of(sharings[i]);
			return 0;
		}
	}
	return unsupported("sharing value", value, sharings, N_SHARINGS, err);
}

static int
bad_number(const char *key, struct text value, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "invalid value %.*s for %s", (int)value.n,
	                 value.p, key);
}

static int
read_mode(struct given *g, const char *key, struct text value, struct error *err)
{
	g->has_mode = true;
	return number_octal(value, &g->mode) && g->mode != NOT_GIVEN
	               ? 0
	               : bad_number(key, value, err);
}

static int
read_uid(struct given *g, const char *key, struct text value, struct error *err)
{
	g->has_uid = true;
	return number_u32(value, &g->uid) && g->uid != NOT_GIVEN
	               ? 0
	               : bad_number(key, value, err);
}

static int
read_gid(struct given *g, const char *key, struct text value, struct error *err)
{
	g->has_gid = true;
	return number_u32(value, &g->gid) && g->gid != NOT_GIVEN
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
	bool bare; /* may stand without a value */
} fields[] = {
	{ "type", read_type, false },
	{ "from", read_from, false },
	{ "source", read_source, false },
	{ "target", read_target, false },
	{ "readonly", read_readonly, true },
	{ "id", read_id, false },
	{ "sharing", read_sharing, false },
	{ "required", read_required, true },
	{ "size", read_size, false },
	{ "mode", read_mode, false },
	{ "uid", read_uid, false },
	{ "gid", read_gid, false },
	{ "src", read_source, false },
	{ "dst", read_target, false },
	{ "destination", read_target, false },
	{ "ro", read_readonly, true },
	{ "rw", read_readonly, true },
	{ "readwrite", read_readonly, true },
	{ "env", read_env, false },
};

#define N_FIELDS (sizeof fields / sizeof *fields)

static int
unknown_field(const struct mount_field *field, struct error *err)
{
	const char *names[N_FIELDS], *near;

	for (size_t i = 0; i < N_FIELDS; i++)
		names[i] = fields[i].key;
	near = suggest_find(field->key, names, N_FIELDS, true);
	return error_set(err, ERR_DOCKERFILE,
	                 "unexpected key '%.*s' in '%.*s=%.*s'%s%s%s", (int)field->key.n,
	                 field->key.p, (int)field->key.n, field->key.p,
	                 (int)field->value.n, field->value.p,
	                 near == NULL ? "" : " (did you mean ", near == NULL ? "" : near,
	                 near == NULL ? "" : "?)");
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
		                 (int)field->key.n, field->key.p);
	if (i == N_FIELDS)
		return unknown_field(field, err);
	if (field->has_value)
		value = field->value;
	return fields[i].read(g, fields[i].key, value, err);
}

/* ------------------------------------------------------------ the whole */

static int
not_allowed(const struct given *g, const char *what, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "%s not allowed for \"%s\" type mounts",
	                 what, kinds[g->kind]);
}

static int
check_secret(const struct given *g, struct error *err)
{
	if (g->from.n > 0)
		return error_set(err, ERR_DOCKERFILE,
		                 "secret mount should not have a from");
	if (g->source.n == 0 && g->target.n == 0 && g->id.n == 0)
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid secret mount. one of source, target required");
	if (g->source.n > 0 && g->id.n > 0)
		return error_set(err, ERR_DOCKERFILE, "both source and id can't be set");
	return 0;
}

static int
check(const struct given *g, struct error *err)
{
	bool has_owner = g->kind == MOUNT_SECRET || g->kind == MOUNT_SSH ||
	                 g->kind == MOUNT_CACHE;

	if (!has_owner && g->has_mode)
		return not_allowed(g, "mode", err);
	if (!has_owner && g->has_uid)
		return not_allowed(g, "uid", err);
	if (!has_owner && g->has_gid)
		return not_allowed(g, "gid", err);
	if (g->sharing.n > 0 && g->kind != MOUNT_CACHE)
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid cache sharing set for %s mount",
		                 kinds[g->kind]);
	if (g->kind == MOUNT_SECRET)
		return check_secret(g, err);
	if (g->kind == MOUNT_SSH && g->source.n > 0)
		return error_set(err, ERR_DOCKERFILE, "ssh does not support source");
	return 0;
}

static int
read_given(struct planner *p, const struct node *node, const struct instruction *in,
           const struct raw_mount *raw, struct given *g, struct error *err)
{
	*g = (struct given){ .kind = MOUNT_BIND, .mode = NOT_GIVEN };
	for (size_t i = 0; i < raw->fields.n; i++) {
		struct mount_field field = raw->fields.at[i];

		if (field.has_value &&
		    scope_expand(p, node, in, field.value, &field.value, err) < 0)
			return -1;
		if (read_field(g, &field, err) < 0)
			return -1;
	}
	if (!g->says_readonly)
		g->readonly = g->kind != MOUNT_CACHE && g->kind != MOUNT_TMPFS;
	return check(g, err);
}

/* ------------------------------------------------------------ as steps see it */

/* TARGET below the working directory, cleaned if it must be joined. */
static struct text
absolute(struct planner *p, const struct node *node, struct text target)
{
	struct text dir = state_workdir(&node->state);
	auto_buf struct buf b = BUF_INIT;
	auto_free char *clean = NULL;

	if (!text_starts(target, "/")) {
		buf_add_text(&b, dir);
		buf_add_char(&b, '/');
	}
	buf_add_text(&b, target);
	clean = path_clean_abs(buf_text(&b));
	return arena_text(p->arena, text_of(clean));
}

static struct text
clean_source(struct planner *p, struct text source)
{
	auto_free char *clean = path_clean_abs(source);

	return arena_text(p->arena, text_of(clean));
}

/* The step that MOUNT takes its files from. */
static int
find_from(struct planner *p, const struct node *node, const struct command *command,
          size_t index, const struct given *g, struct step_mount *out, struct error *err)
{
	struct node *source = command->sources[index];
	auto_buf struct buf from = BUF_INIT, target = BUF_INIT;

	if (source == NULL && g->kind == MOUNT_BIND)
		out->from = plan_step_local(p, node, command->in, NULL);
	if (source == NULL)
		return 0;
	if (!source->is_done) {
		buf_add_quoted(&from, g->from);
		buf_add_quoted(&target, g->target);
		return error_set(err, ERR_DOCKERFILE,
		                 "cannot mount from stage %s to %s, stage needs to be "
		                 "defined before current command",
		                 buf_str(&from), buf_str(&target));
	}
	if (g->kind == MOUNT_BIND || g->kind == MOUNT_CACHE)
		out->from = origin_files(p, source);
	return 0;
}

static void
set_cache(struct planner *p, const struct given *g, struct step_mount *out)
{
	auto_free char *clean = path_clean(g->target);
	struct text id = g->id.n > 0 ? g->id : text_of(clean);

	out->id = text_of(arena_print(p->arena, "%.*s/%.*s", (int)p->cache_space.n,
	                              p->cache_space.p, (int)id.n, id.p));
	for (size_t i = 0; i < N_SHARINGS; i++)
		if (text_is(g->sharing, sharings[i]))
			out->sharing = (enum mount_sharing)i;
}

static int
set_secret(struct planner *p, const struct node *node, const struct given *g,
           struct step_mount *out, struct error *err)
{
	struct text base;

	out->id = g->source.n > 0 ? g->source : g->id;
	if (out->id.n == 0)
		out->id = path_base(g->target);
	if (out->id.n == 0)
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid secret mount. one of source, target required");
	base = path_base(out->id);
	out->env = g->env;
	if (g->target.n > 0)
		out->target = absolute(p, node, g->target);
	else if (g->env.p == NULL)
		out->target = text_of(
		        arena_print(p->arena, "/run/secrets/%.*s", (int)base.n, base.p));
	return 0;
}

static void
set_ssh(struct planner *p, const struct node *node, const struct given *g,
        size_t n_before, struct step_mount *out)
{
	out->id = g->id.n > 0 ? g->id : TEXT("default");
	if (g->target.n > 0)
		out->target = absolute(p, node, g->target);
	else
		out->target = text_of(
		        arena_print(p->arena, "/run/buildkit/ssh_agent.%zu", n_before));
}

static int
set_place(struct planner *p, const struct node *node, const struct given *g,
          struct step_mount *out, struct error *err)
{
	out->target = absolute(p, node, g->target);
	out->source = clean_source(p, g->source);
	if (text_is(out->target, "/"))
		return error_set(err, ERR_DOCKERFILE, "invalid mount target \"/\"");
	return 0;
}

static size_t
count_kind(const struct mounts *mounts, enum mount_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < mounts->list.n; i++)
		n += mounts->list.at[i].kind == kind;
	return n;
}

static int
add_mount(struct planner *p, struct node *node, const struct command *command,
          size_t index, const struct given *g, struct mounts *mounts, struct error *err)
{
	struct step_mount mount = {
		.kind = g->kind,
		.from = STEP_NONE,
		.readonly = g->readonly,
		.required = g->required,
		.size = g->size,
		.mode = g->mode,
		.uid = g->uid,
		.gid = g->gid,
		.has_ids = g->has_uid || g->has_gid,
	};

	if (g->kind == MOUNT_SECRET || g->kind == MOUNT_SSH) {
		if (g->kind == MOUNT_SSH)
			set_ssh(p, node, g, count_kind(mounts, MOUNT_SSH), &mount);
		else if (set_secret(p, node, g, &mount, err) < 0)
			return -1;
	} else if (find_from(p, node, command, index, g, &mount, err) < 0 ||
	           set_place(p, node, g, &mount, err) < 0) {
		return -1;
	}
	if (g->kind == MOUNT_CACHE)
		set_cache(p, g, &mount);
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
