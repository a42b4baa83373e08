#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "base/base.h"
#include "base/file.h"
#include "base/process.h"
#include "builder/cli/completion.h"
#include "builder/cli/dialect.h"
#include "builder/cli/manual.h"
#include "builder/cli/options.h"
#include "builder/cli/build_options.h"
#include "builder/cli/reference_page.h"
#include "builder/cli/reference_keys.h"

#define SIZE_MAX_OF_FILE ((size_t)1 << 20)

static char *
print_manual(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	manual_print(out);
	fclose(out);
	return text;
}

static char *
print_completion(const char *shell)
{
	auto_error struct error err = ERROR_INIT;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(completion_print(shell, out, &err), 0);
	fclose(out);
	return text;
}

/* `make manual` writes it again. */
static void
the_manual_page_is_what_the_tables_say(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf kept = BUF_INIT;
	auto_free char *made = print_manual();

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, "cooper.1", SIZE_MAX_OF_FILE, &kept, &err),
	                 1);
	assert_string_equal(buf_str(&kept), made);
}

/* Likewise: the tables at the ends of pages. */
static void
the_pages_about_other_builders_are_what_the_table_says(void **state)
{
	static const char *const pages[][2] = {
		{ "docker", "docs/how-to/moving-from-docker.md" },
		{ "buildah", "docs/how-to/moving-from-buildah.md" },
		{ "podman", "docs/how-to/moving-from-podman.md" },
		{ "kaniko", "docs/how-to/moving-from-kaniko.md" },
		{ "buildctl", "docs/moving.md" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf kept = BUF_INIT;
		auto_free char *made = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&made, &size);

		assert_true(dialect_print_page(pages[i][0], out));
		fclose(out);
		assert_int_equal(
		        file_read(AT_FDCWD, pages[i][1], SIZE_MAX_OF_FILE, &kept, &err),
		        1);
		assert_true(size > 100);
		assert_true(text_ends(buf_text(&kept), made));
	}
}

static void
the_reference_is_what_the_tables_say(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf kept = BUF_INIT;
	auto_free char *made = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&made, &size);

	(void)state;
	reference_page_print(out);
	fclose(out);
	assert_int_equal(file_read(AT_FDCWD, "docs/reference/command-line.md",
	                           SIZE_MAX_OF_FILE, &kept, &err),
	                 1);
	assert_string_equal(buf_str(&kept), made);
}

/* What the reference says of keys is what the options take. */
static void
every_key_of_the_reference_is_accepted(void **state)
{
	(void)state;
	for (size_t t = 0; t < N_KEY_TABLES; t++)
		for (size_t i = 0; i < key_tables[t].n; i++) {
			auto_error struct error err = ERROR_INIT;
			auto_free char *option = mem_print("--%s=%s",
			                                   key_tables[t].option,
			                                   key_tables[t].rows[i].example);
			char *argv[] = { option };
			struct build_options o;
			struct words_left words = { 0 };

			build_options_init(&o);
			assert_int_equal(options_read(command_find("build"), 1, argv, &o,
			                              &words, &err),
			                 OPTIONS_OK);
			build_options_clear(&o);
		}
}

/* And what it says of a type of mount are fields that the type takes, all but those that
 * have no effect there. */
static void
every_field_of_a_mount_is_one_of_its_type(void **state)
{
	(void)state;
	for (size_t type = 0; type < N_MOUNT_TYPES; type++) {
		unsigned told = FIELDS_COMMON | FIELD_GID;

		for (size_t i = 0; i < N_MOUNT_KEYS; i++) {
			if ((mount_keys[i].types & (1u << type)) == 0)
				continue;
			assert_true(mount_rows[type].takes & mount_keys[i].field);
			told |= mount_keys[i].field;
		}
		assert_int_equal(mount_rows[type].takes & ~told, 0);
	}
}

/* A name that is no option any more would be forgotten there. */
static void
the_groups_of_options_name_options(void **state)
{
	(void)state;
	for (size_t g = 0; g < N_BUILD_GROUPS; g++) {
		struct text rest = text_trim(text_of(build_groups[g].options));

		while (rest.n > 0) {
			auto_free char *name = text_copy(text_cut(&rest, ' '));
			const struct option_row *o = command_find("build")->options;

			while (o->name != NULL && strcmp(o->name, name) != 0)
				o++;
			if (o->name == NULL)
				fail_msg("%s", name);
		}
	}
}

static void
every_command_has_a_page(void **state)
{
	(void)state;
	for (size_t i = 0; command_list[i] != NULL; i++) {
		auto_free char *title = mem_print(".SH NAME\ncooper\\-%s \\- ",
		                                  command_list[i]->name);
		auto_free char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		manual_print_command(command_list[i], out);
		fclose(out);
		assert_non_null(strstr(text, title));
	}
}

