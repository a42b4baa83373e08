/*
 * copy_fixture: a COPY or ADD from text to text, for tables. A tree is written one
 * entry per line; "~" in a path is a blank:
 *
 *	f PATH [MODE] [UID:GID] [CONTENT]      file, 644 0:0
 *	d PATH [MODE] [UID:GID]                directory, 755 0:0
 *	l PATH [UID:GID] TARGET                symbolic link
 *	h PATH TARGET                          hard link
 *	p PATH [MODE] [UID:GID]                fifo
 *	c PATH [MODE] [UID:GID] MAJOR,MINOR    character device
 *	o PATH                                 (output only) opaque directory
 *	t PATH ENTRY|ENTRY|…                   a tar archive of such entries
 *
 * Output lines have a letter for the time behind mode and owner, which are left
 * out if they are the usual ones: S the source's, B the base's, N now, A an
 * archive's.
 */
#ifndef TESTS_LIB_COPY_FIXTURE_H
#define TESTS_LIB_COPY_FIXTURE_H

#include "layers/changes.h"
#include "layers/content.h"
#include "layers/layer.h"
#include "layers/view.h"
#include "tests/lib/layer_fixture.h"
#include "tests/lib/raw_tar.h"

#include "base/array.h"
#include "base/number.h"
#include "base/path.h"
#include "builder/steps/internal.h"
#include "parser/plan.h"
#include "parser/step.h"

#define SOURCE_TIME  1111
#define BASE_TIME    2222
#define NOW          3333
#define ARCHIVE_TIME 4444

/* ------------------------------------------------------------ trees */

struct spec_entry {
	char type;
	char *path, *rest;
	unsigned mode, uid, gid;
};

static inline bool
spec_is_mode(struct text t)
{
	uint32_t mode = 0;

	return t.n >= 3 && t.n <= 4 && number_octal(t, &mode);
}

static inline bool
spec_is_owner(struct text t, unsigned *uid, unsigned *gid)
{
	ptrdiff_t colon = text_find(t, ':');

	return colon > 0 && number_u32(text_first(t, (size_t)colon), uid) &&
	       number_u32(text_from(t, (size_t)colon + 1), gid);
}

static inline struct text
spec_word(struct text *rest)
{
	ptrdiff_t blank = text_find(*rest, ' ');
	struct text word = blank < 0 ? *rest : text_first(*rest, (size_t)blank);

	*rest = text_from(*rest, blank < 0 ? rest->n : (size_t)blank + 1);
	return word;
}

static inline void
spec_blanks(char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '~')
			*s = ' ';
}

static inline struct spec_entry
spec_parse(struct text line)
{
	struct spec_entry e = { .type = line.p[0] };
	struct text rest = text_from(line, 2), before;

	e.mode = e.type == 'd' ? 0755 : e.type == 'l' ? 0777 : 0644;
	e.path = text_copy(spec_word(&rest));
	spec_blanks(e.path);
	before = rest;
	if (spec_is_mode(spec_word(&rest)))
		e.mode = (unsigned)strtoul(before.p, NULL, 8);
	else
		rest = before;
	before = rest;
	if (!spec_is_owner(spec_word(&rest), &e.uid, &e.gid))
		rest = before;
	e.rest = text_copy(rest);
	return e;
}

static inline void
spec_archive(const char *spec, struct buf *out)
{
	struct text rest = text_of(spec);

	while (rest.n > 0) {
		ptrdiff_t bar = text_find(rest, '|');
		struct spec_entry e = spec_parse(bar < 0 ? rest
		                                         : text_first(rest, (size_t)bar));
		struct raw_entry raw = { .name = e.path,
			                 .mode = e.mode,
			                 .uid = e.uid,
			                 .gid = e.gid,
			                 .mtime = ARCHIVE_TIME };

		raw.type = e.type == 'f'   ? '0'
		           : e.type == 'h' ? '1'
		           : e.type == 'l' ? '2'
		           : e.type == 'c' ? '3'
		           : e.type == 'd' ? '5'
		                           : '6';
		if (e.type == 'f')
			raw.content = e.rest;
		else
			raw.link = e.rest;
		raw_add(out, &raw);
		free(e.path);
		free(e.rest);
		rest = text_from(rest, bar < 0 ? rest.n : (size_t)bar + 1);
	}
	raw_end(out);
}

