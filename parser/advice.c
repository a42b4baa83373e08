#include "parser/advice.h"

#include <ctype.h>
#include <string.h>

#include "base/base.h"
#include "base/count.h"
#include "parser/instruction.h"

#define START 512 /* bytes at the front that tell what a file is */

/* ------------------------------------------------------------ no Dockerfile at all */

#define MAGIC(literal, hint)                                                             \
	{                                                                                \
		literal, sizeof(literal) - 1, hint                                       \
	}

static const struct {
	const char *bytes;
	size_t n;
	const char *hint;
} magics[] = {
	MAGIC("\xff\xfe", "the file is UTF-16: save it as UTF-8"),
	MAGIC("\xfe\xff", "the file is UTF-16: save it as UTF-8"),
	MAGIC("\x1f\x8b", "the file is compressed by gzip; a context as an archive comes "
	                  "by standard input: cooper build - < FILE"),
	MAGIC("\x28\xb5\x2f\xfd", "the file is compressed by zstd: decompress it"),
	MAGIC("\xfd"
	      "7zXZ",
	      "the file is compressed by xz: decompress it"),
	MAGIC("BZh", "the file is compressed by bzip2: decompress it"),
	MAGIC("PK\x03\x04", "the file is a zip archive, not a Dockerfile"),
	MAGIC("\x7f"
	      "ELF",
	      "the file is a program, not a Dockerfile"),
	MAGIC("#!", "the file is a script, not a Dockerfile"),
	MAGIC("<!", "the file is a web page, not a Dockerfile"),
	MAGIC("<html", "the file is a web page, not a Dockerfile"),
	MAGIC("{", "the file is JSON, not a Dockerfile"),
};

static const char *
kind_of_file(struct text bytes)
{
	struct text start = text_first(bytes, bytes.n < START ? bytes.n : START);

	for (size_t i = 0; i < COUNT_OF(magics); i++)
		if (start.n >= magics[i].n &&
		    memcmp(start.p, magics[i].bytes, magics[i].n) == 0)
			return magics[i].hint;
	if (start.n > 262 && memcmp(start.p + 257, "ustar", 5) == 0)
		return "the file is a tar archive; a context comes by standard input: "
		       "cooper build - < FILE";
	if (text_find(start, '\0') >= 0)
		return "the file is not text";
	return NULL;
}

/* ------------------------------------------------------------ one line */

/* Line NUMBER of BYTES, without blanks around it; p NULL if there is none. */
static struct text
line_of(struct text bytes, int number)
{
	struct text line = { 0 };

	for (int i = 1; i <= number; i++)
		if (!text_line(&bytes, &line))
			return (struct text){ 0 };
	return text_trim(line);
}

static struct text
first_word(struct text line)
{
	size_t n = 0;

	while (n < line.n && !isspace((unsigned char)line.p[n]))
		n++;
	return text_first(line, n);
}

/* "apt-get update &&", and the next command on a line of its own. */
static bool
advise_joining(struct text bytes, int number, struct error *err)
{
	static const char *const ends[] = { "&&", "||", "|", ";", "," };
	struct text before = number > 1 ? line_of(bytes, number - 1) : TEXT("");

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		if (!text_ends(before, ends[i]))
			continue;
		error_hint(err,
		           "line %d ends in \"%s\" without a backslash behind it: with "
		           "\"%s \\\" this line belongs to it",
		           number - 1, ends[i], ends[i]);
		return true;
	}
	return false;
}

/* "FROMdebian" */
static bool
advise_space(struct text word, struct error *err)
{
	for (size_t n = word.n - 1; n >= 3; n--) {
		const struct keyword *keyword = keyword_find(text_first(word, n));

		if (keyword == NULL)
			continue;
		error_hint(err, "is a space missing behind %s?", keyword->name);
		return true;
	}
	return false;
}

static bool
is_command_name(struct text word)
{
	for (size_t i = 0; i < word.n; i++)
		if (isupper((unsigned char)word.p[i]) || (word.p[i] & 0x80) != 0 ||
		    iscntrl((unsigned char)word.p[i]))
			return false;
	return word.n > 1;
}

static void
advise_unknown(struct text bytes, int number, struct error *err)
{
	struct text line = line_of(bytes, number), word = first_word(line);

	if (word.n == 0 || keyword_find(word) != NULL ||
	    advise_joining(bytes, number, err))
		return;
	if (text_ends(word, ":"))
		error_hint(err,
		           "\"%.*s\" looks like YAML: -f names the Dockerfile, not "
		           "a compose file or workflow",
		           TEXT_ARG(word));
	else if (text_starts(word, "//") || text_starts(word, "--") ||
	         text_starts(word, "/*"))
		error_hint(err, "a comment begins with \"#\"");
	else if (text_starts(word, "<<<<<") || text_starts(word, "=====") ||
	         text_starts(word, ">>>>>"))
		error_hint(err, "the file has marks of a merge conflict");
	else if (!advise_space(word, err) && is_command_name(word) &&
	         strstr(err->text, "did you mean") == NULL)
		error_hint(err, "a command for the shell needs RUN in front: RUN %.*s",
		           TEXT_ARG(line));
}

void
advice_add(struct text bytes, struct error *err)
{
	const char *kind = kind_of_file(bytes);

	if (kind != NULL)
		error_hint(err, "%s", kind);
	else if (err->n_at > 0)
		advise_unknown(bytes, err->at[0].line, err);
}
