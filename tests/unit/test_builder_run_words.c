/* ENTRYPOINT, CMD and the command line become the words of a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/count.h"
#include "builder/run/run.h"

#define NONE "-" /* not given */

struct row {
	const char *entrypoint, *cmd; /* of the image: words with blanks between them */
	const char *option;           /* --entrypoint */
	const char *words;
	const char *result; /* NULL: an error */
};

static const struct row rows[] = {
	{ "", "sh", NONE, "", "sh" },      { "", "a b", NONE, "c", "c" },
	{ "e", "a b", NONE, "", "e a b" }, { "e f", "a b", NONE, "c d", "e f c d" },
	{ "e", "", NONE, "", "e" },        { "e", "a", "x", "", "x" },
	{ "e", "a", "x", "c", "x c" },     { "", "a", "x", "", "x" },
	{ "e", "a", "", "c", "c" },        { "e", "a", "", "", NULL },
	{ "", "", NONE, "", NULL },        { "", "", NONE, "c", "c" },
	{ "", "", "x", "", "x" },
};

struct texts {
	ARRAY(struct text) list;
};

#define ADD_WORDS(list, words)                                                           \
	for (struct text rest_ = text_of(words); rest_.n > 0;)                           \
	array_push(list, text_cut(&rest_, ' '))

static void
words_are_combined_as_docker_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;
		struct config config = { 0 };
		struct run_request r = { 0 };
		struct run_words out = { 0 };
		struct texts given = { 0 };
		const char *words[4] = { NULL };
		char *copies[4] = { NULL };
		int failed = 0;

		ADD_WORDS(&config.entrypoint, row->entrypoint);
		ADD_WORDS(&config.cmd, row->cmd);
		ADD_WORDS(&given.list, row->words);
		for (size_t k = 0; k < given.list.n; k++)
			words[k] = copies[k] = text_copy(given.list.at[k]);
		r.words = words;
		r.n_words = given.list.n;
		r.has_entrypoint = strcmp(row->option, NONE) != 0;
		r.entrypoint = text_of(row->option);
		failed = run_words(&config, &r, &out, &err);
		for (size_t k = 0; k < out.list.n; k++) {
			buf_add_str(&got, k == 0 ? "" : " ");
			buf_add_text(&got, out.list.at[k]);
		}
		assert_int_equal(failed, row->result == NULL ? -1 : 0);
		assert_string_equal(buf_str(&got),
		                    row->result == NULL ? "" : row->result);
		if (failed < 0)
			assert_int_equal(err.code, ERR_USAGE);
		for (size_t k = 0; k < given.list.n; k++)
			free(copies[k]);
		array_clear(&given.list);
		array_clear(&out.list);
		array_clear(&config.entrypoint);
		array_clear(&config.cmd);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_combined_as_docker_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