static void
the_manual_page_is_ascii_and_has_no_stray_requests(void **state)
{
	auto_free char *made = print_manual();
	struct text rest = text_of(made), line;

	(void)state;
	for (const char *p = made; *p != '\0'; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	while (text_line(&rest, &line)) {
		static const char *const known[] = { ".\\\"", ".TH ", ".SH ", ".SS ",
			                             ".TP",   ".PP",  ".B",   ".I",
			                             ".RI ",  ".IR ", ".BI ", ".BR ",
			                             ".br",   ".nf",  ".fi" };
		bool found = line.n == 0 || line.p[0] != '.';

		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			found = found || text_starts(line, known[i]);
		assert_true(found);
		assert_false(text_starts(line, "'"));
	}
}

static void
every_option_has_help_that_fits(void **state)
{
	(void)state;
	for (size_t i = 0; command_list[i] != NULL; i++) {
		const struct command *c = command_list[i];

		assert_true(strlen(c->summary) <= 64);
		assert_true(text_ends(text_of(c->summary), "."));
		for (const struct option_row *o = c->options;
		     o != NULL && o->name != NULL; o++) {
			if (o->help == NULL)
				continue;
			assert_true(strlen(o->help) > 5 &&
			            !text_ends(text_of(o->help), "."));
			if (option_takes_value(o))
				assert_non_null(o->argument);
		}
	}
}

static void
no_option_is_there_twice(void **state)
{
	(void)state;
	for (size_t i = 0; command_list[i] != NULL; i++) {
		const struct option_row *rows = command_list[i]->options;

		for (size_t a = 0; rows != NULL && rows[a].name != NULL; a++)
			for (size_t b = 0; b < a; b++) {
				assert_string_not_equal(rows[a].name, rows[b].name);
				assert_true(rows[a].letter == 0 ||
				            rows[a].letter != rows[b].letter);
			}
	}
}

static void
every_option_is_in_every_completion(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };

	(void)state;
	for (size_t s = 0; s < sizeof shells / sizeof *shells; s++) {
		auto_free char *script = print_completion(shells[s]);
		const char *dashes = strcmp(shells[s], "fish") == 0 ? "-l " : "--";

		for (size_t i = 0; command_list[i] != NULL; i++) {
			const struct option_row *o = command_list[i]->options;

			assert_non_null(strstr(script, command_list[i]->name));
			for (; o != NULL && o->name != NULL; o++) {
				auto_free char *name = mem_print("%s%s", dashes, o->name);

				if (o->help != NULL)
					assert_non_null(strstr(script, name));
			}
		}
	}
}

static void
an_unknown_shell_is_refused(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(completion_print("tcsh", stdout, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(err.text, "no completion for \"tcsh\"");
}

/* Loads the script in bash and asks as the shell would. */
static void
bash_completes(void **state)
{
	static const struct {
		const char *words, *want; /* the last of WORDS is the one at the cursor */
	} rows[] = {
		{ "cooper pu", "pull push" },
		{ "cooper build --prog", "--progress" },
		{ "cooper build --progress ra", "rawjson" },
		{ "cooper build --progress = pl", "plain" },
		{ "cooper build --progress =", "auto plain tty rawjson jsonl quiet" },
		{ "cooper build --pull ne", "" },
		{ "cooper build --pull = ne", "newer never" },
		{ "cooper build --file D", "" },
		{ "cooper push --compression z", "zstd" },
		{ "/usr/bin/build --no-c", "--no-cache --no-cache-filter" },
		{ "cooper completion f", "fish" },
		{ "cooper nosuch --x", "" },
	};
	auto_free char *script = print_completion("bash");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf out = BUF_INIT, log = BUF_INIT;
		auto_free char *input =
		        mem_print("%s\nCOMP_WORDS=(%s)\n"
		                  "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
		                  "_cooper\necho -n \"${COMPREPLY[*]}\"\n",
		                  script, rows[i].words);
		const char *const argv[] = { "bash", "--norc", "-s", NULL };
		struct process p = { .argv = argv,
			             .dir_fd = -1,
			             .input = text_of(input),
			             .output_max = SIZE_MAX_OF_FILE };
		int status = 0;

		assert_int_equal(process_run(&p, &out, &log, &status, &err), 0);
		assert_string_equal(buf_str(&log), "");
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_page_is_what_the_tables_say),
		cmocka_unit_test(the_reference_is_what_the_tables_say),
		cmocka_unit_test(every_key_of_the_reference_is_accepted),
		cmocka_unit_test(every_field_of_a_mount_is_one_of_its_type),
		cmocka_unit_test(the_groups_of_options_name_options),
		cmocka_unit_test(every_command_has_a_page),
		cmocka_unit_test(the_pages_about_other_builders_are_what_the_table_says),
		cmocka_unit_test(the_manual_page_is_ascii_and_has_no_stray_requests),
		cmocka_unit_test(every_option_has_help_that_fits),
		cmocka_unit_test(no_option_is_there_twice),
		cmocka_unit_test(every_option_is_in_every_completion),
		cmocka_unit_test(an_unknown_shell_is_refused),
		cmocka_unit_test(bash_completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
