#include "builder/machine/userns.h"

#include "base/number.h"

/* A user namespace has room for 340 extents; further ones are ignored. */
#define EXTENTS_MAX 340
#define IDS_NEEDED  65535

static void
add(struct id_ranges *r, uint64_t inside, uint64_t outside, uint64_t n)
{
	if (n > 0 && r->list.n < EXTENTS_MAX)
		array_push(&r->list, ((struct id_range){ inside, outside, n }));
}

/* Cuts the next word off the front of *REST. */
static struct text
word(struct text *rest)
{
	struct text w;
	size_t n = 0;

	*rest = text_trim(*rest);
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	w = text_first(*rest, n);
	*rest = text_from(*rest, n);
	return w;
}

void
id_ranges_identity(struct text map, struct id_ranges *out)
{
	struct text line;

	while (text_line(&map, &line)) {
		uint64_t inside = 0, outside = 0, n = 0;

		if (number_u64(word(&line), &inside) &&
		    number_u64(word(&line), &outside) && number_u64(word(&line), &n))
			add(out, inside, inside, n);
	}
}

/* "name:start:count" */
static bool
parse_line(struct text line, struct text *owner, uint64_t *start, uint64_t *n)
{
	struct text first;

	*owner = text_cut(&line, ':');
	first = text_cut(&line, ':');
	return number_u64(first, start) && number_u64(text_trim(line), n) &&
	       *start <= UINT32_MAX && *n <= UINT32_MAX;
}

void
id_ranges_subordinate(struct text text, const char *name, uid_t uid, uid_t own,
                      struct id_ranges *out)
{
	uint64_t next = 1;
	struct text line;

	add(out, 0, own, 1);
	while (text_line(&text, &line)) {
		uint64_t start = 0, n = 0, number = 0;
		struct text owner;

		if (!parse_line(line, &owner, &start, &n))
			continue;
		if (!(name != NULL && text_is(owner, name)) &&
		    !(number_u64(owner, &number) && number == uid))
			continue;
		add(out, next, start, n);
		next += n;
	}
}

void
id_ranges_listed(struct text text, uid_t own, struct id_ranges *out)
{
	uint64_t next = 1;
	struct text line;

	add(out, 0, own, 1);
	while (text_line(&text, &line)) {
		uint64_t start = 0, n = 0;

		text_cut(&line, ':');
		word(&line);
		if (!number_u64(word(&line), &start) || !number_u64(word(&line), &n) ||
		    start > UINT32_MAX || n > UINT32_MAX)
			continue;
		add(out, next, start, n);
		next += n;
	}
}

bool
id_ranges_enough(const struct id_ranges *r)
{
	uint64_t next = 0;

	/* Extents come in rising order from both sources, if they are sane. */
	for (size_t i = 0; i < r->list.n && r->list.at[i].inside <= next; i++)
		if (r->list.at[i].inside + r->list.at[i].n > next)
			next = r->list.at[i].inside + r->list.at[i].n;
	return next >= IDS_NEEDED;
}

void
id_ranges_print(const struct id_ranges *r, struct buf *out)
{
	for (size_t i = 0; i < r->list.n; i++)
		buf_print(out, "%llu %llu %llu\n",
		          (unsigned long long)r->list.at[i].inside,
		          (unsigned long long)r->list.at[i].outside,
		          (unsigned long long)r->list.at[i].n);
}

void
id_ranges_clear(struct id_ranges *r)
{
	array_clear(&r->list);
}
