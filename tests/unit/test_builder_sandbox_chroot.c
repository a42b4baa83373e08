/* The engine without namespaces and mounts: what a step sees of /proc and /dev, and
 * that the tree is its own again whatever the step did to what was put there. */
#include <pthread.h>
#include <sys/file.h>

#include "tests/lib/sandbox_fixture.h"

static void
the_engine_is_the_one_that_was_asked_for(void **state)
{
	struct box *b = box_of(state);

	assert_string_equal(sandbox_engine(b->sb), "chroot");
}

/* ------------------------------------------------------------ /proc, /dev */

static void
proc_is_that_of_the_caller(void **state)
{
	static const struct {
		const char *script, *printed;
	} rows[] = {
		{ "readlink /proc/self/exe", "/bin/busybox\n" },
		{ "readlink /proc/self/root", "/\n" },
		{ "cd /data; readlink /proc/self/cwd", "/data\n" },
		{ "cat /proc/self/comm //proc//self/./comm", "cat\ncat\n" },
		{ "[ $(readlink /proc/self) -gt 1 ] && echo number", "number\n" },
		{ "cat /proc/$$/comm; true", "sh\n" },
		{ "cat /proc/1/comm 2>/dev/null || echo none", "none\n" },
		{ "ls /proc/self/cwd/etc 2>/dev/null || echo none", "none\n" },
		{ "cat /proc/kcore 2>/dev/null || echo none", "none\n" },
		{ "echo x 2>/dev/null >/proc/sys/kernel/hostname || echo no", "no\n" },
		{ "grep -c ^Mem /proc/meminfo | tr 1-9 n", "n\n" },
		{ "cat /proc/self/mounts >/tmp/m && test -s /tmp/m && echo some",
		  "some\n" },
	};
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_prints(b, rows[i].script, rows[i].printed);
}

static void
descriptors_have_names(void **state)
{
	static const struct {
		const char *script, *printed;
	} rows[] = {
		{ "echo in | cat /dev/stdin", "in\n" },
		{ "echo in | cat /dev/fd/0 -", "in\n" },
		{ "echo in | cat /proc/self/fd/0", "in\n" },
		{ "echo out >/dev/stdout; echo more >/dev/fd/1", "out\nmore\n" },
		{ "exec 7</data/one; cat /dev/fd/7; readlink /dev/fd/7",
		  "1\n/data/one\n" },
		{ "ls /dev/fd/ | head -n 1", "0\n" },
		{ "readlink /dev/stdin; readlink /dev/fd",
		  "/proc/self/fd/0\n/proc/self/fd\n" },
		{ "echo 1 >/tmp/f; exec 8</tmp/f; chmod 640 /proc/self/fd/8; "
		  "stat -c %a /tmp/f",
		  "640\n" },
	};
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_prints(b, rows[i].script, rows[i].printed);
}

/* In the tree there is a directory for each that is open, with the names of now. */
static void
directories_of_proc_are_listed(void **state)
{
	static const struct {
		const char *script, *printed;
	} rows[] = {
		{ "exec 7</data/one; ls /proc/self/fd | grep -c '^7$'", "1\n" },
		{ "ls /proc | grep -c '^meminfo$'; ls /proc | grep -c '^self$'",
		  "1\n1\n" },
		{ "ls -d /proc/[0-9]* | grep -c \"^/proc/$$\\$\"", "1\n" },
		{ "ls /proc | grep -c '^1$'", "0\n" },
		{ "ls /proc | grep -c '^kcore$'", "0\n" },
		{ "ls /proc/self/task | wc -l; ls /proc/sys/kernel | grep -c ostype",
		  "1\n1\n" },
		{ "cd /proc/self/fd 2>/dev/null || echo no", "no\n" },
		{ "ls /proc/self/fd/nothing 2>/dev/null || echo no", "no\n" },
		{ "i=0; while [ $i -lt 200 ]; do set -- /proc/self/f*; i=$((i + 1)); "
		  "done; echo $#; ls -A proc | wc -l",
		  "2\n64\n" },
	};
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].printed, "0\n") != 0)
			assert_prints(b, rows[i].script, rows[i].printed);
		else
			assert_int_equal(box_run_sh(b, rows[i].script), 0);
	assert_false(box_changed(b, "/proc"));
	/* Who took it away has none. */
	assert_prints(b, "rmdir /proc; ls /proc 2>/dev/null || echo none", "none\n");
	assert_prints(b, "mv /proc /data/p; ls /proc | grep -c '^self$'", "1\n");
	assert_false(box_changed(b, "/data/p"));
}

