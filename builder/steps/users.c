#include <limits.h>

#include "base/base.h"
#include "base/event.h"
#include "base/number.h"
#include "builder/steps/steps.h"
#include "layers/view.h"

#define ID_MAX        INT32_MAX /* as in BuildKit */
#define FILE_SIZE_MAX ((size_t)10 << 20)

/* One line of /etc/passwd or /etc/group: what both have, and the rest. */
struct account {
	struct text name;
	uint32_t id;
	uint32_t gid;        /* passwd */
	bool is_whole;       /* its ids are valid */
	struct text home;    /* passwd */
	struct text members; /* group */
};

/* ------------------------------------------------------------ files */

/* The file NAME as a process in the root would see it; absent is empty. */
static int
read_etc(const struct view *v, struct text name, struct buf *out, struct error *err)
{
	auto_free char *path = NULL;

	if (view_resolve(v, name, &path, err) < 0 ||
	    view_read(v, text_of(path), FILE_SIZE_MAX, out, err) < 0)
		return error_wrap(err, "/%.*s", TEXT_ARG(name));
	return 0;
}

static bool
read_id(struct text t, uint32_t *out)
{
	return number_u32(t, out) && *out <= ID_MAX;
}

/* The next account of FILE (lines are cut off its front); false at the end. */
static bool
next_account(struct text *file, bool is_passwd, struct account *out)
{
	struct text line;

	while (text_line(file, &line)) {
		line = text_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		*out = (struct account){ .name = text_cut(&line, ':') };
		text_cut(&line, ':');
		out->is_whole = read_id(text_cut(&line, ':'), &out->id);
		if (!is_passwd) {
			out->members = text_cut(&line, ':');
			return true;
		}
		out->is_whole &= read_id(text_cut(&line, ':'), &out->gid);
		text_cut(&line, ':');
		out->home = text_cut(&line, ':');
		return true;
	}
	return false;
}

/* The first account with NAME, or (NAME p NULL) with ID. */
static bool
find_account(struct text file, bool is_passwd, struct text name, uint32_t id,
             struct account *out)
{
	while (next_account(&file, is_passwd, out))
		if (name.p != NULL ? text_equal(out->name, name)
		                   : out->is_whole && out->id == id)
			return true;
	return false;
}

/* A missing or invalid id is an error: 0 would be root. */
static int
check_account(const struct account *a, bool is_passwd, struct error *err)
{
	if (a->is_whole)
		return 0;
	return error_set(
	        err, ERR_SOURCE,
	        "/etc/%s of the image: the line of %.*s has no valid %s: uids and "
	        "gids must be in range 0-%d",
	        is_passwd ? "passwd" : "group", TEXT_ARG(a->name),
	        is_passwd ? "uid and gid" : "gid", ID_MAX);
}

static bool
is_digits(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	return t.n > 0;
}

/* 1 a number, 0 no number, -1 one that is out of range. */
static int
parse_id(struct text t, uint32_t *out, struct error *err)
{
	struct text digits = t;
	bool negative = t.n > 0 && t.p[0] == '-';

	if (t.n > 0 && (negative || t.p[0] == '+'))
		digits = text_from(t, 1);
	if (!is_digits(digits))
		return 0;
	if (!read_id(digits, out) || (negative && *out != 0))
		return error_set(err, ERR_SOURCE,
		                 "%.*s: uids and gids must be in range 0-%d", TEXT_ARG(t),
		                 ID_MAX);
	return 1;
}

static bool
is_member(struct text members, struct text name)
{
	while (members.n > 0)
		if (text_equal(text_cut(&members, ','), name))
			return true;
	return false;
}

static int
add_groups(struct text file, struct text user, struct user_ids *out, struct error *err)
{
	struct account group;

	while (next_account(&file, false, &group)) {
		if (!is_member(group.members, user))
			continue;
		if (check_account(&group, false, err) < 0)
			return -1;
		array_push(&out->groups, group.id);
	}
	return 0;
}

