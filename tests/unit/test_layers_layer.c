/* Forms of a layer: made when asked for, once, and found again. */
#include "layers/blob.h"
#include "layers/layer.h"
#include "tests/lib/layer_fixture.h"

#include <dirent.h>
#include <libdeflate.h>
#include <pthread.h>
#include <string.h>

#include "layers/content_reader.h"

static struct layer *
make(struct fixture *f, unsigned forms)
{
	struct layer_options options = { .forms = forms, .epoch = -1 };
	struct change changes[] = { a_dir("d", 0755), a_file("d/f", 0644, "content"),
		                    an_entry("d/h", ENTRY_HARDLINK, 0644, "d/f"),
		                    a_file("z", 0600, "") };
	struct error err = ERROR_INIT;
	struct layer *l = layer_from_changes(f->store, changes, 4, &options, &err);

	assert_fine(l != NULL, &err);
	return l;
}

static size_t
count_files(struct fixture *f, const char *folder)
{
	char *path = mem_print("%s/store/%s", f->path, folder);
	DIR *dir = opendir(path);
	size_t n = 0;

	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir)) != NULL;)
		n += d->d_name[0] != '.';
	closedir(dir);
	free(path);
	return n;
}

static void
reopen(struct fixture *f)
{
	char *path = mem_print("%s/store", f->path);
	struct error err = ERROR_INIT;

	store_close(f->store);
	f->store = store_open(path, &err);
	assert_fine(f->store != NULL, &err);
	free(path);
}

static void
a_tar_alone_is_one_file_and_an_index(void **state)
{
	struct fixture *f = *state;
	struct layer *l = make(f, LAYER_TAR);

	assert_true(layer_has(l, LAYER_TAR));
	assert_false(layer_has(l, LAYER_DIR));
	assert_int_equal(count_files(f, "blobs/sha256"), 1);
	assert_int_equal(count_files(f, "layers"), 0);
	assert_int_equal(count_files(f, "trees"), 1);
	/* Equal content is the same layer. */
	assert_ptr_equal(make(f, LAYER_TAR), l);
	assert_int_equal(layer_facts(l).tar_size, 512 * 7);
}

static void
a_file_is_read_from_the_tar_without_unpacking(void **state)
{
	struct fixture *f = *state;
	struct layer *l = make(f, LAYER_TAR);
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	struct content c;
	uint64_t size;
	char bytes[16] = { 0 };
	int fd;

	assert_fine(layer_content(l, tree_find(layer_tree(l, &err), TEXT("d/h")), &c,
	                          &err) == 0,
	            &err);
	assert_int_equal(c.kind, CONTENT_RANGE);
	assert_fine(content_read(&c, 100, &out, &err) == 0, &err);
	assert_string_equal(out.p, "content");
	fd = content_open(&c, &size, &err);
	assert_int_equal(size, 7);
	assert_int_equal(read(fd, bytes, 7), 7);
	assert_string_equal(bytes, "content");
	close(fd);
	assert_int_equal(count_files(f, "layers"), 0);
	buf_clear(&out);
}

static void
what_was_made_is_found_again(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	char *with_dir = mem_copy(layer_id(make(f, LAYER_DIR)));
	char *with_tar, *before;
	struct layer *l;

	before = print_tree(layer_tree(make(f, LAYER_DIR), &err));
	with_tar = mem_copy(layer_id(make(f, LAYER_TAR)));
	reopen(f);
	assert_int_equal(layer_find(f->store, with_dir, &l, &err), 1);
	assert_true(layer_has(l, LAYER_DIR));
	assert_fine(layer_make(l, LAYER_TAR, NULL, &err) == 0, &err);
	assert_int_equal(layer_find(f->store, with_tar, &l, &err), 1);
	assert_true(layer_has(l, LAYER_TAR));
	reopen(f);
	/* The diffID is remembered beside the directory. */
	assert_int_equal(layer_find(f->store, with_dir, &l, &err), 1);
	assert_true(layer_has(l, LAYER_TAR));
	assert_int_equal(
	        layer_find(f->store, "0123456789abcdef0123456789abcdef", &l, &err), 0);
	assert_int_equal(layer_find(f->store, "../../etc", &l, &err), -1);
	error_clear(&err);
	free(with_dir);
	free(with_tar);
	free(before);
}