/* The machine's files have one mode for all who see them. */
static void
what_is_open_of_proc_is_a_copy(void **state)
{
	struct box *b = box_of(state);
	struct stat before, after;

	assert_int_equal(stat("/proc/meminfo", &before), 0);
	assert_prints(b,
	              "exec 7</proc/meminfo; chmod 600 /proc/self/fd/7 2>/dev/null; "
	              "chmod 600 /proc/meminfo 2>/dev/null || echo no; "
	              "chown 5 /proc/meminfo 2>/dev/null || echo no; "
	              "grep -c ^MemTotal <&7; grep -c ^MemTotal /dev/fd/7",
	              "no\nno\n1\n1\n");
	assert_int_equal(stat("/proc/meminfo", &after), 0);
	assert_int_equal(before.st_mode, after.st_mode);
	assert_int_equal(before.st_ctim.tv_sec, after.st_ctim.tv_sec);
}

static void
a_users_rights_are_its_own(void **state)
{
	static const struct {
		const char *script, *printed;
	} rows[] = {
		{ "cat /proc/self/comm; echo in | cat /dev/stdin", "cat\nin\n" },
		{ "head -c 1 /proc/self/mem 2>/dev/null || echo no", "no\n" },
		{ "echo x 2>/dev/null >/proc/self/status || echo no", "no\n" },
		{ "exec 9</etc/passwd; echo x 2>/dev/null >/proc/self/fd/9 || echo no",
		  "no\n" },
	};
	struct box *b = box_of(state);

	b->run.uid = b->run.gid = 1234;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_prints(b, rows[i].script, rows[i].printed);
}

/* What package managers do; whoever changed the root in earnest could leave it. */
static void
the_root_may_be_changed_to_what_it_is_already(void **state)
{
	static const struct {
		const char *script, *printed;
	} rows[] = {
		{ "chroot / echo here", "here\n" },
		{ "chroot //./ echo here", "here\n" },
		{ "cd /; chroot . echo here", "here\n" },
		{ "cd /data; chroot . echo here 2>/dev/null || echo no", "no\n" },
		{ "chroot /data echo here 2>/dev/null || echo no", "no\n" },
		{ "chroot /.. echo here 2>/dev/null || echo no", "no\n" },
	};
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_prints(b, rows[i].script, rows[i].printed);
	b->run.uid = b->run.gid = 1234;
	assert_prints(b, "chroot / echo here 2>/dev/null || echo no", "no\n");
}

static void
devices_work(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b, "head -c 3 /dev/zero | wc -c; echo x >/dev/null; cat /dev/null",
	              "3\n");
	assert_prints(b, "head -c 3 /dev/urandom | wc -c; touch /dev/shm/x; ls /dev/shm",
	              "3\nx\n");
	assert_false(box_changed(b, "/dev"));
}

/* ------------------------------------------------------------ covers */

static void
nothing_of_what_was_put_there_stays(void **state)
{
	const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_TMPFS, .target = "/a/b/c", .mode = 0755 },
		{ .kind = SANDBOX_TMPFS, .target = "/data/sub", .mode = 01777 },
		{ .kind = SANDBOX_FILE, .target = "/data/one", .mode = 0400 },
	};
	struct box *b = box_of(state);

	box_mounts(b, mounts, 3);
	box_sh(b, "touch /a/b/c/x /data/sub/x; cat /data/one; echo x >>/etc/hosts");
	assert_int_equal(box_count(b, "/"), 0);
	box_sh(b, "touch /a/b/c/x /data/sub/x; chmod 700 /etc; touch /etc");
	assert_int_equal(box_count(b, "/"), 1);
	assert_int_equal(box_count(b, "/etc"), 0);
	assert_int_equal(box_stat(b, "/etc").st_mode & 07777, 0700);
	assert_int_not_equal(box_stat(b, "/etc").st_mtim.tv_sec, LAYER_TIME);
}

static void
what_a_step_does_to_covers_is_undone(void **state)
{
	static const char *const scripts[] = {
		"rm /etc/hosts /etc/resolv.conf",
		"ln -sf /data/one /etc/hosts",
		"rm -rf /dev /sys; mkdir /dev; echo x >/dev/null",
		"rm -rf /etc/hosts; mkdir -p /etc/hosts/x",
		"mv /dev /sys /tmp/; rm -r /tmp/dev /tmp/sys",
		"rm -rf /data/one; mkdir /data/one; echo x >/data/one/x",
	};
	const struct sandbox_mount m = { .kind = SANDBOX_FILE,
		                         .target = "/data/one",
		                         .mode = 0644 };
	struct box *b = box_of(state);

	box_mounts(b, &m, 1);
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		box_sh(b, scripts[i]);
		assert_false(box_changed(b, "/dev"));
		assert_false(box_changed(b, "/sys"));
		assert_false(box_changed(b, "/etc/hosts"));
		assert_false(box_changed(b, "/etc/resolv.conf"));
		assert_false(box_changed(b, "/data/one"));
	}
}