/* A source layer and what its texts point into. */
struct spec_tree {
	struct layer *layer;
	ARRAY(struct change) changes;
	ARRAY(char *) texts;
};

static inline void
spec_tree_clear(struct spec_tree *t)
{
	layer_free_source(t->layer);
	for (size_t i = 0; i < t->texts.n; i++)
		free(t->texts.at[i]);
	array_clear(&t->texts);
	array_clear(&t->changes);
}

static inline int
spec_compare(const void *a, const void *b)
{
	return path_compare(((const struct change *)a)->entry.path,
	                    ((const struct change *)b)->entry.path);
}

static inline void
spec_add(struct spec_tree *t, struct text line, int64_t time)
{
	struct spec_entry e = spec_parse(line);
	struct change *c = array_add(&t->changes);
	struct buf archive = BUF_INIT;
	unsigned major = 0, minor = 0;

	c->entry = (struct entry){ .path = text_of(e.path),
		                   .mode = (uint16_t)e.mode,
		                   .uid = e.uid,
		                   .gid = e.gid,
		                   .mtime = time };
	array_push(&t->texts, e.path);
	if (e.type == 't') {
		spec_archive(e.rest, &archive);
		free(e.rest);
		c->content.memory = buf_text(&archive);
		e.rest = buf_take(&archive);
	} else {
		c->content.memory = text_of(e.rest);
	}
	array_push(&t->texts, e.rest);
	switch (e.type) {
	case 'd':
		c->entry.type = ENTRY_DIR;
		break;
	case 'l':
		c->entry.type = ENTRY_SYMLINK;
		c->entry.link = text_of(e.rest);
		break;
	case 'h':
		c->entry.type = ENTRY_HARDLINK;
		c->entry.link = text_of(e.rest);
		break;
	case 'p':
		c->entry.type = ENTRY_FIFO;
		break;
	case 'c':
		c->entry.type = ENTRY_CHAR;
		sscanf(e.rest, "%u,%u", &major, &minor);
		c->entry.dev_major = major;
		c->entry.dev_minor = minor;
		break;
	default:
		c->content.kind = CONTENT_MEMORY;
		c->content.size = c->entry.size = c->content.memory.n;
		break;
	}
}

static inline void
spec_tree_make(struct spec_tree *t, const char *spec, int64_t time)
{
	struct text rest = text_of(spec), line;
	struct entry *entries;
	struct content *contents;

	*t = (struct spec_tree){ 0 };
	while (text_line(&rest, &line))
		spec_add(t, line, time);
	array_sort(&t->changes, spec_compare);
	entries = mem_new_n(t->changes.n + 1, sizeof *entries);
	contents = mem_new_n(t->changes.n + 1, sizeof *contents);
	for (size_t i = 0; i < t->changes.n; i++) {
		entries[i] = t->changes.at[i].entry;
		contents[i] = t->changes.at[i].content;
	}
	t->layer = layer_of_files(entries, t->changes.n, -1, contents);
	free(entries);
	free(contents);
}

/* ------------------------------------------------------------ printing */

static inline char
spec_time(int64_t time)
{
	switch (time) {
	case SOURCE_TIME:
		return 'S';
	case BASE_TIME:
		return 'B';
	case NOW:
		return 'N';
	case ARCHIVE_TIME:
		return 'A';
	default:
		return '?';
	}
}

