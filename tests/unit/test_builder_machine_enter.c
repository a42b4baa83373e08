/*
 * The ways of machine_enter(), each in a child that has become what it is about:
 * root, root that may not mount, a user with subordinate ids, one without.
 */
#include "tests/lib/sandbox_fixture.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "builder/machine/machine.h"
#include "builder/machine/userns.h"
#include "layers/owner_marks.h"

/* Exit statuses. */
#define CANNOT        200 /* no user namespace, or no sandbox */
#define CANNOT_BECOME 201

/* Ids for a user who has none. */
#define SPARE_FIRST 200000
#define SPARE_N     65536

/* Children report by exit status: a failed assertion would go on with the tests. */
#define check(expression)                                                                \
	do {                                                                             \
		if (!(expression)) {                                                     \
			fprintf(stderr, "line %d: %s: %s\n", __LINE__, #expression,      \
			        b->err.text == NULL ? "" : b->err.text);                 \
			return 1;                                                        \
		}                                                                        \
	} while (0)

struct way {
	bool (*become)(void);
	enum id_mapping mapping;
	const char *why; /* a part of the reason, NULL: there is none */
};

static bool
prints(struct box *b, const char *script, const char *expected)
{
	if (box_run_sh(b, script) == 0 && b->result.status == 0 &&
	    strcmp(buf_str(&b->out), expected) == 0)
		return true;
	fprintf(stderr, "%s: %s%s%s\n", script, buf_str(&b->out), buf_str(&b->err_out),
	        b->err.text == NULL ? "" : b->err.text);
	return false;
}

static int
use_ids(struct box *b)
{
	auto_free char *file = NULL;
	struct stat st;

	check(prints(b,
	             "echo x > /tmp/f; chown 12:34 /tmp/f; chmod 4755 /tmp/f; "
	             "stat -c '%a %u:%g' /tmp/f",
	             "4755 12:34\n"));
	file = mem_print("%s/tmp/f", b->upper);
	check(lstat(file, &st) == 0 && st.st_uid == 12 && st.st_gid == 34);
	check(st.st_mode == (S_IFREG | 04755));
	b->run.uid = 65534;
	b->run.gid = 65534;
	check(prints(b, "id -u; id -g", "65534\n65534\n"));
	return 0;
}

static int
use_one_id(struct box *b)
{
	struct layer_owner_mark mark = { 0 };
	auto_free char *file = NULL;

	check(prints(b,
	             "echo x > /tmp/f; chown 12:34 /tmp/f; chmod 4755 /tmp/f; "
	             "stat -c '%a %u:%g' /tmp/f",
	             "4755 12:34\n"));
	file = mem_print("%s/tmp/f", b->upper);
	check(lgetxattr(file, LAYER_OWNER, &mark, sizeof mark) == (ssize_t)sizeof mark);
	check(mark.uid == 12 && mark.gid == 34);
	b->run.uid = 33;
	b->run.gid = 44;
	check(prints(b, "id -u; id -g; echo y > /tmp/g; stat -c '%u:%g' /tmp/g",
	             "33\n44\n33:44\n"));
	return 0;
}

static int
use(struct box *b, enum id_mapping mapping)
{
	check(getuid() == 0 && geteuid() == 0 && getegid() == 0);
	check(prints(b,
	             "id -u; cat /proc/self/uid_map | wc -l | grep -q 0 || echo mapped",
	             "0\nmapped\n"));
	return mapping == IDS_SINGLE ? use_one_id(b) : use_ids(b);
}

/* The exit status of a child. */
static int
enter_and_use(const struct way *way)
{
	struct box room = { 0 }, *b = &room;
	enum id_mapping mapping = IDS_NONE;
	auto_free char *why = NULL;
	int failed;

	if (!way->become())
		return CANNOT_BECOME;
	machine_enter(ISOLATION_AUTO, &mapping, &why);
	if (mapping == IDS_NONE)
		return CANNOT;
	check(mapping == way->mapping);
	check((why != NULL) == (way->why != NULL));
	check(why == NULL || strstr(why, way->why) != NULL);
	check(box_open(b, mapping) == 0);
	failed = b->sb == NULL ? CANNOT : use(b, mapping);
	box_close(b);
	return failed;
}

