#include "builder/sandbox/trap/loader/image.h"

#include <elf.h>
#include <errno.h>
#include <linux/mman.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "builder/sandbox/trap/loader/machine.h"

/* All that a program can address. */
#define ADDRESS_MAX (UINT64_C(1) << 52)

/* The kernel's limit, too. */
#define HEADERS_MAX (65536 / sizeof(Elf64_Phdr))

static Elf64_Phdr headers[HEADERS_MAX];

struct file {
	int fd;
	uint64_t page;
	bool moves; /* to any address */
	size_t n;
	uint64_t begin, end, alignment; /* of all segments, in pages */
};

static uint64_t
down(const struct file *f, uint64_t at)
{
	return at & ~(f->page - 1);
}

static uint64_t
up(const struct file *f, uint64_t at)
{
	return (at + f->page - 1) & ~(f->page - 1);
}

/* ------------------------------------------------------------ reading */

static int
read_all(int fd, void *bytes, uint64_t n, uint64_t at)
{
	const int64_t got = call(SYS_pread64, (uint64_t)fd, (uint64_t)(uintptr_t)bytes, n,
	                         at, 0, 0);

	if (got < 0)
		return (int)-got;
	return (uint64_t)got == n ? 0 : ENOEXEC;
}

static int
read_headers(struct file *f, Elf64_Ehdr *e)
{
	const int failed = read_all(f->fd, e, sizeof *e, 0);

	if (failed != 0)
		return failed;
	if (e->e_ident[0] != ELFMAG0 || e->e_ident[1] != ELFMAG1 ||
	    e->e_ident[2] != ELFMAG2 || e->e_ident[3] != ELFMAG3 ||
	    e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != MACHINE ||
	    (e->e_type != ET_EXEC && e->e_type != ET_DYN) ||
	    e->e_phentsize != sizeof(Elf64_Phdr) || e->e_phnum == 0 ||
	    e->e_phnum > HEADERS_MAX || e->e_phoff > INT64_MAX)
		return ENOEXEC;
	f->moves = e->e_type == ET_DYN;
	f->n = e->e_phnum;
	return read_all(f->fd, headers, f->n * sizeof *headers, e->e_phoff);
}

static bool
is_sound(const struct file *f, const Elf64_Phdr *h)
{
	return h->p_memsz > 0 && h->p_filesz <= h->p_memsz && h->p_memsz < ADDRESS_MAX &&
	       h->p_vaddr < ADDRESS_MAX && h->p_offset < INT64_MAX - ADDRESS_MAX &&
	       ((h->p_vaddr - h->p_offset) & (f->page - 1)) == 0;
}

/* How much room the segments need. They are sorted by address, as ELF wants. */
static int
measure(struct file *f)
{
	uint64_t last = 0;

	f->begin = UINT64_MAX;
	f->alignment = f->page;
	for (size_t i = 0; i < f->n; i++) {
		Elf64_Phdr *h = &headers[i];

		/* A segment without a byte is none. */
		if (h->p_type == PT_LOAD && h->p_memsz == 0 && h->p_filesz == 0)
			h->p_type = PT_NULL;
		if (h->p_type != PT_LOAD)
			continue;
		if (!is_sound(f, h) || h->p_vaddr < last)
			return ENOEXEC;
		last = h->p_vaddr;
		if (down(f, h->p_vaddr) < f->begin)
			f->begin = down(f, h->p_vaddr);
		if (up(f, h->p_vaddr + h->p_memsz) > f->end)
			f->end = up(f, h->p_vaddr + h->p_memsz);
		if (h->p_align > f->alignment && h->p_align < ADDRESS_MAX &&
		    (h->p_align & (h->p_align - 1)) == 0)
			f->alignment = h->p_align;
	}
	return f->end == 0 ? ENOEXEC : 0;
}

/* ------------------------------------------------------------ mapping */

static int64_t
map(uint64_t at, uint64_t n, int prot, int flags, int fd, uint64_t offset)
{
	return call(SYS_mmap, at, n, (uint64_t)prot, (uint64_t)(flags | MAP_PRIVATE),
	            (uint64_t)fd, offset);
}

static bool
is_failure(int64_t value)
{
	return value < 0 && value > -4096;
}

static void
unmap(uint64_t at, uint64_t end)
{
	if (at < end)
		call(SYS_munmap, at, end - at, 0, 0, 0, 0);
}

/* Room anywhere, for a file that can be anywhere. */
static int
find_room(const struct file *f, uint64_t *bias)
{
	const uint64_t n = f->end - f->begin;
	const uint64_t extra = f->alignment > f->page ? f->alignment : 0;
	const int64_t got = map(0, n + extra, PROT_NONE, MAP_ANONYMOUS | MAP_NORESERVE,
	                        -1, 0);
	uint64_t at = (uint64_t)got, offset = f->begin & (f->alignment - 1);

	if (is_failure(got))
		return (int)-got;
	if (extra != 0)
		at = ((at - offset + f->alignment - 1) & ~(f->alignment - 1)) + offset;
	unmap((uint64_t)got, at);
	unmap(at + n, (uint64_t)got + n + extra);
	*bias = at - f->begin;
	return 0;
}