static inline void
spec_print_entry(struct buf *out, const struct view *v, const struct entry *e)
{
	static const char types[] = "fdlhcbpw";
	struct error err = ERROR_INIT;
	unsigned usual = e->type == ENTRY_DIR       ? 0755
	                 : e->type == ENTRY_SYMLINK ? 0777
	                                            : 0644;
	char type = e->type == ENTRY_DIR && e->opaque ? 'o' : types[e->type];

	buf_print(out, "%c %.*s", type, (int)e->path.n, e->path.p);
	for (size_t i = out->n - e->path.n; i < out->n; i++)
		if (out->p[i] == ' ')
			out->p[i] = '~';
	if (e->mode != usual)
		buf_print(out, " %03o", e->mode);
	if (e->uid != 0 || e->gid != 0)
		buf_print(out, " %u:%u", e->uid, e->gid);
	buf_print(out, " %c", spec_time(e->mtime));
	if (e->type == ENTRY_SYMLINK || e->type == ENTRY_HARDLINK)
		buf_print(out, " %.*s", (int)e->link.n, e->link.p);
	if (e->type == ENTRY_CHAR)
		buf_print(out, " %u,%u", e->dev_major, e->dev_minor);
	if (e->type == ENTRY_FILE && e->size > 0) {
		buf_add_char(out, ' ');
		if (view_read(v, e->path, 1 << 20, out, &err) != 1)
			fail_msg("%s", err.text);
	}
	buf_add_char(out, '\n');
}

static inline char *
spec_print_layer(struct layer *l)
{
	struct error err = ERROR_INIT;
	struct view *v = view_new(&l, 1, &err);
	const struct tree *t = layer_tree(l, &err);
	struct buf out = BUF_INIT;

	assert_fine(v != NULL && t != NULL, &err);
	for (size_t i = 0; i < t->n; i++)
		spec_print_entry(&out, v, &t->entries[i]);
	view_free(v);
	return buf_take(&out);
}

/* ------------------------------------------------------------ one COPY */

enum { STEP_BASE, STEP_SOURCE, STEP_THE_COPY, N_STEPS };

struct copy_row {
	const char *name;
	const char *source, *base; /* trees; base NULL: empty */
	const char *command;       /* "COPY [--flags] source… dest" or "ADD …" */
	const char *expected;      /* the layer, or "! error" */
};

/* What a command becomes: the plan of one copy step. */
struct copy_case {
	struct step steps[N_STEPS];
	struct plan plan;
	struct build_env env;
	struct result results[2];
	struct result *inputs[2];
	struct spec_tree source, base;
	struct step_job job;
	ARRAY(char *) texts;
};

static inline struct text
copy_own(struct copy_case *c, struct text t)
{
	char *copy = text_copy(t);

	spec_blanks(copy);
	array_push(&c->texts, copy);
	return text_of(copy);
}

static inline void
copy_flag(struct copy_case *c, struct text flag)
{
	struct step_copy *copy = &c->steps[STEP_THE_COPY].copy;
	ptrdiff_t equals = text_find(flag, '=');
	struct text value = text_from(flag, equals < 0 ? flag.n : (size_t)equals + 1);

	if (text_is(flag, "--link"))
		copy->link = true;
	else if (text_is(flag, "--parents"))
		copy->parents = true;
	else if (text_is(flag, "--from"))
		copy->keep_owner = true;
	else if (text_starts(flag, "--chown="))
		copy->chown = copy_own(c, value);
	else if (text_starts(flag, "--chmod="))
		copy->chmod = copy_own(c, value);
	else if (text_starts(flag, "--exclude="))
		array_push(&copy->excludes, copy_own(c, value));
	else
		fail_msg("flag %.*s", (int)flag.n, flag.p);
}

static inline void
copy_word(struct copy_case *c, struct text word)
{
	struct step_copy *copy = &c->steps[STEP_THE_COPY].copy;
	struct copy_source *source = array_add(&copy->sources);
	ptrdiff_t colon = text_find(word, ':');

	*source = (struct copy_source){ .from = STEP_SOURCE, .unpack = copy->is_add };
	if (!text_starts(word, "<<")) {
		source->path = copy_own(c, word);
		return;
	}
	*source = (struct copy_source){ .from = STEP_NONE };
	source->path = copy_own(c, text_from(text_first(word, (size_t)colon), 2));
	source->content = copy_own(c, text_from(word, (size_t)colon + 1));
}

