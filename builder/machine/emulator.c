#include "builder/machine/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/count.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/platform.h"
#include "base/text.h"

/* The fields of an ELF header that identify the machine. */
struct machine {
	const char *arch;        /* as in platforms */
	const char *emulator;    /* as in qemu-NAME-static */
	unsigned char elf_class; /* 1: 32 bits, 2: 64 bits */
	unsigned char data;      /* 1: little endian, 2: big endian */
	unsigned number;         /* e_machine */
};

static const struct machine machines[] = {
	{ "amd64", "x86_64", 2, 1, 62 },         { "386", "i386", 1, 1, 3 },
	{ "arm64", "aarch64", 2, 1, 183 },       { "arm", "arm", 1, 1, 40 },
	{ "riscv64", "riscv64", 2, 1, 243 },     { "ppc64le", "ppc64le", 2, 1, 21 },
	{ "s390x", "s390x", 2, 2, 22 },          { "mips64le", "mips64el", 2, 1, 8 },
	{ "loong64", "loongarch64", 2, 1, 258 },
};

static const struct machine *
find(const char *arch)
{
	for (size_t i = 0; i < COUNT_OF(machines); i++)
		if (strcmp(machines[i].arch, arch) == 0)
			return &machines[i];
	return NULL;
}

/* A 64-bit machine of the same family runs them, too. */
static bool
runs_anyway(const char *arch)
{
	auto_platform struct platform host = PLATFORM_INIT;

	platform_host(&host);
	return strcmp(host.arch, arch) == 0 ||
	       (strcmp(host.arch, "amd64") == 0 && strcmp(arch, "386") == 0);
}

static char *
emulator_of(const struct machine *m)
{
	return mem_print("/usr/bin/qemu-%s-static", m->emulator);
}

bool
emulator_is_wanted(const char *arch, char **why)
{
	const struct machine *m = find(arch);
	auto_free char *registered = NULL, *emulator = NULL;

	if (m == NULL || runs_anyway(arch))
		return false;
	registered = mem_print("/proc/sys/fs/binfmt_misc/qemu-%s", m->emulator);
	if (access(registered, F_OK) == 0)
		return false;
	emulator = emulator_of(m);
	if (access(emulator, X_OK) == 0)
		return true;
	*why = mem_print("programs for %s cannot run here: install qemu-user-static",
	                 arch);
	return false;
}

/* ------------------------------------------------------------ registering */

#define ELF_HEAD 20
#define AT_TYPE  16

static void
add_bytes(struct buf *out, const unsigned char bytes[ELF_HEAD])
{
	for (size_t i = 0; i < ELF_HEAD; i++)
		buf_print(out, "\\x%02x", bytes[i]);
}

/* The kernel's text for "files with this head are for this interpreter", opened now (F),
 * so that it need not be in the root; with the rights of the file (C). */
static void
describe(const struct machine *m, struct buf *out)
{
	unsigned char magic[ELF_HEAD] = { 0x7f, 'E', 'L', 'F', m->elf_class, m->data, 1 };
	unsigned char mask[ELF_HEAD];
	auto_free char *emulator = emulator_of(m);
	bool big = m->data == 2;

	memset(mask, 0xff, sizeof mask);
	mask[7] = 0; /* the operating system's ABI may be any */
	/* Executables have type 2, position-independent ones 3. */
	magic[AT_TYPE + (big ? 1 : 0)] = 2;
	mask[AT_TYPE + (big ? 1 : 0)] = 0xfe;
	magic[AT_TYPE + (big ? 3 : 2)] = (unsigned char)(m->number & 0xff);
	magic[AT_TYPE + (big ? 2 : 3)] = (unsigned char)(m->number >> 8);
	buf_print(out, ":cooper-%s:M:0:", m->arch);
	add_bytes(out, magic);
	buf_add_char(out, ':');
	add_bytes(out, mask);
	buf_print(out, ":%s:OCF", emulator);
}

/* The binfmt_misc file system of our user namespace, mounted nowhere. */
static int
open_registry(void)
{
	auto_fd int fs_fd = (int)syscall(SYS_fsopen, "binfmt_misc", FSOPEN_CLOEXEC);

	if (fs_fd < 0 ||
	    syscall(SYS_fsconfig, fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int)syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, 0);
}

int
emulator_register(const char *arch)
{
	const struct machine *m = find(arch);
	auto_buf struct buf text = BUF_INIT;
	/* Registrations last while their file system is mounted: until we end. */
	static int registry_fd = -1;
	auto_fd int fd = -1;

	if (m == NULL) {
		errno = EINVAL;
		return -1;
	}
	if (registry_fd < 0)
		registry_fd = open_registry();
	if (registry_fd < 0)
		return -1;
	fd = openat(registry_fd, "register", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	describe(m, &text);
	return write(fd, text.p, text.n) == (ssize_t)text.n ? 0 : -1;
}