/* Overwrites, cuts or removes the index, and looks what comes of it. */
static void
a_damaged_index_is_made_again_or_a_miss(void **state)
{
	static const unsigned forms[] = { LAYER_TAR, LAYER_DIR };

	for (int damage = 0; damage < 3; damage++) {
		for (int i = 0; i < 2; i++) {
			struct fixture *f = *state;
			struct error err = ERROR_INIT;
			struct layer *l = make(f, forms[i]);
			char *id = mem_copy(layer_id(l));
			char *path = mem_print("%s/store/trees/%s", f->path, id);
			char *want = print_tree(layer_tree(l, &err)), *got;

			if (damage == 0)
				assert_int_equal(unlink(path), 0);
			else if (damage == 1)
				assert_int_equal(truncate(path, 40), 0);
			else
				assert_int_equal(file_replace(AT_FDCWD, path, "cooptree",
				                              8, 0644, &err),
				                 0);
			reopen(f);
			/* From the tar; a directory alone is as good as lost. */
			assert_int_equal(layer_find(f->store, id, &l, &err),
			                 forms[i] == LAYER_TAR);
			got = forms[i] == LAYER_TAR ? print_tree(layer_tree(l, &err))
			                            : mem_copy(want);
			assert_string_equal(got, want);
			free(got);
			free(want);
			free(path);
			free(id);
		}
	}
}

static void
later_times_become_the_epoch(void **state)
{
	struct fixture *f = *state;
	struct layer_options options = { .forms = LAYER_TAR | LAYER_DIR, .epoch = 1000 };
	struct change changes[] = { a_dir("d", 0755), a_file("d/f", 0644, "x") };
	struct error err = ERROR_INIT;
	struct stat st;
	struct layer *l;
	char *path;

	changes[1].entry.mtime = 500;
	l = layer_from_changes(f->store, changes, 2, &options, &err);
	assert_fine(l != NULL, &err);
	assert_int_equal(tree_find(layer_tree(l, &err), TEXT("d"))->mtime, 1000);
	assert_int_equal(tree_find(layer_tree(l, &err), TEXT("d/f"))->mtime, 500);
	path = mem_print("%s/d", layer_dir(l));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mtime, 1000);
	free(path);
}

static void
a_file_of_another_size_is_refused(void **state)
{
	static const int sizes[] = { 0, 6, 8 };
	struct fixture *f = *state;
	int fd = open(f->path, O_RDONLY | O_DIRECTORY);

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct layer_options options = { .forms = LAYER_TAR, .epoch = -1 };
		struct change c = a_file("f", 0644, "1234567");
		struct error err = ERROR_INIT;

		close(openat(fd, "source", O_CREAT | O_WRONLY, 0600));
		assert_int_equal(ftruncate(openat(fd, "source", O_WRONLY), sizes[i]), 0);
		c.content = (struct content){ .kind = CONTENT_FILE,
			                      .dir_fd = fd,
			                      .path = TEXT("source") };
		assert_null(layer_from_changes(f->store, &c, 1, &options, &err));
		assert_int_equal(err.code, ERR_SOURCE);
		assert_string_equal(err.text, "f: changed while it was read");
		error_clear(&err);
	}
	close(fd);
}

static void
nothing_stays_after_a_failure_or_a_cancel(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct cancel *cancel = cancel_new(&err);
	struct layer_options options = { .forms = LAYER_TAR | LAYER_DIR,
		                         .epoch = -1,
		                         .cancel = cancel };
	struct change changes[] = { a_file("f", 0644, "x") };

	cancel_trigger(cancel);
	assert_null(layer_from_changes(f->store, changes, 1, &options, &err));
	assert_int_equal(err.code, ERR_CANCELLED);
	error_clear(&err);
	cancel_free(cancel);
	assert_int_equal(count_files(f, "blobs/sha256"), 0);
	assert_int_equal(count_files(f, "layers"), 0);
	assert_int_equal(count_files(f, "trees"), 0);
}

