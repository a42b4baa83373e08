/*
 * Any calls with any arguments and memory, to the server of engine trap: it stays below
 * its tree, whoever asks. The caller is this process: its descriptors are ours, its memory
 * is the input.
 *
 *	input    the number of calls; for each, which call (a byte), what kinds of arguments
 *	         (a byte), and the values of six (two bytes each); then the memory
 */
#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/count.h"
#include "base/file.h"
#include "builder/sandbox/trap/trap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define CALLS_MAX   24
#define CALL_SIZE   14
#define GIVEN_MAX   64
#define MEMORY_AT   UINT64_C(0x10000)
#define NOBODY      0x3fffffff
#define CANARY_TEXT "canary"
#define N_ENTRIES   7

static struct trap trap;
static const uint8_t *memory;
static size_t memory_n;
static bool is_waiting;
static int given[GIVEN_MAX];
static size_t n_given;
static char home[64];
static int home_fd = -1;
static int start_fd = -1;
static bool has_tree;
static struct timespec times[N_ENTRIES];

/* ------------------------------------------------------------ in place of notify.c */

void
notify_hurry(int listener_fd)
{
	(void)listener_fd;
}

int
notify_receive(int listener_fd, int proc_fd, struct notification *out)
{
	(void)listener_fd;
	(void)proc_fd;
	(void)out;
	return -1;
}

void
notify_let(const struct notification *a)
{
	(void)a;
}

void
notify_answer(const struct notification *a, int64_t value)
{
	(void)a;
	(void)value;
}

int
notify_give(const struct notification *a, int fd, bool closes)
{
	const int copy = n_given < GIVEN_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
	struct stat st;

	(void)a;
	(void)closes;
	/* The kernel does not hand out these, either. */
	assert((fcntl(fd, F_GETFL) & O_PATH) == 0);
	assert(fstat(fd, &st) == 0 && st.st_size != sizeof CANARY_TEXT - 1);
	if (copy >= 0)
		given[n_given++] = copy;
	return copy;
}

int
notify_answer_fd(const struct notification *a, int fd, bool closes)
{
	return notify_give(a, fd, closes) < 0 ? -1 : 0;
}

void
notify_become(uid_t uid, gid_t gid)
{
	(void)uid;
	(void)gid;
}

bool
notify_act_as(const struct proc_rights *r)
{
	(void)r;
	return true;
}

void
notify_act_as_self(void)
{
}

bool
notify_is_current(const struct notification *a)
{
	(void)a;
	return is_waiting;
}

int
notify_open_proc(const struct notification *a, const char *name, int flags)
{
	char path[64];

	(void)a;
	snprintf(path, sizeof path, "/proc/self/%s", name);
	return open(path, flags | O_CLOEXEC);
}

void
notify_owner(struct notification *a)
{
	(void)a;
}

ssize_t
notify_peek(struct notification *a, uint64_t at, void *bytes, size_t n)
{
	(void)a;
	if (at < MEMORY_AT || at - MEMORY_AT >= memory_n) {
		errno = EFAULT;
		return -1;
	}
	at -= MEMORY_AT;
	if (n > memory_n - at)
		n = memory_n - at;
	memcpy(bytes, memory + at, n);
	return (ssize_t)n;
}

/* Every byte that the caller gets is set. */
int
notify_poke(struct notification *a, uint64_t at, const void *bytes, size_t n)
{
	uint8_t sum = 0;

	(void)a;
	(void)at;
	for (size_t i = 0; i < n; i++)
		sum ^= ((const uint8_t *)bytes)[i];
	return sum == 1 ? -1 : 0;
}

bool
notify_look_text(struct notification *a, uint64_t at, char *out, size_t size)
{
	const ssize_t n = notify_peek(a, at, out, size);

	return n > 0 && memchr(out, '\0', (size_t)n) != NULL;
}

bool
notify_peek_text(struct notification *a, uint64_t at, char *out, size_t size)
{
	return notify_look_text(a, at, out, size);
}

/* ------------------------------------------------------------ the tree */

static void
make_file(const char *path, const char *text)
{
	const int fd = openat(home_fd, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
	                      0644);

	assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
	       fchmod(fd, 0644) == 0);
	close(fd);
}

static void
remove_home(void)
{
	struct error err = ERROR_INIT;

	file_remove_tree(AT_FDCWD, home, &err);
	error_clear(&err);
}

