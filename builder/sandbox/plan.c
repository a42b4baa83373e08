#include "builder/sandbox/plan.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define ALIGNMENT 8

/* Far above any real plan, far below what offsets can express. */
#define SIZE_LIMIT (1U << 30)

static void
align(struct plan_draft *d)
{
	while ((sizeof d->head + d->bytes.n) % ALIGNMENT != 0)
		buf_add_char(&d->bytes, '\0');
}

static plan_at
here(const struct plan_draft *d)
{
	return (plan_at)(sizeof d->head + d->bytes.n);
}

plan_at
plan_add_bytes(struct plan_draft *d, const void *bytes, size_t n)
{
	plan_at at = 0;

	align(d);
	at = here(d);
	if (n > 0)
		buf_add(&d->bytes, bytes, n);
	return at;
}

plan_at
plan_add_text(struct plan_draft *d, const char *text)
{
	plan_at at = here(d);

	if (text == NULL)
		return 0;
	buf_add(&d->bytes, text, strlen(text) + 1);
	return at;
}

struct plan_list
plan_add_list(struct plan_draft *d, const char *const *texts, size_t n)
{
	auto_free uint64_t *places = mem_new_n(n + 1, sizeof *places);

	for (size_t i = 0; i < n; i++)
		places[i] = plan_add_text(d, texts[i]);
	return (struct plan_list){ plan_add_bytes(d, places, (n + 1) * sizeof *places),
		                   (uint32_t)n };
}

struct plan_op *
plan_add_op(struct plan_draft *d, enum plan_op_kind kind, const char *target)
{
	plan_at at = plan_add_text(d, target);
	struct plan_op *op = array_add(&d->ops);

	op->kind = kind;
	op->target = at;
	return op;
}

void
plan_draft_clear(struct plan_draft *d)
{
	for (size_t i = 0; i < d->fds.n; i++)
		own_close(&d->fds.at[i]);
	array_clear(&d->fds);
	array_clear(&d->ops);
	/* Secrets may be in there. */
	if (d->bytes.p != NULL)
		explicit_bzero(d->bytes.p, d->bytes.cap);
	buf_clear(&d->bytes);
}

/* No other process that we start may inherit the memory: it can hold secrets. */
static struct plan *
map(int fd, size_t size, struct error *err)
{
	struct plan *plan = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (plan == MAP_FAILED) {
		error_sys(err, "map the plan of a sandbox");
		return NULL;
	}
	madvise(plan, size, MADV_DONTFORK);
	return plan;
}

struct plan *
plan_seal(struct plan_draft *d, int *out, struct error *err)
{
	auto_fd int fd = -1;
	struct plan *plan = NULL;

	d->head.ops = plan_add_bytes(d, d->ops.at, d->ops.n * sizeof *d->ops.at);
	d->head.n_ops = (uint32_t)d->ops.n;
	align(d);
	d->head.report = here(d);
	d->head.size = here(d) + sizeof(struct plan_report);
	if (d->bytes.n > SIZE_LIMIT) {
		error_set(err, ERR_USAGE,
		          "arguments and secrets of one step are too long");
		return NULL;
	}
	fd = memfd_create("plan", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)d->head.size) < 0) {
		error_sys(err, "make the plan of a sandbox");
		return NULL;
	}
	plan = map(fd, d->head.size, err);
	if (plan == NULL)
		return NULL;
	memcpy(plan, &d->head, sizeof d->head);
	if (d->bytes.n > 0)
		memcpy(plan + 1, d->bytes.p, d->bytes.n);
	*out = take_fd(&fd);
	return plan;
}

void
plan_unmap(struct plan *plan)
{
	if (plan != NULL)
		munmap(plan, plan->size);
}

char **
plan_vector(struct plan *p, struct plan_list list)
{
	uint64_t *places = (uint64_t *)(void *)((char *)p + list.at);
	char **vector = (char **)(void *)places;

	_Static_assert(sizeof(char *) <= sizeof(uint64_t), "pointers replace places");
	for (uint32_t i = 0; i < list.n; i++)
		vector[i] = (char *)p + places[i];
	vector[list.n] = NULL;
	return vector;
}

const char *
plan_list_get(const struct plan *p, struct plan_list list, uint32_t i)
{
	const uint64_t *places =
	        (const uint64_t *)(const void *)((const char *)p + list.at);

	return (const char *)p + places[i];
}

int
plan_fail(struct plan *p, enum plan_stage stage, int sys, const char *text)
{
	struct plan_report *report = plan_report(p);
	size_t n = text == NULL ? 0 : strlen(text);

	if (report->stage != STAGE_NONE)
		return -1;
	if (n >= PLAN_TEXT_MAX)
		n = PLAN_TEXT_MAX - 1;
	if (n > 0)
		memcpy(report->text, text, n);
	report->text[n] = '\0';
	report->sys = sys;
	report->stage = stage;
	return -1;
}