static void
take_way(bool (*become)(void), enum id_mapping mapping, const char *why)
{
	const struct way way = { become, mapping, why };
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(enter_and_use(&way));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status == CANNOT_BECOME << 8) {
		print_message("needs a root of all ids, mount namespaces, and "
		              "/etc/subuid and /etc/subgid to mount over\n");
		skip();
	}
	if (status == CANNOT << 8) {
		print_message("needs user namespaces and overlayfs in them\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/* ------------------------------------------------------------ ways */

static void
need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("needs root\n");
	skip();
}

static bool
stay(void)
{
	return true;
}

static void
root_stays_where_it_is(void **state)
{
	(void)state;
	need_root();
	take_way(stay, IDS_REAL, NULL);
}

static bool
lose_the_right_to_mount(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct half[2];

	if (syscall(SYS_capget, &head, half) < 0)
		return false;
	for (int i = 0; i < 2; i++) {
		half[i].permitted &= i == 0 ? ~(1U << CAP_SYS_ADMIN) : ~0U;
		half[i].effective = half[i].permitted;
	}
	return syscall(SYS_capset, &head, half) == 0;
}

/* As in a container that allows user namespaces. */
static void
root_that_may_not_mount_maps_all_ids_to_themselves(void **state)
{
	(void)state;
	need_root();
	take_way(lose_the_right_to_mount, IDS_IDENTITY, NULL);
}

static bool
become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return false;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool
become_nobody_known(void)
{
	return become(54321, 54321);
}

static void
a_user_without_subordinate_ids_has_one_id_and_is_told(void **state)
{
	(void)state;
	need_root();
	take_way(become_nobody_known, IDS_SINGLE, "has no line in /etc/subuid");
}

/* In this mount namespace alone PATH is one line, which gives ids to nobody. */
static bool
give_ids(const char *path)
{
	const id_t last = SPARE_FIRST + SPARE_N - 1;
	char name[] = "/tmp/cooper-subid-XXXXXX";
	auto_fd int fd = mkstemp(name);
	const bool given = fd >= 0 &&
	                   dprintf(fd, "nobody:%d:%d\n", SPARE_FIRST, SPARE_N) > 0 &&
	                   fchown(fd, last, last) == 0 && fchown(fd, 0, 0) == 0 &&
	                   fchmod(fd, 0644) == 0 &&
	                   mount(name, path, NULL, MS_BIND, NULL) == 0;

	if (fd >= 0)
		unlink(name);
	return given;
}

static bool
become_ranged(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	return nobody != NULL && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       give_ids("/etc/subuid") && give_ids("/etc/subgid") &&
	       become(nobody->pw_uid, nobody->pw_gid);
}

static void
a_user_with_subordinate_ids_has_a_range(void **state)
{
	(void)state;
	need_root();
	if (access("/usr/bin/newuidmap", X_OK) < 0) {
		print_message("needs newuidmap\n");
		skip();
	}
	take_way(become_ranged, IDS_RANGE, NULL);
}

/* In a namespace inside of one. */
static bool
enter_twice(void)
{
	enum id_mapping mapping = IDS_NONE;
	auto_free char *why = NULL;

	if (!become(54321, 54321))
		return false;
	machine_enter(ISOLATION_AUTO, &mapping, &why);
	return mapping == IDS_SINGLE;
}

static void
a_name_space_with_one_id_is_known_as_such(void **state)
{
	(void)state;
	need_root();
	take_way(enter_twice, IDS_SINGLE, "this user namespace has no more");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_stays_where_it_is),
		cmocka_unit_test(root_that_may_not_mount_maps_all_ids_to_themselves),
		cmocka_unit_test(a_user_without_subordinate_ids_has_one_id_and_is_told),
		cmocka_unit_test(a_user_with_subordinate_ids_has_a_range),
		cmocka_unit_test(a_name_space_with_one_id_is_known_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
