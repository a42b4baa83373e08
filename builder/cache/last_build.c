#include "builder/cache/last_build.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/event.h"
#include "base/sealed.h"
#include "layers/store.h"

#define MAGIC      "cooper-last-build-1\n"
#define MAGIC_SIZE sizeof MAGIC
#define HASH_SIZE  32
#define HEAD_SIZE  (MAGIC_SIZE + HASH_SIZE)

static char *
last_build_name(const char *name)
{
	auto_free char *text = mem_print("last build %s", name);
	struct digest d = digest_of(text, strlen(text));
	char hex[DIGEST_HEX_MAX];

	return mem_print("contexts/%s", digest_hex(&d, hex));
}

struct digest
last_build_state(const struct last_build *t)
{
	auto_hasher struct hasher *h = hasher_new(DIGEST_SHA256);

	for (size_t i = 0; i < t->steps.n; i++)
		hasher_add(h, t->steps.at[i].key.bytes, HASH_SIZE);
	return hasher_end(h);
}

bool
last_build_is_current(struct store *st, const char *name, const struct digest *state)
{
	auto_free char *path = last_build_name(name);
	auto_fd int fd = openat(store_fd(st), path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char head[HEAD_SIZE];

	return fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head &&
	       memcmp(head, MAGIC, MAGIC_SIZE) == 0 &&
	       memcmp(head + MAGIC_SIZE, state->bytes, HASH_SIZE) == 0;
}

/* ------------------------------------------------------------ reading */

static uint32_t
get_u32(struct sealed_reader *r)
{
	uint32_t n = 0;

	sealed_get_copy(r, &n, sizeof n);
	return n;
}

/* Valid until the next one. */
static struct text
get_text(struct sealed_reader *r)
{
	uint32_t n = get_u32(r);
	const char *p = sealed_get(r, n);

	return p == NULL ? TEXT("") : (struct text){ p, n };
}

static void
get_step(struct sealed_reader *r, struct last_build_step *s, struct arena *arena)
{
	uint32_t n = 0;

	s->stage = arena_text(arena, get_text(r));
	s->command = arena_text(arena, get_text(r));
	s->key = (struct digest){ .alg = DIGEST_SHA256 };
	sealed_get_copy(r, s->key.bytes, HASH_SIZE);
	n = get_u32(r);
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		auto_free char *name = text_copy(get_text(r));

		preimage_add(&s->preimage, name, get_text(r));
	}
	n = get_u32(r);
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		struct last_build_file *f = array_add(&s->files);

		f->path = arena_text(arena, get_text(r));
		f->link = arena_text(arena, get_text(r));
		sealed_get_copy(r, &f->content, sizeof f->content);
		f->mode = get_u32(r);
	}
}

bool
last_build_read(struct store *st, const char *name, struct last_build *out)
{
	auto_free char *path = last_build_name(name);
	auto_error struct error ignored = ERROR_INIT;
	auto_sealed_reader struct sealed_reader r = SEALED_READER_INIT;
	const void *head = NULL;

	out->arena = arena_new();
	if (sealed_open(&r, store_fd(st), path, &ignored) <= 0)
		return false;
	head = sealed_get(&r, HEAD_SIZE);
	if (head == NULL || memcmp(head, MAGIC, MAGIC_SIZE) != 0)
		return false;
	while (sealed_left(&r) > 0 && !r.failed)
		get_step(&r, array_add(&out->steps), out->arena);
	return sealed_is_whole(&r);
}

/* ------------------------------------------------------------ writing */

static void
put_u32(struct sealed_writer *w, uint32_t n)
{
	sealed_add(w, &n, sizeof n);
}

static void
put_text(struct sealed_writer *w, struct text t)
{
	put_u32(w, (uint32_t)t.n);
	sealed_add_text(w, t);
}

static void
put_step(struct sealed_writer *w, const struct last_build_step *s)
{
	put_text(w, s->stage);
	put_text(w, s->command);
	sealed_add(w, s->key.bytes, HASH_SIZE);
	put_u32(w, (uint32_t)s->preimage.fields.n);
	for (size_t i = 0; i < s->preimage.fields.n; i++) {
		put_text(w, text_of(s->preimage.fields.at[i].name));
		put_text(w, s->preimage.fields.at[i].value);
	}
	put_u32(w, (uint32_t)s->files.n);
	for (size_t i = 0; i < s->files.n; i++) {
		const struct last_build_file *f = &s->files.at[i];

		put_text(w, f->path);
		put_text(w, f->link);
		sealed_add(w, &f->content, sizeof f->content);
		put_u32(w, f->mode);
	}
}

static int
fill_last_build(void *arg, struct sealed_writer *w, struct error *err)
{
	const struct last_build *t = *(const struct last_build *const *)arg;
	struct digest state = last_build_state(t);

	(void)err;
	sealed_add(w, MAGIC, MAGIC_SIZE);
	sealed_add(w, state.bytes, HASH_SIZE);
	for (size_t i = 0; i < t->steps.n; i++)
		put_step(w, &t->steps.at[i]);
	return 0;
}

void
last_build_write(struct store *st, const char *name, const struct last_build *t)
{
	auto_free char *path = last_build_name(name);
	auto_error struct error err = ERROR_INIT;

	if (sealed_replace(store_fd(st), path, 0644, fill_last_build, &t, &err) < 0)
		event_warn_error(0, &err, "inputs of steps: not stored");
}

void
last_build_clear(struct last_build *t)
{
	for (size_t i = 0; i < t->steps.n; i++) {
		preimage_clear(&t->steps.at[i].preimage);
		array_clear(&t->steps.at[i].files);
	}
	array_clear(&t->steps);
	arena_free(t->arena);
	*t = (struct last_build){ 0 };
}
