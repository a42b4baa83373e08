#include "builder/cache/trail.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"

#define MAGIC          "cooper-trail-1\n"
#define MAGIC_SIZE     sizeof MAGIC
#define HASH_SIZE      32
#define HEAD_SIZE      (MAGIC_SIZE + HASH_SIZE)

#define TRAIL_SIZE_MAX ((size_t)1 << 30)

static char *
trail_name(const char *name)
{
	auto_free char *text = mem_print("trail %s", name);
	struct digest d = digest_of(text, strlen(text));
	char hex[DIGEST_HEX_MAX];

	return mem_print("contexts/%s", digest_hex(&d, hex));
}

struct digest
trail_state(const struct trail *t)
{
	auto_hasher struct hasher *h = hasher_new(DIGEST_SHA256);

	for (size_t i = 0; i < t->steps.n; i++)
		hasher_add(h, t->steps.at[i].key.bytes, HASH_SIZE);
	return hasher_end(h);
}

bool
trail_is_current(struct store *st, const char *name, const struct digest *state)
{
	auto_free char *path = trail_name(name);
	auto_fd int fd = openat(store_fd(st), path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char head[HEAD_SIZE];

	return fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head &&
	       memcmp(head, MAGIC, MAGIC_SIZE) == 0 &&
	       memcmp(head + MAGIC_SIZE, state->bytes, HASH_SIZE) == 0;
}

/* ------------------------------------------------------------ reading */

/* What is left of the file. Once something was missing all that follows is empty. */
struct cursor {
	struct text rest;
	struct arena *arena;
	bool failed;
};

static void
get(struct cursor *c, void *to, size_t n)
{
	memset(to, 0, n);
	if (c->rest.n < n) {
		c->failed = true;
		return;
	}
	memcpy(to, c->rest.p, n);
	c->rest = text_from(c->rest, n);
}

static uint32_t
get_u32(struct cursor *c)
{
	uint32_t n = 0;

	get(c, &n, sizeof n);
	return n;
}

static struct text
get_text(struct cursor *c)
{
	uint32_t n = get_u32(c);
	struct text t = text_first(c->rest, n);

	if (c->failed || n > c->rest.n) {
		c->failed = true;
		return (struct text){ "", 0 };
	}
	c->rest = text_from(c->rest, n);
	return t;
}

static void
get_step(struct cursor *c, struct trail_step *s)
{
	uint32_t n = 0;

	s->stage = arena_text(c->arena, get_text(c));
	s->command = arena_text(c->arena, get_text(c));
	s->key = (struct digest){ .alg = DIGEST_SHA256 };
	get(c, s->key.bytes, HASH_SIZE);
	n = get_u32(c);
	for (uint32_t i = 0; i < n && !c->failed; i++) {
		auto_free char *name = text_copy(get_text(c));

		preimage_add(&s->preimage, name, get_text(c));
	}
	n = get_u32(c);
	for (uint32_t i = 0; i < n && !c->failed; i++) {
		struct trail_file *f = array_add(&s->files);

		f->path = arena_text(c->arena, get_text(c));
		f->link = arena_text(c->arena, get_text(c));
		get(c, &f->content, sizeof f->content);
		f->mode = get_u32(c);
	}
}

static bool
is_whole(struct text bytes)
{
	struct digest sum;

	if (bytes.n < HEAD_SIZE + HASH_SIZE || memcmp(bytes.p, MAGIC, MAGIC_SIZE) != 0)
		return false;
	sum = digest_of(bytes.p, bytes.n - HASH_SIZE);
	return memcmp(sum.bytes, bytes.p + bytes.n - HASH_SIZE, HASH_SIZE) == 0;
}

bool
trail_read(struct store *st, const char *name, struct trail *out)
{
	auto_free char *path = trail_name(name);
	auto_error struct error ignored = ERROR_INIT;
	auto_buf struct buf bytes = BUF_INIT;
	struct cursor c = { .arena = arena_new() };

	out->arena = c.arena;
	if (file_read(store_fd(st), path, TRAIL_SIZE_MAX, &bytes, &ignored) <= 0 ||
	    !is_whole(buf_text(&bytes)))
		return false;
	c.rest = text_from(text_first(buf_text(&bytes), bytes.n - HASH_SIZE), HEAD_SIZE);
	while (c.rest.n > 0 && !c.failed)
		get_step(&c, array_add(&out->steps));
	return !c.failed;
}

/* ------------------------------------------------------------ writing */

static void
put_u32(struct buf *out, uint32_t n)
{
	buf_add(out, &n, sizeof n);
}

static void
put_text(struct buf *out, struct text t)
{
	put_u32(out, (uint32_t)t.n);
	buf_add_text(out, t);
}

static void
put_step(struct buf *out, const struct trail_step *s)
{
	put_text(out, s->stage);
	put_text(out, s->command);
	buf_add(out, s->key.bytes, HASH_SIZE);
	put_u32(out, (uint32_t)s->preimage.fields.n);
	for (size_t i = 0; i < s->preimage.fields.n; i++) {
		put_text(out, text_of(s->preimage.fields.at[i].name));
		put_text(out, s->preimage.fields.at[i].value);
	}
	put_u32(out, (uint32_t)s->files.n);
	for (size_t i = 0; i < s->files.n; i++) {
		const struct trail_file *f = &s->files.at[i];

		put_text(out, f->path);
		put_text(out, f->link);
		buf_add(out, &f->content, sizeof f->content);
		put_u32(out, f->mode);
	}
}

void
trail_write(struct store *st, const char *name, const struct trail *t)
{
	auto_free char *path = trail_name(name);
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	struct digest sum = trail_state(t);

	buf_add(&out, MAGIC, MAGIC_SIZE);
	buf_add(&out, sum.bytes, HASH_SIZE);
	for (size_t i = 0; i < t->steps.n; i++)
		put_step(&out, &t->steps.at[i]);
	sum = digest_of(out.p, out.n);
	buf_add(&out, sum.bytes, HASH_SIZE);
	if (file_replace(store_fd(st), path, out.p, out.n, 0644, &err) < 0)
		event_warn_error(0, &err, "what steps were made of: not remembered");
}

void
trail_clear(struct trail *t)
{
	for (size_t i = 0; i < t->steps.n; i++) {
		preimage_clear(&t->steps.at[i].preimage);
		array_clear(&t->steps.at[i].files);
	}
	array_clear(&t->steps);
	arena_free(t->arena);
	*t = (struct trail){ 0 };
}
