#include "builder/sandbox/recipe_draft.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define ALIGNMENT 8

/* Far above any real recipe, far below what offsets can express. */
#define SIZE_LIMIT (1U << 30)

static void
align(struct recipe_draft *d)
{
	while ((sizeof d->head + d->bytes.n) % ALIGNMENT != 0)
		buf_add_char(&d->bytes, '\0');
}

static recipe_at
here(const struct recipe_draft *d)
{
	return (recipe_at)(sizeof d->head + d->bytes.n);
}

recipe_at
recipe_add_bytes(struct recipe_draft *d, const void *bytes, size_t n)
{
	recipe_at at = 0;

	align(d);
	at = here(d);
	if (n > 0)
		buf_add(&d->bytes, bytes, n);
	return at;
}

recipe_at
recipe_add_text(struct recipe_draft *d, const char *text)
{
	recipe_at at = here(d);

	if (text == NULL)
		return 0;
	buf_add(&d->bytes, text, strlen(text) + 1);
	return at;
}

struct recipe_list
recipe_add_list(struct recipe_draft *d, const char *const *texts, size_t n)
{
	auto_free uint64_t *places = mem_new_n(n + 1, sizeof *places);

	for (size_t i = 0; i < n; i++)
		places[i] = recipe_add_text(d, texts[i]);
	return (struct recipe_list){
		recipe_add_bytes(d, places, (n + 1) * sizeof *places), (uint32_t)n
	};
}

struct recipe_op *
recipe_add_op(struct recipe_draft *d, enum recipe_op_kind kind, const char *target)
{
	recipe_at at = recipe_add_text(d, target);
	struct recipe_op *op = array_add(&d->ops);

	op->kind = kind;
	op->target = at;
	return op;
}

void
recipe_draft_clear(struct recipe_draft *d)
{
	for (size_t i = 0; i < d->fds.n; i++)
		own_close(&d->fds.at[i]);
	array_clear(&d->fds);
	array_clear(&d->ops);
	/* The recipe may contain secrets. */
	if (d->bytes.p != NULL)
		explicit_bzero(d->bytes.p, d->bytes.cap);
	buf_clear(&d->bytes);
}

/* No other process that we start may inherit the memory: it can hold secrets. */
static struct recipe *
map(int fd, size_t size, struct error *err)
{
	struct recipe *recipe = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	                             0);

	if (recipe == MAP_FAILED) {
		error_sys(err, "map the recipe of a sandbox");
		return NULL;
	}
	madvise(recipe, size, MADV_DONTFORK);
	return recipe;
}

struct recipe *
recipe_seal(struct recipe_draft *d, int *out, struct error *err)
{
	auto_fd int fd = -1;
	struct recipe *recipe = NULL;

	d->head.ops = recipe_add_bytes(d, d->ops.at, d->ops.n * sizeof *d->ops.at);
	d->head.n_ops = (uint32_t)d->ops.n;
	align(d);
	d->head.report = here(d);
	d->head.size = here(d) + sizeof(struct recipe_report);
	if (d->bytes.n > SIZE_LIMIT) {
		error_set(err, ERR_USAGE,
		          "arguments and secrets of one step are too long");
		return NULL;
	}
	fd = memfd_create("recipe", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)d->head.size) < 0) {
		error_sys(err, "make the recipe of a sandbox");
		return NULL;
	}
	recipe = map(fd, d->head.size, err);
	if (recipe == NULL)
		return NULL;
	memcpy(recipe, &d->head, sizeof d->head);
	if (d->bytes.n > 0)
		memcpy(recipe + 1, d->bytes.p, d->bytes.n);
	*out = take_fd(&fd);
	return recipe;
}

void
recipe_unmap(struct recipe *recipe)
{
	if (recipe != NULL)
		munmap(recipe, recipe->size);
}
