/* Any bytes as a file to execute: what is found in it lies inside of it. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "builder/sandbox/trap/exec_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool
is_in_line(const struct exec_facts *f, const char *text)
{
	return text >= f->line && text < f->line + EXEC_LINE_MAX &&
	       memchr(text, '\0', (size_t)(f->line + EXEC_LINE_MAX - text)) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct exec_facts facts;
	const int fd = memfd_create("program", MFD_CLOEXEC);

	if (fd < 0 || bytes == NULL || write(fd, bytes, n) != (ssize_t)n) {
		close(fd);
		return 0;
	}
	memset(&facts, 0x55, sizeof facts);
	if (exec_file_read(fd, &facts) < 0)
		facts.kind = EXEC_FOREIGN;
	if (facts.kind == EXEC_SCRIPT) {
		assert(is_in_line(&facts, facts.interpreter) &&
		       facts.interpreter[0] != '\0');
		assert(facts.argument == NULL || is_in_line(&facts, facts.argument));
	} else if (facts.kind == EXEC_PROGRAM) {
		assert(memchr(facts.loader, '\0', sizeof facts.loader) != NULL);
	}
	exec_file_check_interpreter(fd);
	close(fd);
	return 0;
}
