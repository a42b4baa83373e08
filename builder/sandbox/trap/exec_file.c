#include "builder/sandbox/trap/exec_file.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "builder/sandbox/inside/sys.h"

#ifdef __aarch64__
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_X86_64
#endif

/* The kernel reads so much of program headers, at most. */
#define HEADERS_SIZE_MAX 65536

static int
refuse(int number)
{
	errno = number;
	return -1;
}

/* The number of bytes at AT, at most N. */
static ssize_t
read_at(int fd, void *bytes, size_t n, uint64_t at)
{
	if (at > INT64_MAX)
		return 0;
	return syscall(SYS_pread64, fd, bytes, n, at);
}

/* ------------------------------------------------------------ scripts */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *
skip_blanks(char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* The next blank or NUL, or END. */
static char *
skip_word(char *p, const char *end)
{
	while (p < end && !is_blank(*p) && *p != '\0')
		p++;
	return p;
}

/* A line that is longer than what was read may still name its interpreter in full. LINE is
 * zero behind the end of the file. */
static int
read_script(struct exec_facts *out)
{
	char *const last = out->line + EXEC_LINE_MAX - 1;
	char *begin = out->line + 2, *p = NULL,
	     *end = memchr(begin, '\n', EXEC_LINE_MAX - 2);

	if (end == NULL) {
		p = skip_blanks(begin, last);
		if (p == last || skip_word(p, last) == last)
			return refuse(ENOEXEC);
		end = last;
	}
	while (end > begin && is_blank(end[-1]))
		end--;
	begin = skip_blanks(begin, end);
	if (begin == end)
		return refuse(ENOEXEC);
	/* The kernel would open "", the working directory. */
	if (*begin == '\0')
		return refuse(EACCES);
	*end = '\0';
	p = skip_word(begin, end);
	out->kind = EXEC_SCRIPT;
	out->interpreter = begin;
	out->argument = NULL;
	if (p == end || *p == '\0')
		return 0;
	*p++ = '\0';
	p = skip_blanks(p, end);
	if (p < end)
		out->argument = p;
	return 0;
}

/* ------------------------------------------------------------ ELF */

static int
read_loader(int fd, const Elf64_Phdr *h, char out[PATH_MAX])
{
	if (h->p_filesz < 2 || h->p_filesz > PATH_MAX)
		return refuse(ENOEXEC);
	if (read_at(fd, out, (size_t)h->p_filesz, h->p_offset) != (ssize_t)h->p_filesz)
		return refuse(EIO);
	return out[h->p_filesz - 1] == '\0' ? 0 : refuse(ENOEXEC);
}

static int
read_program(int fd, const Elf64_Ehdr *e, char out[PATH_MAX])
{
	const uint64_t size = (uint64_t)e->e_phnum * sizeof(Elf64_Phdr);

	if (e->e_phentsize != sizeof(Elf64_Phdr) || size == 0 || size > HEADERS_SIZE_MAX)
		return refuse(ENOEXEC);
	for (uint64_t at = 0; at < size; at += sizeof(Elf64_Phdr)) {
		Elf64_Phdr h;

		if (read_at(fd, &h, sizeof h, e->e_phoff + at) != (ssize_t)sizeof h)
			return refuse(e->e_phoff > INT64_MAX ? ENOEXEC : EIO);
		if (h.p_type == PT_INTERP)
			return read_loader(fd, &h, out);
	}
	return 0;
}

/* Programs of other machines, of 32 or 64 bits. */
static bool
is_foreign(const unsigned char *bytes, struct exec_facts *out)
{
	const bool big = bytes[EI_DATA] == ELFDATA2MSB;
	const uint16_t type = (uint16_t)(bytes[16 + big] | bytes[17 - big] << 8);

	out->machine = (uint16_t)(bytes[18 + big] | bytes[19 - big] << 8);
	return type == ET_EXEC || type == ET_DYN;
}

int
exec_file_read(int fd, struct exec_facts *out)
{
	_Alignas(8) unsigned char bytes[EXEC_LINE_MAX] = { 0 };
	const Elf64_Ehdr *e = (const void *)bytes;

	out->loader[0] = '\0';
	if (read_at(fd, bytes, sizeof bytes, 0) < 0)
		return -1;
	if (bytes[0] == '#' && bytes[1] == '!') {
		memcpy(out->line, bytes, sizeof out->line);
		return read_script(out);
	}
	if (memcmp(bytes, ELFMAG, SELFMAG) != 0 || !is_foreign(bytes, out))
		return refuse(ENOEXEC);
	out->kind = EXEC_FOREIGN;
	if (bytes[EI_CLASS] != ELFCLASS64 || e->e_machine != MACHINE)
		return 0;
	out->kind = EXEC_PROGRAM;
	return read_program(fd, e, out->loader);
}

int
exec_file_check_interpreter(int fd)
{
	Elf64_Ehdr e;
	const ssize_t n = read_at(fd, &e, sizeof e, 0);

	if (n < 0)
		return -1;
	if (n != (ssize_t)sizeof e)
		return refuse(EIO);
	if (memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_machine != MACHINE ||
	    (e.e_type != ET_EXEC && e.e_type != ET_DYN))
		return refuse(ELIBBAD);
	return 0;
}
