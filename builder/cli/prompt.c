#include "builder/cli/prompt.h"

#include <stdio.h>
#include <termios.h>

#include "base/base.h"
#include "base/input.h"

#define ANSWER_MAX ((size_t)64 << 10)

/* Up to the end of the line; a byte at a time, because the next line is another
 * answer. */
static int
read_line(const struct cancel *cancel, struct buf *out, struct error *err)
{
	for (;;) {
		char c = 0;
		ssize_t n;

		if (cancel_wait_fd(cancel, STDIN_FILENO, err) < 0)
			return -1;
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno != EINTR)
			return error_sys(err, "read from the terminal");
		if (n == 0 || c == '\n')
			return 0;
		if (n > 0)
			buf_add_char(out, c);
		if (out->n > ANSWER_MAX)
			return error_set(err, ERR_USAGE, "the answer is too long");
	}
}

int
prompt(const char *question, bool hidden, const struct cancel *cancel, struct buf *out,
       struct error *err)
{
	struct termios before, silent;
	int failed = 0;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
		return error_set(err, ERR_USAGE, "standard input is not a terminal");
	fputs(question, stderr);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (hidden)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	failed = read_line(cancel, out, err);
	if (hidden) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	return failed;
}

int
prompt_piped(const struct cancel *cancel, struct buf *out, struct error *err)
{
	if (isatty(STDIN_FILENO))
		return prompt("Password: ", true, cancel, out, err);
	if (input_read_fd(STDIN_FILENO, ANSWER_MAX, cancel, out, err) < 0)
		return error_wrap(err, "standard input");
	if (out->n > 0 && out->p[out->n - 1] == '\n')
		buf_truncate(out, out->n - 1);
	if (out->n > 0 && out->p[out->n - 1] == '\r')
		buf_truncate(out, out->n - 1);
	return 0;
}