static void
a_secret_does_not_move_into_the_layer(void **state)
{
	const struct sandbox_mount m = { .kind = SANDBOX_FILE,
		                         .target = "/run/secrets/word",
		                         .content = TEXT("open sesame"),
		                         .mode = 0400 };
	struct box *b = box_of(state);

	box_mounts(b, &m, 1);
	box_sh(b, "mv /run /tmp/run");
	assert_false(box_changed(b, "/tmp/run/secrets/word"));
	box_sh(b, "mv /run/secrets/word /tmp/word");
	assert_false(box_changed(b, "/tmp/word"));
	box_sh(b, "rm -r /run; mkdir -p /tmp/run; ln -s /tmp/run /run");
	assert_true(S_ISLNK(box_stat(b, "/run").st_mode));
}

static void
links_do_not_lead_the_end_of_a_step_outside(void **state)
{
	static const char *const scripts[] = {
		"rm -rf /etc; ln -s %s/host /etc",
		"rm -rf /a; ln -s %s/host /a",
		"mv /a /b; ln -s %s/host /a",
		"rm -rf /a/hosts /data; ln -s %s/host /data",
	};
	const struct sandbox_mount mounts[] = {
		{ .kind = SANDBOX_TMPFS, .target = "/a/hosts", .mode = 0755 },
		{ .kind = SANDBOX_TMPFS, .target = "/data/hosts/deep", .mode = 0755 },
		{ .kind = SANDBOX_FILE, .target = "/a/resolv.conf", .mode = 0600 },
	};
	struct box *b = box_of(state);
	struct stat st;

	assert_int_equal(box_file(b->dir_fd, "host/hosts", 0644, "ours\n"), 0);
	assert_int_equal(box_file(b->dir_fd, "host/resolv.conf", 0644, "ours\n"), 0);
	box_set_time(b->dir_fd, "host");
	box_mounts(b, mounts, 3);
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		auto_free char *to = mem_print("%s/host", b->dir);
		auto_buf struct buf script = BUF_INIT;
		const char *at = strstr(scripts[i], "%s");

		buf_add(&script, scripts[i], (size_t)(at - scripts[i]));
		buf_add_str(&script, b->dir);
		buf_add_str(&script, at + 2);
		/* A cover may keep it from its end; what was there stays, then. */
		if (box_run_sh(b, buf_str(&script)) < 0)
			print_message("%s\n", b->err.text);
		assert_int_equal(fstatat(b->dir_fd, "host/hosts", &st, 0), 0);
		assert_int_equal(st.st_size, 5);
		assert_int_equal(fstatat(b->dir_fd, "host/resolv.conf", &st, 0), 0);
		assert_int_equal(st.st_size, 5);
		assert_int_equal(stat(to, &st), 0);
		assert_int_equal(st.st_mtim.tv_sec, LAYER_TIME);
	}
}

/* ------------------------------------------------------------ borrowed directories */

static void
a_cache_keeps_what_a_step_leaves(void **state)
{
	static const struct {
		const char *script, *left; /* names in the cache afterwards */
	} rows[] = {
		{ "cat /c/old; echo new >/c/new", "new old " },
		{ "rm /c/old", "new " },
		{ "mkdir /c/d; echo x >/c/d/x; mv /c/new /c/d", "d " },
		{ "chmod 1770 /c", "d " },
		{ "rm -rf /c; mkdir /c; echo again >/c/again", "again " },
		{ "mv /c /e; rm /e/again; touch /e/moved", "moved " },
		{ "rm -rf /c", "" },
		{ "touch /c/x; rm -rf /c; ln -s /tmp /c", "" },
	};
	struct box *b = box_of(state);
	auto_fd int fd = -1;
	struct sandbox_mount m = { .target = "/c" };

	assert_int_equal(box_file(b->dir_fd, "cache/old", 0644, "old\n"), 0);
	fd = file_open_dir(b->dir_fd, "cache", &b->err);
	m.source_fd = fd;
	box_mounts(b, &m, 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_free char *list = mem_print("ls %s/cache", b->dir);
		auto_buf struct buf names = BUF_INIT;
		FILE *out = NULL;
		char name[64];

		box_sh(b, rows[i].script);
		assert_false(box_changed(b, "/c"));
		assert_false(box_changed(b, "/e"));
		out = popen(list, "re");
		assert_non_null(out);
		while (fscanf(out, "%63s", name) == 1)
			buf_print(&names, "%s ", name);
		pclose(out);
		assert_string_equal(buf_str(&names), rows[i].left);
	}
}

