/* Who USER and --chown are: never root by mistake. */
#include "layers/layer.h"
#include "layers/view.h"
#include "tests/lib/layer_fixture.h"

#include "builder/steps/steps.h"

#define PASSWD                                                                           \
	"root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n"                \
	"zero:x:0001000:007::/z:\nmax:x:2147483647:2147483647::/:\n"                     \
	"minus:x:-1:0::/:\nbig:x:4294967295:0::/:\nwrap:x:4294967296:0::/:\n"            \
	"over:x:2147483648:1::/:\nhuge:x:99999999999999999999999:1::/:\n"                \
	"word:x:root:0::/:\nhex:x:0x0:0::/:\nplus:x:+0:0::/:\nblank:x: 5:6::/:\n"        \
	"none:x::1::/:\nnogid:x:5::::\nbadgid:x:5:-1::/:\nshort:x:7\nname\n\n#c:x:0:0\n" \
	"member:x:50:51::/:\n"
#define GROUP                                                                            \
	"root:x:0:\nstaff:x:700:app,other\nmore:x:0701:app\nminus:x:-1:\n"               \
	"big:x:4294967296:\nnone:x::\nshort\nodd:x:zero:member\n"

#define RANGE "must be in range 0-2147483647"

/* What is expected: "uid:gid home groups", or "!" and a part of the error. */
struct row {
	const char *user, *expected;
};

static const struct row users[] = {
	{ "root", "0:0 /root 0" },
	{ "app", "1000:1001 /home/app 1001 700 701" },
	{ "1000", "1000:1001 /home/app 1001 700 701" },
	{ "zero", "1000:7 /z 7" },
	{ "app:staff", "1000:700 /home/app 700" },
	{ "app:5", "1000:5 /home/app 5" },
	{ "5:6", "5:6 / 6" },
	{ "000", "0:0 /root 0" },
	{ "0001000:0", "1000:0 /home/app 0" },
	{ "2147483647", "2147483647:2147483647 / 2147483647" },
	{ "+77", "77:0 / 0" },
	{ "77", "77:0 / 0" },
	{ "5", "5:0 / 0" }, /* the lines with that uid are not whole */
	{ "-1", "!" RANGE },
	{ "-1:-1", "!" RANGE },
	{ "0:-1", "!" RANGE },
	{ "app:-1", "!" RANGE },
	{ "2147483648", "!" RANGE },
	{ "4294967295", "!" RANGE },
	{ "4294967296", "!" RANGE },
	{ "18446744073709551616", "!" RANGE },
	{ "99999999999999999999999999", "!" RANGE },
	{ "app:4294967296", "!" RANGE },
	{ "4294967296:0", "!" RANGE },
	{ "minus", "!the line of minus has no valid uid and gid" },
	{ "big", "!the line of big" },
	{ "wrap", "!the line of wrap" },
	{ "over", "!the line of over" },
	{ "huge", "!the line of huge" },
	{ "word", "!the line of word" },
	{ "hex", "!the line of hex" },
	{ "plus", "!the line of plus" },
	{ "blank", "!the line of blank" },
	{ "none", "!the line of none" },
	{ "nogid", "!the line of nogid" },
	{ "badgid", "!the line of badgid" },
	{ "short", "!the line of short" },
	{ "name", "!the line of name" },
	{ "minus:5", "!the line of minus" },
	{ "member", "!the line of odd has no valid gid" },
	{ "app:minus", "!the line of minus has no valid gid" },
	{ "app:big", "!the line of big" },
	{ "app:none", "!the line of none" },
	{ "app:short", "!the line of short" },
	{ "nobody", "!unable to find user nobody" },
	{ "app:nogroup", "!unable to find group nogroup" },
	{ "0x0", "!unable to find user 0x0" },
	{ "1e3", "!unable to find user 1e3" },
	{ "-", "!unable to find user -" },
};

static const struct row owners[] = {
	{ "app", "1000:1001" },
	{ "app:staff", "1000:700" },
	{ "7", "7:7" },
	{ "007:+8", "7:8" },
	{ ":700", "0:700" },
	{ "root:root", "0:0" },
	{ "2147483647", "2147483647:2147483647" },
	{ "-0", "0:0" },
	{ "-1", "!" RANGE },
	{ "0:-1", "!" RANGE },
	{ "2147483648", "!" RANGE },
	{ "4294967295:0", "!" RANGE },
	{ "4294967296", "!" RANGE },
	{ "app:4294967296", "!" RANGE },
	{ "99999999999999999999999999", "!" RANGE },
	{ "minus", "!the line of minus" },
	{ "wrap:0", "!the line of wrap" },
	{ "short", "!the line of short" },
	{ "nogid", "!the line of nogid" },
	{ "5:minus", "!the line of minus" },
	{ "5:none", "!the line of none" },
};

static struct view *
make_view(struct fixture *f)
{
	struct layer_options options = { .forms = LAYER_TAR, .epoch = -1 };
	const struct change changes[] = { a_dir("etc", 0755),
		                          a_file("etc/group", 0644, GROUP),
		                          a_file("etc/passwd", 0644, PASSWD) };
	struct error err = ERROR_INIT;
	struct layer *l = layer_from_changes(f->store, changes, 3, &options, &err);
	struct view *v = NULL;

	assert_fine(l != NULL, &err);
	v = view_new(&l, 1, &err);
	assert_fine(v != NULL, &err);
	return v;
}

static void
check(const struct row *row, int failed, const char *got, const struct error *err)
{
	const bool fails = row->expected[0] == '!';

	if (fails != (failed < 0))
		fail_msg("%s: %s", row->user, failed < 0 ? err->text : got);
	if (!fails && strcmp(got, row->expected) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", row->user, got, row->expected);
	if (!fails)
		return;
	assert_int_equal(err->code, ERR_SOURCE);
	if (strstr(err->text, row->expected + 1) == NULL)
		fail_msg("%s: \"%s\"", row->user, err->text);
}

static void
a_user_is_who_the_files_say_or_nobody(void **state)
{
	struct view *v = make_view(*state);

	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;
		struct user_ids ids = { 0 };
		int failed = user_find(v, text_of(users[i].user), true, &ids, &err);

		if (failed == 0)
			buf_print(&got, "%u:%u %s", ids.uid, ids.gid, ids.home);
		for (size_t k = 0; failed == 0 && k < ids.groups.n; k++)
			buf_print(&got, " %u", ids.groups.at[k]);
		check(&users[i], failed, buf_str(&got), &err);
		user_ids_clear(&ids);
	}
	view_free(v);
}

static void
an_owner_is_who_the_files_say_or_an_error(void **state)
{
	struct view *v = make_view(*state);

	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;
		uint32_t uid = 0, gid = 0;
		int failed = user_find_owner(v, text_of(owners[i].user), 0, &uid, &gid,
		                             &err);

		buf_print(&got, "%u:%u", uid, gid);
		check(&owners[i], failed, buf_str(&got), &err);
	}
	view_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_user_is_who_the_files_say_or_nobody),
		fixture_test(an_owner_is_who_the_files_say_or_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
