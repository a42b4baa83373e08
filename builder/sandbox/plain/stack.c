#include "builder/sandbox/plain/stack.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/number.h"

void
stack_clear(struct stack *s)
{
	array_clear(&s->list);
}

int
stack_add(struct stack *s, const char *dir, struct error *err)
{
	struct identity *new = NULL;
	struct statx x;

	if (statx(AT_FDCWD, dir, 0, STATX_INO | STATX_BTIME, &x) < 0)
		return error_sys(err, "%s", dir);
	new = array_add(&s->list);
	*new = (struct identity){ .ino = x.stx_ino,
		                  .dev_major = x.stx_dev_major,
		                  .dev_minor = x.stx_dev_minor };
	if ((x.stx_mask & STATX_BTIME) != 0) {
		new->born_s = x.stx_btime.tv_sec;
		new->born_ns = x.stx_btime.tv_nsec;
	}
	return 0;
}

int
stack_of_run(const struct sandbox_run *r, struct stack *out, struct error *err)
{
	for (size_t i = r->n_lowers; i-- > 0;) {
		if (stack_add(out, r->lowers[i], err) == 0)
			continue;
		err->code = ERR_ENVIRONMENT;
		return error_wrap(err, "mount the layers");
	}
	return 0;
}

static bool
same(const struct identity *a, const struct identity *b)
{
	/* Without a birth time, an inode number identifies nothing. */
	return a->born_s != 0 && a->ino == b->ino && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->born_s == b->born_s &&
	       a->born_ns == b->born_ns;
}

size_t
stack_common(const struct stack *a, const struct stack *b)
{
	size_t n = 0;

	while (n < a->list.n && n < b->list.n && same(&a->list.at[n], &b->list.at[n]))
		n++;
	return n;
}

/* ------------------------------------------------------------ as text */

#define END "end\n"

void
stack_print(const struct stack *s, struct buf *out)
{
	for (size_t i = 0; i < s->list.n; i++)
		buf_print(out, "%" PRIu64 " %" PRId64 " %" PRIu32 "\n", s->list.at[i].ino,
		          s->list.at[i].born_s, s->list.at[i].born_ns);
	buf_add_str(out, END);
}

/* The next word of *LINE. */
static struct text
word(struct text *line)
{
	ptrdiff_t end = text_find(*line, ' ');
	struct text found = text_first(*line, end < 0 ? line->n : (size_t)end);

	*line = text_from(*line, found.n + (end < 0 ? 0 : 1));
	return found;
}

bool
stack_parse(struct stack *s, struct text text, uint64_t dev_major, uint64_t dev_minor)
{
	struct text line;

	if (!text_ends(text, END))
		return false;
	text.n -= strlen(END);
	while (text_line(&text, &line)) {
		struct identity one = { .dev_major = dev_major, .dev_minor = dev_minor };

		if (!number_u64(word(&line), &one.ino) ||
		    !number_i64(word(&line), &one.born_s) ||
		    !number_u32(word(&line), &one.born_ns) || line.n > 0)
			return false;
		array_push(&s->list, one);
	}
	return true;
}

bool
stack_is_lasting(const struct stack *s)
{
	for (size_t i = 0; i < s->list.n; i++)
		if (s->list.at[i].born_s == 0 ||
		    s->list.at[i].dev_major != s->list.at[0].dev_major ||
		    s->list.at[i].dev_minor != s->list.at[0].dev_minor)
			return false;
	return s->list.n > 0;
}
