/*
 * dockerfile_text: what was read of a Dockerfile as a text of one line an
 * instruction, so that tests are tables of texts.
 *
 *	2-4 RUN "echo a" --network="none" <<EOF(expand)"body\n"
 *	error 3-3: no build stage in current context
 *
 * Arguments are printed as Go's %q does; JSON form is marked by "json".
 */
#ifndef TESTS_LIB_DOCKERFILE_TEXT_H
#define TESTS_LIB_DOCKERFILE_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"
#include "parser/config.h"
#include "parser/dockerfile.h"

static inline void
text_add_quoted(struct buf *out, const char *before, struct text t)
{
	if (t.p == NULL)
		return;
	buf_add_str(out, before);
	buf_add_quoted(out, t);
}

static inline void
text_add_flags(struct buf *out, const struct instruction *in)
{
	text_add_quoted(out, " --platform=", in->flag.platform);
	text_add_quoted(out, " --from=", in->flag.from);
	text_add_quoted(out, " --chown=", in->flag.chown);
	text_add_quoted(out, " --chmod=", in->flag.chmod);
	text_add_quoted(out, " --checksum=", in->flag.checksum);
	buf_add_str(out, in->flag.link ? " --link" : "");
	buf_add_str(out, in->flag.parents ? " --parents" : "");
	if (in->flag.unpack >= 0)
		buf_print(out, " --unpack=%d", in->flag.unpack);
	if (in->flag.keep_git_dir >= 0)
		buf_print(out, " --keep-git-dir=%d", in->flag.keep_git_dir);
	for (size_t i = 0; i < in->flag.excludes.n; i++)
		text_add_quoted(out, " --exclude=", in->flag.excludes.at[i]);
	for (size_t i = 0; i < in->flag.mounts.n; i++) {
		const struct raw_mount *m = &in->flag.mounts.at[i];

		buf_add_str(out, " --mount");
		for (size_t k = 0; k < m->fields.n; k++) {
			buf_print(out, "%s%.*s", k == 0 ? "=" : ",",
			          (int)m->fields.at[k].key.n, m->fields.at[k].key.p);
			if (m->fields.at[k].has_value)
				text_add_quoted(out, ":", m->fields.at[k].value);
		}
	}
	text_add_quoted(out, " --network=", in->flag.network);
	text_add_quoted(out, " --security=", in->flag.security);
	for (size_t i = 0; i < in->flag.devices.n; i++)
		text_add_quoted(out, " --device=", in->flag.devices.at[i]);
}

static inline void
text_add_health(struct buf *out, const struct instruction *in)
{
	const struct health *h = &in->health;

	if (in->kind != INSTR_HEALTHCHECK)
		return;
	buf_add_str(out, h->none ? " none" : h->json ? " test json" : " test");
	for (size_t i = 0; i < h->test.n; i++)
		text_add_quoted(out, " ", h->test.at[i]);
	buf_print(out, " %lld/%lld/%lld/%lld x%lld", (long long)h->interval,
	          (long long)h->timeout, (long long)h->start_period,
	          (long long)h->start_interval, (long long)h->retries);
}

static inline void
text_add_instruction(struct buf *out, const struct instruction *in)
{
	buf_print(out, "%d-%d %.*s", in->at.line, in->at.last, (int)in->keyword.n,
	          in->keyword.p);
	buf_add_str(out, in->empty_continuation ? " (blank line inside)" : "");
	buf_add_str(out, in->json ? " json" : "");
	for (size_t i = 0; i < in->args.n && in->pairs.n == 0; i++)
		text_add_quoted(out, " ", in->args.at[i]);
	buf_add_str(out, in->legacy_pair ? " legacy" : "");
	for (size_t i = 0; i < in->pairs.n; i++) {
		text_add_quoted(out, " ", in->pairs.at[i].key);
		if (in->pairs.at[i].has_value)
			text_add_quoted(out, "=", in->pairs.at[i].value);
	}
	text_add_flags(out, in);
	text_add_health(out, in);
	for (size_t i = 0; i < in->heredocs.n; i++) {
		const struct heredoc *h = &in->heredocs.at[i];

		buf_print(out, " <<%.*s%s%s", (int)h->name.n, h->name.p,
		          h->expand ? "(expand)" : "", h->chomp ? "(chomp)" : "");
		buf_add_quoted(out, h->body);
	}
	text_add_quoted(out, " trigger=", in->trigger);
	for (size_t i = 0; i < in->comments.n; i++)
		text_add_quoted(out, " #", in->comments.at[i]);
	buf_add_char(out, '\n');
}

static inline void
text_add_error(struct buf *out, const struct error *err)
{
	buf_add_str(out, "error");
	for (size_t i = 0; i < err->n_at; i++)
		buf_print(out, " %d-%d", err->at[i].line, err->at[i].last);
	buf_print(out, ": %s\n", err->text);
}

/* All of the Dockerfile TEXT, or its error. Caller frees. */
static inline char *
dockerfile_text(struct text text)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	struct dockerfile *df = dockerfile_parse(text, "Dockerfile", &err);

	if (df == NULL) {
		assert_int_equal(err.code, ERR_DOCKERFILE);
		assert_string_equal(err.file, "Dockerfile");
		text_add_error(&out, &err);
		return buf_take(&out);
	}
	for (size_t i = 0; i < df->globals.n; i++)
		text_add_instruction(&out, &df->globals.at[i]);
	for (size_t i = 0; i < df->stages.n; i++) {
		const struct stage *stage = &df->stages.at[i];

		text_add_instruction(&out, stage->from);
		for (size_t k = 0; k < stage->instructions.n; k++)
			text_add_instruction(&out, &stage->instructions.at[k]);
	}
	dockerfile_free(df);
	return buf_take(&out);
}

struct dockerfile_row {
	const char *what; /* spec checklist row and a phrase */
	const char *dockerfile;
	const char *want;
};

/* Reads every row and compares; all that differ are shown. */
static inline void
check_dockerfiles(const struct dockerfile_row *rows, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		char *got = dockerfile_text(text_of(rows[i].dockerfile));

		if (strcmp(got, rows[i].want) != 0) {
			print_error("%s\n  got  %s  want %s", rows[i].what, got,
			            rows[i].want);
			wrong++;
		}
		free(got);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK_DOCKERFILES(rows) check_dockerfiles(rows, sizeof(rows) / sizeof *(rows))

/* A file whose first line is "FROM a", and what comes of that line. */
#define IN_STAGE(text) "FROM a\n" text
#define STAGE(want)    "1-1 FROM \"a\"\n" want

#endif
