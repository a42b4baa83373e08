/*
 * replay: runs a fuzz target on files, without a fuzzer.
 *
 *	replay/fuzz_x testdata/fuzz/x crash-1234
 *
 * Folders are entered. Prints how many inputs were taken.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "base/base.h"
#include "base/file.h"

#define INPUT_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* nftw(3) hands nothing through to its visitor. */
static size_t n_inputs;

static int
visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf bytes = BUF_INIT;

	(void)st;
	(void)at;
	if (type == FTW_D)
		return 0;
	if (type != FTW_F)
		return fprintf(stderr, "%s: cannot be read\n", path);
	if (file_read(AT_FDCWD, path, INPUT_MAX, &bytes, &err) != 1)
		return fprintf(stderr, "%s: %s\n", path,
		               err.text == NULL ? "is not there" : err.text);
	LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&bytes), bytes.n);
	n_inputs++;
	return 0;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], visit, 16, FTW_PHYS) != 0)
			return 1;
	printf("%zu inputs\n", n_inputs);
	return 0;
}
