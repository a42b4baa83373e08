#include "builder/cache/noted_build.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/listing.h"
#include "base/sealed.h"
#include "layers/store.h"

#define BUILD_MAGIC  "cooper-built-1\n"
#define FILES_MAGIC  "cooper-files-1\n"
#define MAGIC_SIZE   sizeof BUILD_MAGIC
#define BUILD_PREFIX "built-"
#define FILES_PREFIX "files-"

#define HASH_SIZE    32

/* Notes that are kept: of builds by number, of lists of files by their bytes. */
#define BUILDS_MAX 32
#define FILES_MAX  ((uint64_t)32 << 20)

static char *
note_name(const char *prefix, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	return mem_print("contexts/%s%s", prefix, digest_hex(d, hex));
}

struct digest
noted_place(const char *name)
{
	return digest_of(name, strlen(name));
}

static bool
touch(struct store *st, const char *name)
{
	return utimensat(store_fd(st), name, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
noted_build_touch(struct store *st, const struct digest *state)
{
	auto_free char *name = note_name(BUILD_PREFIX, state);

	return touch(st, name);
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

static struct digest
get_hash(struct sealed_reader *r)
{
	static const uint8_t zeros[HASH_SIZE];
	struct digest d = { .alg = DIGEST_SHA256 };

	sealed_get_copy(r, d.bytes, HASH_SIZE);
	if (memcmp(d.bytes, zeros, HASH_SIZE) == 0)
		d.alg = DIGEST_NONE;
	return d;
}

static void
get_fields(struct sealed_reader *r, struct preimage *out)
{
	uint32_t n = get_u32(r);

	for (uint32_t i = 0; i < n && !r->failed; i++) {
		auto_free char *name = text_copy(get_text(r));

		preimage_add(out, name, get_text(r));
	}
}

static void
get_step(struct sealed_reader *r, struct noted_step *s, struct arena *arena)
{
	uint32_t n = 0;

	s->stage = arena_text(arena, get_text(r));
	s->command = arena_text(arena, get_text(r));
	s->key = get_hash(r);
	s->outcome = get_u32(r);
	s->is_image = get_u32(r) != 0;
	s->list = get_hash(r);
	n = get_u32(r);
	for (uint32_t i = 0; i < n && !r->failed; i++)
		array_push(&s->inputs, get_u32(r));
	get_fields(r, &s->preimage);
	get_fields(r, &s->facts);
}

static bool
open_note(struct sealed_reader *r, struct store *st, const char *name, const char *magic)
{
	auto_error struct error ignored = ERROR_INIT;
	const void *head = NULL;

	if (sealed_open(r, store_fd(st), name, &ignored) <= 0)
		return false;
	head = sealed_get(r, MAGIC_SIZE);
	return head != NULL && memcmp(head, magic, MAGIC_SIZE) == 0;
}

/* Inputs come before their users. */
static bool
has_valid_inputs(const struct noted_build *t)
{
	for (size_t i = 0; i < t->steps.n; i++)
		for (size_t k = 0; k < t->steps.at[i].inputs.n; k++)
			if (t->steps.at[i].inputs.at[k] >= i)
				return false;
	return true;
}

static bool
read_build(struct store *st, const char *name, struct noted_build *out)
{
	auto_sealed_reader struct sealed_reader r = SEALED_READER_INIT;

	out->arena = arena_new();
	if (!open_note(&r, st, name, BUILD_MAGIC))
		return false;
	out->place = get_hash(&r);
	while (sealed_left(&r) > 0 && !r.failed)
		get_step(&r, array_add(&out->steps), out->arena);
	return sealed_is_whole(&r) && has_valid_inputs(out);
}

bool
noted_files_read(struct store *st, struct noted_build *build, struct noted_step *step)
{
	auto_sealed_reader struct sealed_reader r = SEALED_READER_INIT;
	auto_free char *name = NULL;

	if (step->files.n > 0 || !digest_known(&step->list))
		return step->files.n > 0;
	name = note_name(FILES_PREFIX, &step->list);
	if (!open_note(&r, st, name, FILES_MAGIC))
		return false;
	while (sealed_left(&r) > 0 && !r.failed) {
		struct noted_file *f = array_add(&step->files);

		f->path = arena_text(build->arena, get_text(&r));
		f->link = arena_text(build->arena, get_text(&r));
		sealed_get_copy(&r, &f->content, sizeof f->content);
		f->mode = get_u32(&r);
	}
	if (sealed_is_whole(&r))
		return true;
	array_clear(&step->files);
	return false;
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
put_fields(struct sealed_writer *w, const struct preimage *p)
{
	put_u32(w, (uint32_t)p->fields.n);
	for (size_t i = 0; i < p->fields.n; i++) {
		put_text(w, text_of(p->fields.at[i].name));
		put_text(w, p->fields.at[i].value);
	}
}

static void
put_step(struct sealed_writer *w, const struct noted_step *s)
{
	put_text(w, s->stage);
	put_text(w, s->command);
	sealed_add(w, s->key.bytes, HASH_SIZE);
	put_u32(w, s->outcome);
	put_u32(w, s->is_image);
	sealed_add(w, s->list.bytes, HASH_SIZE);
	put_u32(w, (uint32_t)s->inputs.n);
	for (size_t i = 0; i < s->inputs.n; i++)
		put_u32(w, (uint32_t)s->inputs.at[i]);
	put_fields(w, &s->preimage);
	put_fields(w, &s->facts);
}

static int
fill_build(void *arg, struct sealed_writer *w, struct error *err)
{
	const struct noted_build *t = *(const struct noted_build *const *)arg;

	(void)err;
	sealed_add(w, BUILD_MAGIC, MAGIC_SIZE);
	sealed_add(w, t->place.bytes, HASH_SIZE);
	for (size_t i = 0; i < t->steps.n; i++)
		put_step(w, &t->steps.at[i]);
	return 0;
}

static int
fill_files(void *arg, struct sealed_writer *w, struct error *err)
{
	const struct noted_files *files = *(const struct noted_files *const *)arg;

	(void)err;
	sealed_add(w, FILES_MAGIC, MAGIC_SIZE);
	for (size_t i = 0; i < files->n; i++) {
		const struct noted_file *f = &files->at[i];

		put_text(w, f->path);
		put_text(w, f->link);
		sealed_add(w, &f->content, sizeof f->content);
		put_u32(w, f->mode);
	}
	return 0;
}

static struct digest
list_digest(const struct noted_files *files)
{
	auto_hasher struct hasher *h = hasher_new(DIGEST_SHA256);

	for (size_t i = 0; i < files->n; i++) {
		const struct noted_file *f = &files->at[i];

		hasher_add(h, &f->path.n, sizeof f->path.n);
		hasher_add(h, f->path.p, f->path.n);
		hasher_add(h, &f->link.n, sizeof f->link.n);
		hasher_add(h, f->link.p, f->link.n);
		hasher_add(h, &f->content, sizeof f->content);
		hasher_add(h, &f->mode, sizeof f->mode);
	}
	return hasher_end(h);
}

static int
write_files(struct store *st, struct noted_step *s, struct error *err)
{
	const struct noted_files *files = &s->files;
	auto_free char *name = NULL;

	if (files->n == 0)
		return 0;
	s->list = list_digest(files);
	name = note_name(FILES_PREFIX, &s->list);
	return touch(st, name) ? 0
	                       : sealed_replace(store_fd(st), name, 0644, fill_files,
	                                        &files, err);
}

/* ------------------------------------------------------------ the folder */

/* A note in contexts/. */
struct note {
	char *name;
	int64_t used_ns;
	uint64_t size;
};

struct notes {
	struct note *at;
	size_t n, cap;
};

static void
notes_clear(struct notes *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i].name);
	array_clear(p);
}
#define auto_notes __attribute__((cleanup(notes_clear)))

/* The last used first. */
static int
compare_notes(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->used_ns != y->used_ns)
		return x->used_ns > y->used_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
list_notes(struct store *st, const char *prefix, struct notes *out)
{
	auto_listing struct listing list = listing_open(store_fd(st), "contexts");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL) {
		struct stat sb;

		if (!text_starts(text_of(name), prefix) ||
		    fstatat(listing_fd(&list), name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		array_push(out, ((struct note){ .name = mem_print("contexts/%s", name),
		                                .used_ns = clock_mtime_ns(&sb),
		                                .size = (uint64_t)sb.st_size }));
	}
	array_sort(out, compare_notes);
}

static void
drop_oldest(struct store *st)
{
	auto_notes struct notes builds = { 0 }, files = { 0 };
	uint64_t size = 0;

	list_notes(st, BUILD_PREFIX, &builds);
	for (size_t i = BUILDS_MAX; i < builds.n; i++)
		unlinkat(store_fd(st), builds.at[i].name, 0);
	list_notes(st, FILES_PREFIX, &files);
	for (size_t i = 0; i < files.n; i++) {
		size += files.at[i].size;
		if (size > FILES_MAX)
			unlinkat(store_fd(st), files.at[i].name, 0);
	}
}

int
noted_build_write(struct store *st, const struct digest *state, struct noted_build *t,
                  struct error *err)
{
	auto_free char *name = note_name(BUILD_PREFIX, state);
	int failed = 0;

	for (size_t i = 0; i < t->steps.n && failed == 0; i++)
		failed = write_files(st, &t->steps.at[i], err);
	if (failed == 0)
		failed = sealed_replace(store_fd(st), name, 0644, fill_build, &t, err);
	drop_oldest(st);
	return failed;
}

void
noted_builds_read(struct store *st, struct noted_builds *out)
{
	auto_notes struct notes notes = { 0 };

	list_notes(st, BUILD_PREFIX, &notes);
	for (size_t i = 0; i < notes.n && i < BUILDS_MAX; i++) {
		struct noted_build *t = array_add(out);

		t->used_ns = notes.at[i].used_ns;
		if (!read_build(st, notes.at[i].name, t)) {
			noted_build_clear(t);
			out->n--;
		}
	}
}

void
noted_build_clear(struct noted_build *t)
{
	for (size_t i = 0; i < t->steps.n; i++) {
		struct noted_step *s = &t->steps.at[i];

		preimage_clear(&s->preimage);
		preimage_clear(&s->facts);
		array_clear(&s->inputs);
		array_clear(&s->files);
	}
	array_clear(&t->steps);
	arena_free(t->arena);
	*t = (struct noted_build){ 0 };
}

void
noted_builds_clear(struct noted_builds *p)
{
	for (size_t i = 0; i < p->n; i++)
		noted_build_clear(&p->at[i]);
	array_clear(p);
}