/* The group of a process is one of its supplementary groups too, the first. */
static void
add_primary(struct user_ids *u)
{
	for (size_t i = 0; i < u->groups.n; i++)
		if (u->groups.at[i] == u->gid)
			return;
	array_push(&u->groups, u->gid);
	memmove(u->groups.at + 1, u->groups.at, (u->groups.n - 1) * sizeof *u->groups.at);
	u->groups.at[0] = u->gid;
}

/* ------------------------------------------------------------ USER */

/* "user:group" in its parts; a part that is not there has p NULL. */
static void
split(struct text t, struct text *user, struct text *group)
{
	*user = text_cut(&t, ':');
	*group = t;
	if (user->n == 0)
		user->p = NULL;
	if (group->n == 0)
		group->p = NULL;
}

/* Fills uid, gid and home; *NAME is the account's, p NULL if there is none. */
static int
find_user(struct text passwd, struct text user, bool strict, struct user_ids *out,
          struct text *name, struct error *err)
{
	struct account account;
	int is_number = 1;

	if (user.p != NULL)
		is_number = parse_id(user, &out->uid, err);
	if (is_number < 0)
		return -1;
	if (find_account(passwd, true, user, 0, &account) ||
	    (is_number &&
	     find_account(passwd, true, (struct text){ 0 }, out->uid, &account))) {
		if (check_account(&account, true, err) < 0)
			return -1;
		out->uid = account.id;
		out->gid = account.gid;
		out->home = account.home.n > 0 ? text_copy(account.home) : NULL;
		*name = account.name;
		return 0;
	}
	if (is_number || !strict)
		return 0;
	error_set(err, ERR_SOURCE,
	          "unable to find user %.*s: no matching entries in passwd file",
	          TEXT_ARG(user));
	return error_hint(err,
	                  "an earlier step can make it (RUN useradd %.*s, or adduser "
	                  "-D %.*s on Alpine); a number needs no such user",
	                  TEXT_ARG(user), TEXT_ARG(user));
}

static int
find_group(struct text groups, struct text group, bool strict, struct user_ids *out,
           struct error *err)
{
	struct account account;
	int is_number = parse_id(group, &out->gid, err);

	if (is_number < 0)
		return -1;
	if (find_account(groups, false, group, 0, &account)) {
		out->gid = account.id;
		return check_account(&account, false, err);
	}
	if (is_number)
		return 0;
	out->gid = 0;
	if (!strict)
		return 0;
	return error_set(err, ERR_SOURCE,
	                 "unable to find group %.*s: no matching entries in group file",
	                 TEXT_ARG(group));
}

int
user_find(const struct view *v, struct text user, bool strict, struct user_ids *out,
          struct error *err)
{
	auto_buf struct buf passwd = BUF_INIT, groups = BUF_INIT;
	__attribute__((cleanup(user_ids_clear))) struct user_ids ids = { 0 };
	struct text name, group, account = { 0 };
	int is_uid = 0, is_gid = 0;

	split(user, &name, &group);
	if (name.p != NULL && group.p != NULL) {
		is_uid = parse_id(name, &ids.uid, err);
		is_gid = is_uid < 0 ? -1 : parse_id(group, &ids.gid, err);
		if (is_gid < 0)
			return -1;
	}
	if (read_etc(v, TEXT("etc/passwd"), &passwd, err) < 0)
		return -1;
	if (is_uid > 0 && is_gid > 0) {
		/* Numeric ids are taken as they are, whatever the files say; only the
		 * home is looked up. */
		struct account found;

		if (find_account(buf_text(&passwd), true, (struct text){ 0 }, ids.uid,
		                 &found) &&
		    found.home.n > 0)
			ids.home = text_copy(found.home);
	} else {
		if (read_etc(v, TEXT("etc/group"), &groups, err) < 0 ||
		    find_user(buf_text(&passwd), name, strict, &ids, &account, err) < 0)
			return -1;
		if (group.p != NULL &&
		    find_group(buf_text(&groups), group, strict, &ids, err) < 0)
			return -1;
		if (group.p == NULL && account.p != NULL &&
		    add_groups(buf_text(&groups), account, &ids, err) < 0)
			return -1;
	}
	add_primary(&ids);
	if (ids.home == NULL)
		ids.home = mem_copy("/");
	*out = ids;
	ids = (struct user_ids){ 0 };
	return 0;
}