static void
make_home(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(home, sizeof home, "%s/fuzz-trap-XXXXXX",
	         tmp == NULL || strlen(tmp) > 40 ? "/tmp" : tmp);
	assert(mkdtemp(home) != NULL && atexit(remove_home) == 0);
	home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	start_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert(home_fd >= 0 && start_fd >= 0);
	make_file("canary", CANARY_TEXT);
	trap_begin_calls(&trap);
	trap.exec.loader_fd = -1;
	trap.devices_fd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	trap.proc.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The times of all that make_tree() makes: whatever changes there, changes one. */
static void
read_times(struct timespec out[N_ENTRIES])
{
	static const char *const names[N_ENTRIES] = { "",     "d", "proc", "d/up",
		                                      "home", "l", "f" };
	struct stat st;

	for (size_t i = 0; i < N_ENTRIES; i++) {
		memset(&st, 0, sizeof st);
		fstatat(trap.roots[0].fd, names[i], &st,
		        AT_SYMLINK_NOFOLLOW | (i == 0 ? AT_EMPTY_PATH : 0));
		out[i] = st.st_ctim;
	}
}

static void
make_tree(void)
{
	struct trap_root *root = &trap.roots[0];

	assert(mkdirat(home_fd, "tree", 0755) == 0 &&
	       mkdirat(home_fd, "tree/d", 0755) == 0 &&
	       mkdirat(home_fd, "tree/proc", 0755) == 0 &&
	       symlinkat("../../../canary", home_fd, "tree/d/up") == 0 &&
	       symlinkat(home, home_fd, "tree/home") == 0 &&
	       symlinkat("d", home_fd, "tree/l") == 0);
	make_file("tree/f", "file");
	snprintf(root->path, sizeof root->path, "%s/tree", home);
	root->path_n = (uint32_t)strlen(root->path);
	root->fd = openat(home_fd, "tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert(root->fd >= 0);
	trap.proc.tree = root->path;
	trap.proc.tree_n = root->path_n;
	trap.proc.lists_fd = openat(root->fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Nobody is of the step: signals reach no process. */
	trap.proc.supervisor = NOBODY;
	read_times(times);
}

static void
remove_tree(void)
{
	struct error err = ERROR_INIT;

	close(trap.roots[0].fd);
	close(trap.proc.lists_fd);
	if (file_remove_tree(home_fd, "tree", &err) < 0)
		abort();
	error_clear(&err);
	has_tree = false;
}

static void
begin(void)
{
	const uint32_t groups[] = { 5 };

	if (!has_tree)
		make_tree();
	has_tree = true;
	assert(fchdir(trap.roots[0].fd) == 0);
	trap.n_roots = 1;
	credentials_begin(&trap.ids, 0, 0, groups, 1);
	is_waiting = true;
}

/* The tree is used again if nothing in it was changed: making it takes longer than most
 * inputs. */
static void
end(void)
{
	struct timespec now[N_ENTRIES];

	is_waiting = false;
	if (trap.n_workers > 0) {
		trap_end_workers(&trap);
		while (waitpid(-1, NULL, 0) > 0)
			continue;
		trap.n_workers = 0;
	}
	trap_dirs_forget(&trap.dirs);
	while (n_given > 0)
		close(given[--n_given]);
	for (unsigned i = 1; i < trap.n_roots; i++)
		close(trap.roots[i].fd);
	/* The next input may have a relative path. */
	assert(fchdir(start_fd) == 0);
	read_times(now);
	if (memcmp(now, times, sizeof now) != 0)
		remove_tree();
}

/* Nothing beside the tree is new, gone, or other than before. */
static void
check_outside(void)
{
	char text[16];
	const int fd = openat(home_fd, "canary", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	assert(fd >= 0 &&
	       read(fd, text, sizeof text) == (ssize_t)sizeof CANARY_TEXT - 1 &&
	       memcmp(text, CANARY_TEXT, sizeof CANARY_TEXT - 1) == 0);
	assert(fstat(fd, &st) == 0 && st.st_nlink == 1 && (st.st_mode & 07777) == 0644);
	close(fd);
	assert(fstat(home_fd, &st) == 0 && st.st_nlink <= 3 &&
	       (st.st_mode & 07777) == 0700);
}

/* ------------------------------------------------------------ calls */

static uint64_t
argument(unsigned kind, uint16_t value)
{
	switch (kind % 5) {
	case 0:
		return (uint64_t)(int64_t)AT_FDCWD;
	case 1:
		return n_given == 0 ? UINT64_C(100) : (uint64_t)given[value % n_given];
	case 2:
		return MEMORY_AT + value;
	case 3:
		return value;
	default:
		return (uint64_t)value << (value % 49);
	}
}

static void
call(const uint8_t *bytes)
{
	static int numbers[TRAP_NUMBERS], n = 0;
	struct notification a = { .listener_fd = -1, .id = 1 };

	for (int i = 0; n == 0 && i < TRAP_NUMBERS; i++)
		if (trap.shapes[i] != NULL)
			numbers[n++] = i;
	a.tid = (pid_t)syscall(SYS_gettid);
	a.proc_fd = trap.proc.proc_fd;
	a.number = numbers[bytes[0] % n];
	for (size_t i = 0; i < 6; i++)
		a.args[i] =
		        argument(bytes[1] >> (i % 4 * 2),
		                 (uint16_t)(bytes[2 + 2 * i] | bytes[3 + 2 * i] << 8));
	trap_answer(&trap, &a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t calls = 0;

	if (n == 0)
		return 0;
	if (home_fd < 0)
		make_home();
	calls = bytes[0] % CALLS_MAX;
	bytes++;
	n--;
	if (calls * CALL_SIZE > n)
		calls = n / CALL_SIZE;
	memory = bytes + calls * CALL_SIZE;
	memory_n = n - calls * CALL_SIZE;
	begin();
	for (size_t i = 0; i < calls; i++)
		call(bytes + i * CALL_SIZE);
	end();
	check_outside();
	return 0;
}