/* A part of PIECES pieces: '0' zeros, 'x' something else. */
static void
write_part(struct fixture *f, const char *pieces)
{
	enum { PIECE = 256 * 1024 };
	auto_buf struct buf whole = BUF_INIT, read = BUF_INIT;
	auto_free char *bytes = mem_new(PIECE);
	struct error err = ERROR_INIT;
	struct part *part = part_new(f->store, &err);
	struct digest want, got;
	char hex[DIGEST_HEX_MAX];
	struct stat found;
	size_t written = 0;
	char *path;

	for (const char *c = pieces; *c != '\0'; c++) {
		memset(bytes, *c == '0' ? 0 : *c, PIECE);
		written += *c == '0' ? 0 : PIECE;
		buf_add(&whole, bytes, PIECE);
		assert_fine(part_write(part, bytes, PIECE, &err) == 0, &err);
	}
	want = digest_of(whole.p, whole.n);
	assert_fine(part_keep(part, &want, &got, &err) == 0, &err);
	assert_true(digest_equal(&want, &got));
	assert_fine(blob_read(f->store, &want, whole.n, &read, &err) == 0, &err);
	assert_true(text_equal(buf_text(&whole), buf_text(&read)));
	path = mem_print("%s/store/blobs/sha256/%s", f->path, digest_hex(&want, hex));
	assert_int_equal(stat(path, &found), 0);
	assert_true((size_t)found.st_blocks * 512 <= written + 65536);
	free(path);
}

static void
zeros_in_a_blob_take_no_space(void **state)
{
	write_part(*state, "x");
	write_part(*state, "0");
	write_part(*state, "0x0");
	write_part(*state, "x00000000x");
	write_part(*state, "x0000");
}

/* ------------------------------------------------------------ pulled layers */

struct pulling {
	struct fixture *fixture;
	struct buf blob;
	int fetched;
	bool damaged, large;
	layer_fetch_fn *fetch; /* NULL: the plain one */
	int *begun;
};

static int
fetch(void *arg, const struct descriptor *blob, struct growing_blob *reader,
      struct error *err)
{
	struct pulling *p = arg;
	struct digest d;

	(void)blob;
	(void)reader;
	p->fetched++;
	if (p->damaged)
		return error_set(err, ERR_NETWORK, "no connection");
	return blob_write(p->fixture->store, p->blob.p, p->blob.n, &d, err);
}

/* Enough for all threads to start. */
static struct layer *
make_large(struct fixture *f, unsigned forms)
{
	enum { FILES = 40, SIZE = 150000 };
	struct layer_options options = { .forms = forms, .epoch = -1 };
	struct change changes[FILES];
	struct error err = ERROR_INIT;
	char names[FILES][8], *bytes = mem_new(SIZE + 1);
	uint32_t state = 1;
	struct layer *l;

	/* So that its blob is large, too. */
	for (size_t i = 0; i < SIZE; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (char)(1 + (state >> 24) % 255);
	}
	for (size_t i = 0; i < FILES; i++) {
		snprintf(names[i], sizeof names[i], "f%02zu", i);
		changes[i] = a_file(names[i], 0644, bytes);
	}
	l = layer_from_changes(f->store, changes, FILES, &options, &err);
	assert_fine(l != NULL, &err);
	free(bytes);
	return l;
}

/* The tar of make(), compressed, as if from a registry. */
static struct layer *
pulled(struct fixture *f, struct pulling *p, const struct digest *wrong_diffid)
{
	char *path = mem_print("%s/first", f->path);
	struct descriptor blob = { .media_type = mem_copy(MEDIA_OCI_LAYER_GZIP) };
	struct error err = ERROR_INIT;
	struct fixture first = { .store = store_open(path, &err) };
	struct buf tar = BUF_INIT;
	struct digest diffid;
	struct layer *l = p->large ? make_large(&first, LAYER_TAR)
	                           : make(&first, LAYER_TAR);
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(6);

	assert_true(layer_diffid(l, &diffid));
	assert_fine(blob_read(first.store, &diffid, 1 << 24, &tar, &err) >= 0, &err);
	store_close(first.store);
	buf_reserve(&p->blob, tar.n + 65536);
	p->blob.n = libdeflate_gzip_compress(z, tar.p, tar.n, p->blob.p, tar.n + 65536);
	assert_true(p->blob.n > 0);
	libdeflate_free_compressor(z);
	p->fixture = f;
	blob.digest = digest_of(p->blob.p, p->blob.n);
	blob.size = p->blob.n;
	l = layer_of_blob(f->store, &blob, wrong_diffid != NULL ? wrong_diffid : &diffid,
	                  p->fetch != NULL ? p->fetch : fetch, p, &err);
	assert_fine(l != NULL, &err);
	descriptor_clear(&blob);
	buf_clear(&tar);
	free(path);
	return l;
}

