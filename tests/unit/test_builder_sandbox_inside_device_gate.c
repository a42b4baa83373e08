/* Programs replace the nodes of /dev, and still no step opens a device that it makes. */
#include "tests/lib/sandbox_fixture.h"

#include "builder/sandbox/inside/mount2.h"
#include "tests/lib/lacking.h"
#include "tests/lib/own_dev.h"
#include "tests/lib/skip_program.h"

/* try NAME TYPE MAJOR MINOR: makes a node and opens it. With nodev all are refused alike,
 * whether there is such a device or not. */
#define TRY                                                                              \
	"try() { busybox mknod -m 666 $1 $2 $3 $4 && ! { read -r x <$1; } 2>/tmp/why "   \
	"&& "                                                                            \
	"grep -q 'Permission denied' /tmp/why && test -$2 $1; }; "

static const char *const replacing[] = {
	"rm $n && busybox mknod -m 666 $n c $numbers",
	"mv $n /dev/old && busybox mknod -m 666 $n c $numbers",
	"busybox mknod -m 666 /dev/new c $numbers && mv /dev/new $n",
	"ln $n /dev/old && rm $n && ln /dev/old $n",
};

/* Kinds of nodes that are none of a step's. */
static const char *const others[] = {
	"b 8 0",   "b 254 0",  "b 1 3",    "b 0 0", "c 1 1", "c 1 4",   "c 1 11",
	"c 1 259", "c 10 200", "c 10 229", "c 5 1", "c 5 2", "c 257 3", "c 4095 1048575",
};

/* Linux before 5.12: by mount(2) nodes are mount points, see the last test. */
static void
need_detached_mounts(void)
{
	if (!mount2_is_best())
		return;
	print_message("needs the system calls for detached mounts (mount_setattr)\n");
	skip();
}

static void
nodes_are_replaced(void **state)
{
	struct box *b = box_of(state);

	need_detached_mounts();
	for (size_t i = 0; i < sizeof replacing / sizeof *replacing; i++)
		for (size_t k = 0; k < COUNT_OF(own_dev_nodes); k++) {
			const char *name = own_dev_nodes[k].name;
			auto_buf struct buf script = BUF_INIT;

			buf_print(&script, "n=/dev/%s numbers='%u %u'; %s && test -c $n",
			          name, own_dev_nodes[k].major, own_dev_nodes[k].minor,
			          replacing[i]);
			/* There is no terminal to be opened. */
			if (strcmp(name, "tty") != 0)
				buf_add_str(&script, " && head -c 1 $n >/tmp/x");
			box_sh(b, buf_str(&script));
			assert_false(box_changed(b, "/dev"));
		}
}

static void
what_is_gone_stays_away(void **state)
{
	need_detached_mounts();
	assert_prints(box_of(state),
	              "rm /dev/null /dev/zero && echo x >/dev/null && cat /dev/null; "
	              "test -e /dev/zero; echo $?",
	              "x\n1\n");
}

/* In /dev, elsewhere, and in /dev when it was closed long ago. */
static void
others_are_made_and_not_opened(void **state)
{
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		auto_buf struct buf script = BUF_INIT;

		buf_print(&script,
		          TRY
		          "mkdir -p /dev/net /rootfs/dev && try /dev/net/x %s && "
		          "try /rootfs/dev/x %s && try /dev/y %s && try /dev/shm/x %s && "
		          "echo x >/dev/null && head -c 2 /dev/zero | wc -c",
		          others[i], others[i], others[i], others[i]);
		assert_prints(b, buf_str(&script), "2\n");
		assert_true(box_changed(b, "/rootfs/dev/x"));
		assert_false(box_changed(b, "/dev"));
	}
}