void
user_ids_clear(struct user_ids *u)
{
	array_clear(&u->groups);
	free(u->home);
	u->home = NULL;
}

/* ------------------------------------------------------------ --chown */

/* As parse_id(); root and nothing are 0. */
static int
owner_number(struct text t, uint32_t *out, struct error *err)
{
	if (t.n > 0 && !text_is(t, "root"))
		return parse_id(t, out, err);
	*out = 0;
	return 1;
}

static void
warn_unknown(int vertex, const char *what, struct text name, uint32_t id)
{
	event_warn(vertex, "%s %.*s: not found in the stage, taken as %u", what,
	           TEXT_ARG(name), id);
}

/* "user[:group]"; GROUP p NULL: no colon. */
static void
split_owner(struct text t, struct text *user, struct text *group)
{
	*user = text_cut(&t, ':');
	*group = t;
}

bool
user_owner_is_numeric(struct text owner)
{
	auto_error struct error ignored = ERROR_INIT;
	struct text user, group;
	uint32_t id = 0;

	split_owner(owner, &user, &group);
	/* The caller reports a number that is out of range. */
	return owner_number(user, &id, &ignored) != 0 &&
	       owner_number(group, &id, &ignored) != 0;
}

/* The account NAME of /etc/passwd or /etc/group: 1, 0 if there is none. */
static int
find_named(const struct view *v, bool is_passwd, struct text name, struct account *out,
           struct error *err)
{
	auto_buf struct buf file = BUF_INIT;

	if (read_etc(v, is_passwd ? TEXT("etc/passwd") : TEXT("etc/group"), &file, err) <
	    0)
		return -1;
	if (!find_account(buf_text(&file), is_passwd, name, 0, out))
		return 0;
	if (check_account(out, is_passwd, err) < 0)
		return -1;
	/* They point into the file. */
	out->name = out->home = out->members = (struct text){ 0 };
	return 1;
}

static int
find_owner_user(const struct view *v, struct text user, int vertex, uint32_t *uid,
                uint32_t *gid, struct error *err)
{
	struct account account;
	int found = owner_number(user, uid, err);

	*gid = *uid;
	if (found != 0)
		return found < 0 ? -1 : 0;
	found = find_named(v, true, user, &account, err);
	if (found == 0)
		warn_unknown(vertex, "user", user, *uid);
	if (found > 0) {
		*uid = account.id;
		*gid = account.gid;
	}
	return found < 0 ? -1 : 0;
}

/* Without a group, the user's own group is used. */
static int
find_owner_group(const struct view *v, struct text group, int vertex, uint32_t *gid,
                 struct error *err)
{
	struct account account;
	int found = owner_number(group, gid, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	found = find_named(v, false, group, &account, err);
	if (found == 0)
		warn_unknown(vertex, "group", group, *gid);
	if (found > 0)
		*gid = account.id;
	return found < 0 ? -1 : 0;
}

int
user_find_owner(const struct view *v, struct text chown, int vertex, uint32_t *uid,
                uint32_t *gid, struct error *err)
{
	struct text user, group;
	uint32_t u = 0, g = 0;

	split_owner(chown, &user, &group);
	if (find_owner_user(v, user, vertex, &u, &g, err) < 0 ||
	    (group.p != NULL && find_owner_group(v, group, vertex, &g, err) < 0))
		return -1;
	*uid = u;
	*gid = g;
	return 0;
}