static void
a_pulled_layer_is_fetched_when_needed_and_once(void **state)
{
	struct pulling p = { 0 };
	struct layer *l = pulled(*state, &p, NULL);
	struct error err = ERROR_INIT;

	assert_int_equal(p.fetched, 0);
	assert_fine(layer_make(l, LAYER_DIR, NULL, &err) == 0, &err);
	assert_true(layer_has(l, LAYER_TREE));
	assert_false(layer_has(l, LAYER_TAR));
	assert_fine(layer_make(l, LAYER_TAR, NULL, &err) == 0, &err);
	assert_int_equal(p.fetched, 1);
	assert_int_equal(count_files(*state, "layers"), 1);
	buf_clear(&p.blob);
}

static void
all_forms_are_made_in_one_pass(void **state)
{
	struct pulling p = { 0 };
	struct layer *l = pulled(*state, &p, NULL);
	struct error err = ERROR_INIT;

	assert_fine(layer_make(l, LAYER_DIR | LAYER_TAR | LAYER_TREE | LAYER_BLOB, NULL,
	                       &err) == 0,
	            &err);
	assert_int_equal(layer_facts(l).tar_size, 512 * 7);
	buf_clear(&p.blob);
}

static void
a_large_layer_goes_through_all_threads(void **state)
{
	static const unsigned forms[] = { LAYER_DIR, LAYER_TAR | LAYER_DIR };

	for (size_t i = 0; i < 2; i++) {
		struct pulling p = { .large = true };
		struct layer *l = pulled(*state, &p, NULL);
		struct error err = ERROR_INIT;
		struct stat st;
		char *last;

		assert_fine(layer_make(l, forms[i], NULL, &err) == 0, &err);
		last = mem_print("%s/f39", layer_dir(l));
		assert_int_equal(stat(last, &st), 0);
		assert_int_equal(st.st_size, 150000);
		free(last);
		buf_clear(&p.blob);
	}
}

/* Changes the file of D: a part of it, a byte of it, all of it, or that it is there. */
enum harm { HARM_CUT, HARM_BYTE, HARM_EMPTY, HARM_GONE, N_HARMS };

static void
harm_blob(struct fixture *f, const struct digest *d, enum harm harm)
{
	char hex[DIGEST_HEX_MAX];
	auto_free char *path = mem_print("%s/store/blobs/sha256/%s", f->path,
	                                 digest_hex(d, hex));
	auto_fd int fd = -1;
	struct stat st;
	char c;

	if (harm == HARM_GONE) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	if (harm == HARM_BYTE) {
		assert_int_equal(pread(fd, &c, 1, st.st_size / 2), 1);
		c ^= 1;
		assert_int_equal(pwrite(fd, &c, 1, st.st_size / 2), 1);
	} else {
		assert_int_equal(ftruncate(fd, harm == HARM_CUT ? st.st_size / 2 : 0), 0);
	}
}

static void
a_pulled_layer_that_is_damaged_in_the_store_is_fetched_again(void **state)
{
	static const unsigned forms[] = { LAYER_TREE, LAYER_DIR, LAYER_TAR,
		                          LAYER_DIR | LAYER_TAR };
	struct fixture *f = *state;

	for (int large = 0; large < 2; large++) {
		for (size_t i = 0; i < N_HARMS * (sizeof forms / sizeof *forms); i++) {
			enum harm harm = (enum harm)(i % N_HARMS);
			struct pulling p = { .large = large };
			struct layer *l = pulled(f, &p, NULL);
			struct error err = ERROR_INIT;

			assert_fine(layer_make(l, LAYER_BLOB, NULL, &err) == 0, &err);
			harm_blob(f, &layer_blob(l)->digest, harm);
			assert_fine(layer_make(l, forms[i / N_HARMS], NULL, &err) == 0,
			            &err);
			assert_int_equal(p.fetched, 2);
			assert_false(layer_is_lost(l));
			buf_clear(&p.blob);
			fixture_teardown(state);
			fixture_setup(state);
			f = *state;
		}
	}
}

