#include "builder/cli/dialect.h"

#include <string.h>

#include "base/base.h"
#include "base/count.h"

#define HELP_COLUMN 34

static const struct {
	const char *word;
	unsigned speaker; /* enum dialect */
} names[] = {
	{ "docker", SPEAK_DOCKER },     { "buildx", SPEAK_DOCKER },
	{ "buildah", SPEAK_PODS },      { "podman", SPEAK_PODS },
	{ "kaniko", SPEAK_KANIKO },     { "executor", SPEAK_KANIKO },
	{ "buildctl", SPEAK_BUILDCTL },
};

/* 0: nobody is called WHO. */
static unsigned
speaker_called(const char *who)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(who, names[i].word) == 0)
			return names[i].speaker;
	return 0;
}

static const struct {
	enum dialect_outcome outcome;
	const char *title;
} parts[] = {
	{ IS_SAME, "Works, as" },
	{ IS_ALWAYS, "Always so here" },
	{ IS_SAID, "Accepted, and said to have no effect" },
	{ IS_REFUSED, "Refused; what to do instead" },
};

/* "--name VALUE", "-x, --name VALUE", "--name[=VALUE]". */
static char *
spelling(const struct option_row *o)
{
	auto_buf struct buf b = BUF_INIT;
	bool is_letter = o->letter != 0 && o->name[1] == '\0';

	if (o->letter != 0)
		buf_print(&b, is_letter ? "-%c" : "-%c, ", o->letter);
	if (!is_letter)
		buf_print(&b, "--%s", o->name);
	if (o->argument != NULL)
		buf_print(&b, o->kind == OPTION_OTHER_FLAG ? "[%s]" : " %s", o->argument);
	return buf_take(&b);
}

static const char *
meaning(const struct dialect_row *r)
{
	return r->outcome == IS_SAME ? r->ours : r->option.help;
}

typedef void print_row_fn(const struct dialect_row *r, FILE *out);

static void
print_row(const struct dialect_row *r, FILE *out)
{
	auto_free char *left = spelling(&r->option);

	fprintf(out, "  %-*s  %s\n", HELP_COLUMN, left, meaning(r));
}

/* A bar would end a cell. */
static void
print_cell(const char *text, FILE *out)
{
	for (; *text != '\0'; text++)
		fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

static void
print_page_row(const struct dialect_row *r, FILE *out)
{
	auto_free char *left = spelling(&r->option);

	fputs("| `", out);
	print_cell(left, out);
	fputs("` | ", out);
	print_cell(meaning(r), out);
	fputs(" |\n", out);
}

static size_t
count_rows(unsigned whose, enum dialect_outcome outcome)
{
	size_t n = 0;

	for (const struct dialect_row *r = dialect_rows; r->option.name != NULL; r++)
		n += (r->whose & whose) != 0 && r->outcome == outcome;
	return n;
}

static void
print_rows(const struct dialect_row *rows, unsigned whose, enum dialect_outcome outcome,
           print_row_fn *print, FILE *out)
{
	for (const struct dialect_row *r = rows; r->option.name != NULL; r++)
		if ((r->whose & whose) != 0 && r->outcome == outcome)
			print(r, out);
}

bool
dialect_print(const char *who, FILE *out)
{
	unsigned whose = speaker_called(who);

	if (whose == 0)
		return false;
	fprintf(out,
	        "Options for %s that cooper build has by another name, or not.\n"
	        "All others are cooper's own: cooper build --help\n",
	        who);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (count_rows(whose, parts[i].outcome) == 0)
			continue;
		fprintf(out, "\n%s:\n", parts[i].title);
		print_rows(dialect_rows, whose, parts[i].outcome, print_row, out);
		print_rows(dialect_letters, whose, parts[i].outcome, print_row, out);
	}
	return true;
}

bool
dialect_print_page(const char *who, FILE *out)
{
	unsigned whose = speaker_called(who);

	if (whose == 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (count_rows(whose, parts[i].outcome) == 0)
			continue;
		fprintf(out, "\n| option | %s |\n|---|---|\n", parts[i].title);
		print_rows(dialect_rows, whose, parts[i].outcome, print_page_row, out);
		print_rows(dialect_letters, whose, parts[i].outcome, print_page_row, out);
	}
	return true;
}