static inline void
copy_command(struct copy_case *c, const char *command)
{
	struct step_copy *copy = &c->steps[STEP_THE_COPY].copy;
	struct text rest = text_of(command), word;

	copy->is_add = text_is(spec_word(&rest), "ADD");
	while (rest.n > 0) {
		word = spec_word(&rest);
		if (text_starts(word, "--"))
			copy_flag(c, word);
		else if (rest.n > 0)
			copy_word(c, word);
		else
			copy->dest = copy_own(c, word);
	}
}

static inline void
copy_case_make(struct copy_case *c, struct fixture *f, const struct copy_row *row)
{
	*c = (struct copy_case){ 0 };
	spec_tree_make(&c->source, row->source, SOURCE_TIME);
	spec_tree_make(&c->base, row->base != NULL ? row->base : "", BASE_TIME);
	for (size_t i = 0; i < N_STEPS; i++)
		c->steps[i] =
		        (struct step){ .kind = STEP_IMAGE, .id = i, .base = STEP_NONE };
	c->steps[STEP_THE_COPY].kind = STEP_COPY;
	c->steps[STEP_THE_COPY].base = STEP_BASE;
	c->steps[STEP_THE_COPY].copy.base = STEP_BASE;
	array_push(&c->steps[STEP_THE_COPY].inputs, STEP_BASE);
	array_push(&c->steps[STEP_THE_COPY].inputs, STEP_SOURCE);
	copy_command(c, row->command);
	c->plan.steps.at = c->steps;
	c->plan.steps.n = N_STEPS;
	array_push(&c->results[0].layers, c->base.layer);
	array_push(&c->results[1].layers, c->source.layer);
	c->inputs[0] = &c->results[0];
	c->inputs[1] = &c->results[1];
	c->env = (struct build_env){ .store = f->store, .epoch = -1, .now = NOW };
	c->job = (struct step_job){ .env = &c->env,
		                    .plan = &c->plan,
		                    .step = &c->steps[STEP_THE_COPY],
		                    .inputs = c->inputs,
		                    .forms = LAYER_TAR };
}

static inline void
copy_case_clear(struct copy_case *c)
{
	array_clear(&c->results[0].layers);
	array_clear(&c->results[1].layers);
	array_clear(&c->steps[STEP_THE_COPY].inputs);
	array_clear(&c->steps[STEP_THE_COPY].copy.sources);
	array_clear(&c->steps[STEP_THE_COPY].copy.excludes);
	for (size_t i = 0; i < c->texts.n; i++)
		free(c->texts.at[i]);
	array_clear(&c->texts);
	spec_tree_clear(&c->source);
	spec_tree_clear(&c->base);
}

/* The layer that the step makes, or "! error", as text. Caller frees. */
static inline char *
copy_case_run(const struct copy_case *c)
{
	struct error err = ERROR_INIT;
	struct result result = { 0 };
	char *text;

	if (step_copy_execute(&c->job, &result, &err) < 0) {
		text = mem_print("! %s", err.text);
		error_clear(&err);
	} else {
		text = spec_print_layer(result.layers.at[result.layers.n - 1]);
	}
	array_clear(&result.layers);
	return text;
}

static inline void
copy_rows_check(struct fixture *f, const struct copy_row *rows, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct copy_case c;
		char *got;

		copy_case_make(&c, f, &rows[i]);
		got = copy_case_run(&c);
		if (strcmp(got, rows[i].expected) != 0) {
			print_error("%s: %s\nexpected:\n%sgot:\n%s\n", rows[i].name,
			            rows[i].command, rows[i].expected, got);
			wrong++;
		}
		free(got);
		copy_case_clear(&c);
	}
	assert_int_equal(wrong, 0);
}

#endif
