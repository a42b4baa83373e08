#include "layers/tar_pax.h"

#include <string.h>

#include "base/number.h"

/* ------------------------------------------------------------ header fields */

static bool
base_256(const char *field, size_t n, int64_t *out)
{
	bool negative = ((unsigned char)field[0] & 0x40) != 0;
	uint64_t value = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)field[i];

		if (i == 0)
			byte = negative ? byte | 0x80 : byte & 0x7f;
		/* The top bits must all be copies of the sign. */
		if (value >> 55 != (negative ? UINT64_MAX >> 55 : 0))
			return false;
		value = value << 8 | byte;
	}
	*out = (int64_t)value;
	return true;
}

bool
tar_number(const char *field, size_t n, int64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	if ((unsigned char)field[0] & 0x80)
		return base_256(field, n, out);
	while (i < n && (field[i] == ' ' || field[i] == '\0'))
		i++;
	while (n > i && (field[n - 1] == ' ' || field[n - 1] == '\0'))
		n--;
	for (; i < n; i++) {
		if (field[i] < '0' || field[i] > '7' || value >> 60 != 0)
			return false;
		value = value << 3 | (uint64_t)(field[i] - '0');
	}
	*out = (int64_t)value;
	return value <= INT64_MAX;
}

/* ------------------------------------------------------------ records */

void
tar_pax_reset(struct tar_pax *p)
{
	struct tar_pax empty = { .path = p->path, .link = p->link };

	buf_truncate(&empty.path, 0);
	buf_truncate(&empty.link, 0);
	array_clear(&p->extents);
	*p = empty;
}

void
tar_pax_clear(struct tar_pax *p)
{
	buf_clear(&p->path);
	buf_clear(&p->link);
	array_clear(&p->extents);
}

static void
set_text(struct buf *to, bool *has, struct text value)
{
	buf_truncate(to, 0);
	buf_add_text(to, value);
	*has = value.n > 0;
}

/* An empty value revokes a record. */
static bool
set_number(uint64_t *to, bool *has, struct text value)
{
	*has = value.n > 0;
	return value.n == 0 || (number_u64(value, to) && *to <= INT64_MAX);
}

/* "-1234567890.000000001": seconds, rounded down. */
static bool
set_time(struct tar_pax *p, struct text value)
{
	struct text fraction = value, whole = text_cut(&fraction, '.');
	bool rest = false;

	p->has_mtime = value.n > 0;
	if (value.n == 0)
		return true;
	for (size_t i = 0; i < fraction.n; i++) {
		if (fraction.p[i] < '0' || fraction.p[i] > '9')
			return false;
		rest |= fraction.p[i] != '0';
	}
	if (!number_i64(whole, &p->mtime))
		return false;
	if (rest && whole.p[0] == '-' && p->mtime > INT64_MIN)
		p->mtime--;
	return true;
}

/* Format 0.1: "offset,size,offset,size…". */
static bool
set_map(struct tar_pax *p, struct text value)
{
	array_clear(&p->extents);
	while (value.n > 0) {
		uint64_t numbers[2];

		for (int i = 0; i < 2; i++)
			if (!number_u64(text_cut(&value, ','), &numbers[i]))
				return false;
		if (p->extents.n == TAR_EXTENTS_MAX)
			return false;
		array_push(&p->extents, ((struct tar_extent){ numbers[0], numbers[1] }));
	}
	p->sparse = true;
	return true;
}

static bool
set_sparse(struct tar_pax *p, struct text key, struct text value)
{
	uint64_t number = 0;

	if (text_is(key, "name")) {
		set_text(&p->path, &p->has_path, value);
		return true;
	}
	if (text_is(key, "map"))
		return set_map(p, value);
	if (!number_u64(value, &number))
		return false;
	if (text_is(key, "major")) {
		p->sparse_in_data = p->sparse = number == 1;
		return number <= 1;
	}
	if (text_is(key, "size") || text_is(key, "realsize")) {
		p->sparse_size = number;
		p->sparse = true;
		return number <= INT64_MAX;
	}
	if (text_is(key, "offset")) {
		if (p->extents.n == TAR_EXTENTS_MAX)
			return false;
		array_push(&p->extents, ((struct tar_extent){ .offset = number }));
		return true;
	}
	if (text_is(key, "numbytes")) {
		if (p->extents.n == 0)
			return false;
		p->extents.at[p->extents.n - 1].size = number;
	}
	return true;
}

static bool
set_record(struct tar_pax *p, struct text key, struct text value)
{
	if (text_is(key, "path")) {
		/* GNU.sparse.name is the true one, whatever the order. */
		if (!p->sparse || !p->has_path)
			set_text(&p->path, &p->has_path, value);
	} else if (text_is(key, "linkpath")) {
		set_text(&p->link, &p->has_link, value);
	} else if (text_is(key, "size")) {
		return set_number(&p->size, &p->has_size, value);
	} else if (text_is(key, "uid")) {
		return set_number(&p->uid, &p->has_uid, value);
	} else if (text_is(key, "gid")) {
		return set_number(&p->gid, &p->has_gid, value);
	} else if (text_is(key, "mtime")) {
		return set_time(p, value);
	} else if (text_is(key, "SCHILY.xattr." XATTR_CAPABILITY)) {
		p->capability = capability_clean(value);
	} else if (text_starts(key, "GNU.sparse.")) {
		return set_sparse(p, text_from(key, strlen("GNU.sparse.")), value);
	}
	return true;
}

const char *
tar_pax_parse(struct tar_pax *p, struct text records)
{
	while (records.n > 0) {
		ptrdiff_t blank = text_find(records, ' '), equals;
		struct text record;
		uint64_t n;

		if (blank < 0 || !number_u64(text_first(records, (size_t)blank), &n) ||
		    n > records.n || n < (uint64_t)blank + 3 || records.p[n - 1] != '\n')
			return "bad record in an extended header";
		record = text_first(records, n - 1);
		record = text_from(record, (size_t)blank + 1);
		records = text_from(records, n);
		equals = text_find(record, '=');
		if (equals <= 0)
			return "bad record in an extended header";
		if (!set_record(p, text_first(record, (size_t)equals),
		                text_from(record, (size_t)equals + 1)))
			return "bad value in an extended header";
	}
	return NULL;
}
