/* What a step does to its device nodes is not done to the machine's. */
#include "tests/lib/sandbox_fixture.h"

#include "tests/lib/lacking.h"
#include "tests/lib/own_dev.h"
#include "tests/lib/skip_program.h"

static const char *const changes[] = {
	"chmod 600 %s",
	"chmod 0 %s",
	"chown 5:6 %s",
	"touch %s",
	"touch -t 200001010000 %s",
	"mv %s %s.old",
	"rm %s",
	"ln -f /data/one %s",
};

static const char *const paths[] = {
	"/dev/null", "/dev/zero",  "/dev/full",       "/dev/random", "/dev/urandom",
	"/dev/tty",  "/dev/stdin", "/proc/self/fd/0", "/proc/keys",  "/proc/interrupts",
};

/* All that stat() tells of the machine's nodes. */
static char *
describe_dev(void)
{
	auto_buf struct buf out = BUF_INIT;

	for (size_t i = 0; i < COUNT_OF(own_dev_nodes); i++) {
		auto_free char *path = mem_print("/dev/%s", own_dev_nodes[i].name);
		struct stat st = { 0 };

		assert_int_equal(lstat(path, &st), 0);
		buf_print(&out, "%s %o %u:%u %lld.%ld %lld.%ld %llu\n", path, st.st_mode,
		          st.st_uid, st.st_gid, (long long)st.st_mtim.tv_sec,
		          st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec,
		          st.st_ctim.tv_nsec, (unsigned long long)st.st_ino);
	}
	return buf_take(&out);
}

static void
the_machines_nodes_stay_as_they_are(void **state)
{
	struct box *b = box_of(state);
	auto_free char *before = describe_dev();

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
			auto_free char *after = NULL;
			auto_buf struct buf script = BUF_INIT;
			const char *rest = changes[i], *at = NULL;

			while ((at = strstr(rest, "%s")) != NULL) {
				buf_add(&script, rest, (size_t)(at - rest));
				buf_add_str(&script, paths[k]);
				rest = at + 2;
			}
			buf_print(&script, "%s 2>&1; true", rest);
			box_sh(b, buf_str(&script));
			after = describe_dev();
			if (strcmp(before, after) != 0)
				fail_msg("%s:\n%sbefore:\n%s", buf_str(&script), after,
				         before);
		}
	/* Also where the step has no /dev/null to read from. */
	box_mounts(b,
	           &(struct sandbox_mount){
	                   .kind = SANDBOX_TMPFS, .target = "/dev", .mode = 0755 },
	           1);
	box_sh(b, "chmod 600 /proc/self/fd/0; chown 5 /proc/self/fd/0; touch "
	          "/proc/self/fd/0; cat; true");
	auto_free char *after = describe_dev();
	assert_string_equal(before, after);
}

static void
nodes_of_root_are_its_own(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b,
	              "chmod 640 /dev/full && chown 5:6 /dev/full && touch /dev/null && "
	              "stat -c '%a %u:%g %t:%T' /dev/full && echo x >/dev/null && "
	              "head -c 2 /dev/zero | wc -c",
	              "640 5:6 1:7\n2\n");
	/* The next one has new ones. */
	assert_prints(b, "stat -c '%a %u:%g' /dev/full", "666 0:0\n");
}

static int
setup_by_mount(void **state)
{
	return lack_call(SYS_fsopen, ENOSYS) < 0 ||
	                       lack_call(SYS_open_tree, ENOSYS) < 0 ||
	                       lack_call(SYS_move_mount, ENOSYS) < 0 ||
	                       lack_call(SYS_mount_setattr, ENOSYS) < 0
	               ? -1
	               : box_setup(state);
}

static int
setup_without_nodes(void **state)
{
	return lack_devices() < 0 ? -1 : box_setup(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		box_test(the_machines_nodes_stay_as_they_are),
		box_test(nodes_of_root_are_its_own),
		{ "the_machines_nodes_stay_as_they_are_where_they_are_bound",
		  the_machines_nodes_stay_as_they_are, setup_without_nodes, box_teardown,
		  NULL },
		{ "the_machines_nodes_stay_as_they_are_by_mount",
		  the_machines_nodes_stay_as_they_are, setup_by_mount, box_teardown,
		  NULL },
	};

	if (geteuid() != 0 || own_dev_make() < 0)
		return skip_program("a /dev of its own needs root that may mount");
	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