static void
a_damaged_layer_that_cannot_be_fetched_is_lost(void **state)
{
	struct pulling p = { .large = true };
	struct layer *l = pulled(*state, &p, NULL);
	struct error err = ERROR_INIT;

	assert_fine(layer_make(l, LAYER_BLOB, NULL, &err) == 0, &err);
	harm_blob(*state, &layer_blob(l)->digest, HARM_CUT);
	p.damaged = true;
	assert_int_equal(layer_make(l, LAYER_DIR, NULL, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	error_clear(&err);
	assert_true(layer_is_lost(l));
	assert_int_equal(count_files(*state, "layers"), 0);
	p.damaged = false;
	assert_fine(layer_make(l, LAYER_DIR, NULL, &err) == 0, &err);
	assert_false(layer_is_lost(l));
	buf_clear(&p.blob);
}

static void
a_failed_fetch_can_be_tried_again(void **state)
{
	struct pulling p = { .damaged = true };
	struct layer *l = pulled(*state, &p, NULL);
	struct error err = ERROR_INIT;

	assert_int_equal(layer_make(l, LAYER_TREE, NULL, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	error_clear(&err);
	p.damaged = false;
	assert_fine(layer_make(l, LAYER_TREE, NULL, &err) == 0, &err);
	buf_clear(&p.blob);
}

/* ------------------------------------------------------------ as it arrives */

/* A fetch that shows its bytes while it writes them, the second half only after the first
 * was unpacked, or it breaks off there. */
struct slow_fetch {
	struct pulling pulling;
	char *first_file; /* shows that something was unpacked; NULL: breaks off */
	bool seen;
};

static bool
find_below(const char *dir, const char *name)
{
	auto_free char *command = mem_print("find %s/store/tmp -name %s | grep -q .", dir,
	                                    name);

	return system(command) == 0;
}

static int
fetch_slowly(void *arg, const struct descriptor *blob, struct growing_blob *reader,
             struct error *err)
{
	struct slow_fetch *s = arg;
	struct pulling *p = &s->pulling;
	auto_part struct part *part = part_new_verified(p->fixture->store, reader, err);
	size_t half = p->blob.n / 2;

	p->fetched++;
	assert_non_null(reader);
	assert_int_equal(part_write(part, p->blob.p, half, err), 0);
	if (s->first_file == NULL)
		return error_set(err, ERR_NETWORK, "connection reset");
	for (int i = 0; i < 500 && !s->seen; i++) {
		s->seen = find_below(p->fixture->path, s->first_file);
		usleep(10000);
	}
	assert_int_equal(part_write(part, p->blob.p + half, p->blob.n - half, err), 0);
	return part_keep(take(part), &blob->digest, NULL, err);
}

/* A layer whose blob is large enough to be unpacked on the way. */
static struct layer *
slow(struct fixture *f, struct slow_fetch *s)
{
	s->pulling.large = true;
	s->pulling.fetch = fetch_slowly;
	return pulled(f, &s->pulling, NULL);
}

static void
a_layer_is_unpacked_while_it_arrives(void **state)
{
	struct slow_fetch s = { .first_file = mem_copy("f01") };
	struct layer *l = slow(*state, &s);
	struct error err = ERROR_INIT;

	assert_fine(layer_make(l, LAYER_DIR | LAYER_BLOB, NULL, &err) == 0, &err);
	assert_true(s.seen);
	assert_int_equal(s.pulling.fetched, 1);
	assert_true(layer_has(l, LAYER_BLOB));
	assert_int_equal(count_files(*state, "blobs/sha256"), 1);
	free(s.first_file);
	buf_clear(&s.pulling.blob);
}

static void
a_fetch_that_breaks_off_says_why_and_leaves_nothing(void **state)
{
	struct slow_fetch s = { 0 };
	struct layer *l = slow(*state, &s);
	struct error err = ERROR_INIT;

	assert_int_equal(layer_make(l, LAYER_DIR, NULL, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	assert_non_null(strstr(err.text, "connection reset"));
	error_clear(&err);
	assert_int_equal(count_files(*state, "layers"), 0);
	assert_int_equal(count_files(*state, "blobs/sha256"), 0);
	buf_clear(&s.pulling.blob);
}

/* Each waits until the other has begun. */
static int
fetch_together(void *arg, const struct descriptor *blob, struct growing_blob *reader,
               struct error *err)
{
	struct pulling *p = arg;

	__atomic_add_fetch(p->begun, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 500 && __atomic_load_n(p->begun, __ATOMIC_SEQ_CST) < 2; i++)
		usleep(10000);
	return fetch(arg, blob, reader, err);
}

static void
layers_are_pulled_side_by_side(void **state)
{
	int begun = 0;
	struct pulling p[2] = {
		{ .fetch = fetch_together, .begun = &begun },
		{ .fetch = fetch_together, .begun = &begun, .large = true }
	};
	struct layer *layers[] = { pulled(*state, &p[0], NULL),
		                   pulled(*state, &p[1], NULL) };
	struct error err = ERROR_INIT;

	assert_fine(layers_make(layers, 2, LAYER_DIR, NULL, &err) == 0, &err);
	assert_int_equal(begun, 2);
	assert_true(layer_has(layers[0], LAYER_DIR) && layer_has(layers[1], LAYER_DIR));
	buf_clear(&p[0].blob);
	buf_clear(&p[1].blob);
}

static void
one_of_several_layers_that_fails_is_told(void **state)
{
	struct pulling p[2] = { { .damaged = true }, { .large = true } };
	struct layer *layers[] = { pulled(*state, &p[0], NULL),
		                   pulled(*state, &p[1], NULL) };
	struct error err = ERROR_INIT;

	assert_int_equal(layers_make(layers, 2, LAYER_DIR, NULL, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	error_clear(&err);
	buf_clear(&p[0].blob);
	buf_clear(&p[1].blob);
}

static void
a_wrong_diffid_is_found_and_nothing_is_kept(void **state)
{
	static const unsigned forms[] = { LAYER_TREE, LAYER_DIR, LAYER_TAR };
	struct digest wrong = digest_of("wrong", 5);
	struct pulling p = { 0 };
	struct layer *l = pulled(*state, &p, &wrong);

	for (size_t i = 0; i < 3; i++) {
		struct error err = ERROR_INIT;

		assert_int_equal(layer_make(l, forms[i], NULL, &err), -1);
		assert_int_equal(err.code, ERR_DAMAGED);
		error_clear(&err);
	}
	assert_int_equal(count_files(*state, "layers"), 0);
	assert_int_equal(count_files(*state, "trees"), 0);
	assert_int_equal(count_files(*state, "blobs/sha256"), 1);
	buf_clear(&p.blob);
}

static void *
make_dir_and_tree(void *arg)
{
	struct error err = ERROR_INIT;
	struct layer *l = arg;

	if (layer_make(l, LAYER_DIR, NULL, &err) < 0 || layer_tree(l, &err) == NULL)
		return err.text;
	return NULL;
}

static void
threads_that_want_the_same_share_one_pass(void **state)
{
	struct pulling p = { 0 };
	struct layer *l = pulled(*state, &p, NULL);
	pthread_t threads[8];

	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_dir_and_tree, l),
		                 0);
	for (size_t i = 0; i < 8; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(p.fetched, 1);
	assert_int_equal(count_files(*state, "layers"), 1);
	buf_clear(&p.blob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_tar_alone_is_one_file_and_an_index),
		fixture_test(a_file_is_read_from_the_tar_without_unpacking),
		fixture_test(what_was_made_is_found_again),
		fixture_test(a_damaged_index_is_made_again_or_a_miss),
		fixture_test(later_times_become_the_epoch),
		fixture_test(a_file_of_another_size_is_refused),
		fixture_test(nothing_stays_after_a_failure_or_a_cancel),
		fixture_test(a_pulled_layer_is_fetched_when_needed_and_once),
		fixture_test(all_forms_are_made_in_one_pass),
		fixture_test(a_large_layer_goes_through_all_threads),
		fixture_test(
		        a_pulled_layer_that_is_damaged_in_the_store_is_fetched_again),
		fixture_test(a_damaged_layer_that_cannot_be_fetched_is_lost),
		fixture_test(a_failed_fetch_can_be_tried_again),
		fixture_test(zeros_in_a_blob_take_no_space),
		fixture_test(a_layer_is_unpacked_while_it_arrives),
		fixture_test(a_fetch_that_breaks_off_says_why_and_leaves_nothing),
		fixture_test(layers_are_pulled_side_by_side),
		fixture_test(one_of_several_layers_that_fails_is_told),
		fixture_test(a_wrong_diffid_is_found_and_nothing_is_kept),
		fixture_test(threads_that_want_the_same_share_one_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