static void
a_caches_mode_is_what_a_step_makes_it(void **state)
{
	struct box *b = box_of(state);
	auto_fd int fd = -1;
	struct sandbox_mount m = { .target = "/tmp/deep/c" };
	struct stat st;

	assert_int_equal(mkdirat(b->dir_fd, "cache", 0), 0);
	assert_int_equal(fchmodat(b->dir_fd, "cache", 0750, 0), 0);
	assert_int_equal(fchownat(b->dir_fd, "cache", 12, 34, 0), 0);
	fd = file_open_dir(b->dir_fd, "cache", &b->err);
	m.source_fd = fd;
	box_mounts(b, &m, 1);
	assert_prints(b, "stat -c '%a %u:%g' /tmp/deep/c; chmod 2775 /tmp/deep/c",
	              "750 12:34\n");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 02775);
	assert_int_equal(st.st_uid, 12);
}

static void *
cancel_soon(void *arg)
{
	usleep(200 * 1000);
	cancel_trigger(arg);
	return NULL;
}

static void
a_cache_in_use_is_waited_for(void **state)
{
	const char *const argv[] = { "/bin/true", NULL };
	struct box *b = box_of(state);
	auto_fd int fd = -1, other_fd = -1;
	struct sandbox_mount m = { .target = "/c" };
	pthread_t thread;

	assert_int_equal(mkdirat(b->dir_fd, "cache", 0755), 0);
	fd = file_open_dir(b->dir_fd, "cache", &b->err);
	other_fd = file_open_dir(b->dir_fd, "cache", &b->err);
	m.source_fd = fd;
	box_mounts(b, &m, 1);
	/* Who locked it for the step is no hindrance. */
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_prints(b, "echo x >/c/x; cat /c/x", "x\n");
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(flock(other_fd, LOCK_EX), 0);
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, b->cancel), 0);
	assert_refused(b, argv, ERR_CANCELLED, "");
	pthread_join(thread, NULL);
	assert_true(file_is_there(other_fd, "x"));
}

static void
one_directory_is_not_in_two_places(void **state)
{
	const char *const argv[] = { "/bin/true", NULL };
	struct box *b = box_of(state);
	auto_fd int one_fd = -1, two_fd = -1;
	struct sandbox_mount mounts[2] = { { .target = "/c" }, { .target = "/d" } };

	assert_int_equal(mkdirat(b->dir_fd, "cache", 0755), 0);
	one_fd = file_open_dir(b->dir_fd, "cache", &b->err);
	two_fd = file_open_dir(b->dir_fd, "cache", &b->err);
	mounts[0].source_fd = one_fd;
	mounts[1].source_fd = two_fd;
	box_mounts(b, mounts, 2);
	assert_refused(b, argv, ERR_USAGE, "cannot be in two places");
}

/* ------------------------------------------------------------ steps after steps */

static void
steps_go_on_where_others_ended(void **state)
{
	struct box *b = box_of(state);

	for (int i = 0; i < 4; i++) {
		auto_free char *script =
		        mem_print("cat /data/log 2>/dev/null; echo %d >>/data/log; "
		                  "ln /data/log /tmp/log%d",
		                  i, i);

		box_sh(b, script);
		assert_int_equal(box_stat(b, "/data/log").st_size, 2 * (i + 1));
		assert_int_equal(box_stat(b, "/data/log").st_nlink, 2);
		memmove(b->lowers + 1, b->lowers, sizeof *b->lowers * (size_t)(i + 1));
		b->lowers[0] = mem_copy(b->upper);
		b->run.n_lowers++;
	}
	assert_prints(b, "cat /data/log /tmp/log0", "0\n1\n2\n3\n0\n");
}

static void
what_is_left_behind_is_killed(void **state)
{
	struct box *b = box_of(state);

	for (int i = 0; i < 3; i++)
		assert_prints(b,
		              "sleep 1000 & (setsid sleep 1000 &); (trap '' TERM; "
		              "sleep 1000) & echo done",
		              "done\n");
	assert_prints(b, "ls -d /proc/[0-9]* >/dev/null 2>&1; echo x | cat", "x\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		box_test(the_engine_is_the_one_that_was_asked_for),
		box_test(proc_is_that_of_the_caller),
		box_test(descriptors_have_names),
		box_test(directories_of_proc_are_listed),
		box_test(what_is_open_of_proc_is_a_copy),
		box_test(a_users_rights_are_its_own),
		box_test(the_root_may_be_changed_to_what_it_is_already),
		box_test(devices_work),
		box_test(nothing_of_what_was_put_there_stays),
		box_test(what_a_step_does_to_covers_is_undone),
		box_test(a_secret_does_not_move_into_the_layer),
		box_test(links_do_not_lead_the_end_of_a_step_outside),
		box_test(a_cache_keeps_what_a_step_leaves),
		box_test(a_caches_mode_is_what_a_step_makes_it),
		box_test(a_cache_in_use_is_waited_for),
		box_test(one_directory_is_not_in_two_places),
		box_test(steps_go_on_where_others_ended),
		box_test(what_is_left_behind_is_killed),
	};

	fixture_isolation = ISOLATION_CHROOT;
	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