static void
replaced_nodes_open_when_others_were_made(void **state)
{
	struct box *b = box_of(state);

	need_detached_mounts();
	assert_prints(b,
	              TRY "rm /dev/null && busybox mknod -m 666 /dev/null c 1 3 && "
	                  "try /dev/x b 8 0 && echo x >/dev/null && try /y b 8 0 && "
	                  "echo done",
	              "done\n");
	/* A node under a name of its own opens until then. */
	assert_prints(b,
	              TRY
	              "busybox mknod -m 666 /dev/own c 1 5 && head -c 1 /dev/own | wc -c"
	              " && (try /x c 10 200) && ! head -c 1 /dev/own 2>/tmp/why && "
	              "grep -c denied /tmp/why",
	              "1\n1\n");
	/* What has the name of one, and is none. */
	assert_prints(b,
	              TRY "rm /dev/null /dev/zero && ln -s /data/one /dev/null && "
	                  "busybox mknod -m 666 /dev/zero c 1 7 && try /x b 8 0 && "
	                  "cat /dev/null && ! head -c 1 /dev/zero 2>/dev/tty",
	              "1\n");
}

static void
files_that_are_no_devices_are_made_as_ever(void **state)
{
	need_detached_mounts();
	assert_prints(box_of(state),
	              "busybox mkfifo /dev/pipe && busybox mknod /pipe p && "
	              "busybox mknod /dev/deleted c 0 0 && rm /dev/null && "
	              "busybox mknod -m 666 /dev/null c 1 3 && echo x >/dev/null && "
	              "rm /dev/null && echo still open",
	              "still open\n");
}

static void
users_open_what_is_replaced(void **state)
{
	struct box *b = box_of(state);

	b->run.uid = 1000;
	assert_prints(
	        b, "echo x >/dev/null; ! busybox mknod /tmp/x b 8 0 2>/dev/null; echo $?",
	        "0\n");
}

/* Mounts below /dev are mounts of their own. */
static void
mounts_below_dev_open_nothing(void **state)
{
	struct box *b = box_of(state);
	const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_TMPFS, .target = "/dev/below", .mode = 0755 },
	};

	box_mounts(b, mounts, 1);
	assert_prints(b,
	              "busybox mknod -m 666 /dev/below/null c 1 3 && "
	              "! echo x 2>/dev/null >/dev/below/null && echo refused",
	              "refused\n");
	assert_prints(b, TRY "try /dev/below/x b 8 0 && rmdir /dev/below 2>&1 | wc -l",
	              "1\n");
}

/* Without somebody to ask the nodes are mount points. */
static void
nodes_stay_where_nobody_watches(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b,
	              "for name in null zero full random urandom tty; do "
	              "rm /dev/$name 2>&1 | grep -c busy; done; echo x >/dev/null",
	              "1\n1\n1\n1\n1\n1\n");
	others_are_made_and_not_opened(state);
	assert_prints(b,
	              "busybox mknod -m 666 /dev/own c 1 5 && "
	              "! head -c 1 /dev/own 2>/dev/null && echo refused",
	              "refused\n");
}

static int
setup_without_listeners(void **state)
{
	return lack_listeners() < 0 ? -1 : box_setup(state);
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

int
main(void)
{
	/* What is lacking once is so for the tests that follow. */
	const struct CMUnitTest tests[] = {
		box_test(nodes_are_replaced),
		box_test(what_is_gone_stays_away),
		box_test(others_are_made_and_not_opened),
		box_test(replaced_nodes_open_when_others_were_made),
		box_test(files_that_are_no_devices_are_made_as_ever),
		box_test(users_open_what_is_replaced),
		box_test(mounts_below_dev_open_nothing),
		{ "nodes_stay_where_a_filter_cannot_ask", nodes_stay_where_nobody_watches,
		  setup_without_listeners, box_teardown, NULL },
		{ "nodes_stay_where_mounts_are_made_by_mount",
		  nodes_stay_where_nobody_watches, setup_by_mount, box_teardown, NULL },
	};

	if (geteuid() != 0 || own_dev_make() < 0)
		return skip_program("a /dev of its own needs root that may mount");
	sandbox_fixture_enter();
	if (fixture_mapping != IDS_REAL ||
	    mknod("/dev/probe", S_IFBLK, makedev(8, 0)) < 0)
		return skip_program("device nodes need root of the machine");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
