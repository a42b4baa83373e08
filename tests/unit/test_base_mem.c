#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

static void
new_memory_is_zeroed_and_never_null(void **state)
{
	auto_free char *one = mem_new(100), *none = mem_new(0), *many = mem_new_n(7, 3);

	(void)state;
	assert_non_null(none);
	for (int i = 0; i < 100; i++)
		assert_int_equal(one[i], 0);
	for (int i = 0; i < 21; i++)
		assert_int_equal(many[i], 0);
}

static void
copies_end_with_nul(void **state)
{
	auto_free char *copy = mem_copy("abc"), *part = mem_copy_n("abc", 2);
	auto_free char *empty = mem_copy_n(NULL, 0),
	               *printed = mem_print("%d-%s", 7, "x");

	(void)state;
	assert_string_equal(copy, "abc");
	assert_string_equal(part, "ab");
	assert_string_equal(empty, "");
	assert_string_equal(printed, "7-x");
	assert_null(mem_copy(NULL));
}

static void
allocate_too_much(void)
{
	free(mem_new_n(SIZE_MAX / 2, 3));
}

static void
resize_too_much(void)
{
	free(mem_resize(NULL, SIZE_MAX / 4, 5));
}

static void
arena_too_much(void)
{
	auto_arena struct arena *arena = arena_new();

	arena_alloc_n(arena, SIZE_MAX / 4, 8);
}

static void
sizes_that_overflow_end_the_program(void **state)
{
	static void (*const calls[])(void) = { allocate_too_much, resize_too_much,
		                               arena_too_much };

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		const struct rlimit no_core = { 0, 0 };
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			setrlimit(RLIMIT_CORE, &no_core);
			signal(SIGABRT, SIG_DFL);
			close(2);
			calls[i]();
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	}
}

static void
arena_memory_is_zeroed_aligned_and_apart(void **state)
{
	auto_arena struct arena *arena = arena_new();
	unsigned char *all[2000];

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		all[i] = arena_alloc(arena, i);
		assert_int_equal((uintptr_t)all[i] % 16, 0);
		for (size_t j = 0; j < i; j++)
			assert_int_equal(all[i][j], 0);
		memset(all[i], (int)(i & 0xFF), i);
	}
	for (size_t i = 0; i < 2000; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_equal(all[i][j], i & 0xFF);
}

static void
an_arena_takes_large_pieces_and_texts(void **state)
{
	auto_arena struct arena *arena = arena_new();
	char *large = arena_alloc(arena, 10000000);
	struct text copy = arena_text(arena, (struct text){ "ab\0cd", 5 });

	(void)state;
	large[9999999] = 'x';
	assert_int_equal(copy.n, 5);
	assert_memory_equal(copy.p, "ab\0cd", 6);
	assert_string_equal(arena_copy(arena, "text"), "text");
	assert_null(arena_copy(arena, NULL));
	assert_string_equal(arena_copy_n(arena, "text", 2), "te");
	assert_string_equal(arena_print(arena, "%s=%d", "n", 3), "n=3");
	assert_non_null(arena_alloc(arena, 0));
	arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_memory_is_zeroed_and_never_null),
		cmocka_unit_test(copies_end_with_nul),
		cmocka_unit_test(sizes_that_overflow_end_the_program),
		cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(an_arena_takes_large_pieces_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