/* Room at its own address, where nothing may be yet but segments before it. */
static int
take_room(const struct file *f, const Elf64_Phdr *h, uint64_t *taken)
{
	uint64_t at = down(f, h->p_vaddr);
	const uint64_t end = up(f, h->p_vaddr + h->p_memsz);
	int64_t got = 0;

	if (at < *taken)
		at = *taken;
	if (at >= end)
		return 0;
	got = map(at, end - at, PROT_NONE,
	          MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (is_failure(got))
		return got == -EEXIST ? ENOMEM : (int)-got;
	*taken = end;
	if ((uint64_t)got == at)
		return 0;
	/* Before Linux 4.17 the address was only a wish. */
	unmap((uint64_t)got, (uint64_t)got + (end - at));
	return ENOMEM;
}

static int
prot_of(const Elf64_Phdr *h)
{
	return ((h->p_flags & PF_R) != 0 ? PROT_READ : 0) |
	       ((h->p_flags & PF_W) != 0 ? PROT_WRITE : 0) |
	       ((h->p_flags & PF_X) != 0 ? PROT_EXEC : 0);
}

/* What follows the file's bytes is zero. */
static void
clear(uint64_t at, uint64_t end)
{
	volatile char *p = (volatile char *)(uintptr_t)at;

	while (at++ < end)
		*p++ = 0;
}

/* The rest of the last page is that of the file, and cleared if it can be. DONE is the end
 * of what segments before it take. */
static int
map_segment(const struct file *f, const Elf64_Phdr *h, uint64_t bias, uint64_t done)
{
	const uint64_t begin = bias + down(f, h->p_vaddr);
	const uint64_t bytes_end = bias + h->p_vaddr + h->p_filesz;
	const uint64_t end = up(f, bias + h->p_vaddr + h->p_memsz);
	uint64_t empty = h->p_filesz > 0 ? up(f, bytes_end) : begin;
	int64_t got = 0;

	if (h->p_filesz > 0)
		got = map(begin, empty - begin, prot_of(h), MAP_FIXED, f->fd,
		          down(f, h->p_offset));
	else if (empty < done)
		empty = done < end ? done : end;
	if (is_failure(got))
		return (int)-got;
	if (h->p_memsz > h->p_filesz && (h->p_flags & PF_W) != 0 && empty > bytes_end)
		clear(bytes_end, empty < bias + h->p_vaddr + h->p_memsz || h->p_filesz > 0
		                         ? empty
		                         : bias + h->p_vaddr + h->p_memsz);
	if (empty >= end)
		return 0;
	got = map(empty, end - empty, prot_of(h), MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	return is_failure(got) ? (int)-got : 0;
}

static int
map_segments(const struct file *f, uint64_t bias)
{
	uint64_t taken = 0;

	for (size_t i = 0; i < f->n; i++) {
		const uint64_t done = taken;
		int failed = 0;

		if (headers[i].p_type != PT_LOAD)
			continue;
		if (!f->moves)
			failed = take_room(f, &headers[i], &taken);
		else if (up(f, headers[i].p_vaddr + headers[i].p_memsz) > taken)
			taken = up(f, headers[i].p_vaddr + headers[i].p_memsz);
		if (failed == 0)
			failed = map_segment(f, &headers[i], bias, bias + done);
		if (failed != 0)
			return failed;
	}
	return 0;
}

int
image_map(int fd, uint64_t page, struct image *out)
{
	struct file f = { .fd = fd, .page = page };
	uint64_t bias = 0;
	Elf64_Ehdr e = { 0 };
	int failed = read_headers(&f, &e);

	if (failed == 0)
		failed = measure(&f);
	if (failed == 0 && f.moves)
		failed = find_room(&f, &bias);
	if (failed == 0)
		failed = map_segments(&f, bias);
	if (failed != 0)
		return failed;
	out->bias = bias;
	out->begin = bias + f.begin;
	out->end = bias + f.end;
	out->entry = bias + e.e_entry;
	out->n_headers = e.e_phnum;
	for (size_t i = 0; i < f.n; i++) {
		const Elf64_Phdr *h = &headers[i];

		if (h->p_type == PT_GNU_STACK)
			out->has_executable_stack = (h->p_flags & PF_X) != 0;
		if (h->p_type == PT_LOAD && e.e_phoff >= h->p_offset &&
		    e.e_phoff - h->p_offset < h->p_filesz)
			out->headers = bias + h->p_vaddr + (e.e_phoff - h->p_offset);
	}
	return 0;
}
