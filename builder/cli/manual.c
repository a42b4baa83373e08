#include "builder/cli/manual.h"

#include "base/base.h"
#include "builder/cli/options.h"
#include "builder/cli/version.h"

static const char head[] =
        ".SH NAME\n"
        "cooper \\- build OCI images from Dockerfiles, without a daemon\n"
        ".SH SYNOPSIS\n"
        ".B cooper\n.I command\n.RI [ option ...]\n.RI [ word ...]\n.br\n"
        ".B build\n.RI [ option ...]\n.IR path | url |\\-\n"
        ".SH DESCRIPTION\n"
        "Cooper reads a Dockerfile and a directory of files, runs the steps that are\n"
        "needed and are not known yet, and leaves an OCI image in its store, in a\n"
        "registry, in an archive or in a directory. It needs no daemon and no root.\n"
        ".PP\n"
        "Called as\n.B build\nit is\n.BR \"cooper build\" .\n"
        ".PP\n"
        "Values of options are written\n"
        ".BI \\-\\-name= value\nor\n.BI \\-\\-name \" value\" ,\n"
        "for letters\n.BI \\-x \" value\"\nor\n.BI \\-x value\\fR.\n"
        "A flag takes\n.B =true\nor\n.BR =false .\n"
        "Options and other words may be mixed;\n.B \\-\\-\nends options. Sizes have a\n"
        "suffix k, m or g. Unknown options are an error.\n"
        ".PP\n"
        "Command lines of docker, buildah, podman, kaniko and buildctl are understood,\n"
        "also if cooper is called by the name of one of these programs. What an option\n"
        "of theirs asks for is done, or it is said once that it has no effect, or the\n"
        "command ends with advice;\n.B cooper help kaniko\nand the like list them.\n"
        ".PP\n"
        "Results go to standard output, progress and errors to standard error.\n";

static const char tail[] =
        ".SH EXIT STATUS\n"
        ".nf\n"
        "0    done\n"
        "1    a fault of cooper or of the machine (I/O)\n"
        "2    the command line\n"
        "3    the Dockerfile or .dockerignore\n"
        "4    a file, image, stage or secret that is named but not there\n"
        "5    a RUN step ended with a status other than 0\n"
        "6    the network: no connection, a time-out, a server's fault\n"
        "7    a registry refused: not logged in, not allowed\n"
        "8    something that was not allowed on the command line\n"
        "9    damaged content: digests differ, broken archives\n"
        "10   this machine cannot do it: see cooper doctor\n"
        "130  interrupted\n"
        ".fi\n"
        ".SH ENVIRONMENT\n"
        ".TP\n.B COOPER_ROOT\nwhere the store is; else /var/lib/cooper for root,\n"
        "$XDG_DATA_HOME/cooper or ~/.local/share/cooper.\n"
        ".TP\n.B COOPER_DEBUG\nareas to tell more of, separated by commas: keys, http, "
        "sandbox.\n"
        ".TP\n.B BUILDKIT_PROGRESS\nhow progress is shown, like \\-\\-progress.\n"
        ".TP\n.B BUILDKIT_COLORS\ncolours of the live view: run=, warning=, error=, "
        "cancel=, each a\n"
        "name or R,G,B, with colons between.\n"
        ".TP\n.B NO_COLOR\nif set, no colours.\n"
        ".TP\n.B SOURCE_DATE_EPOCH\nseconds since 1970 that all times of the image are "
        "cut to.\n"
        ".TP\n.BR REGISTRY_AUTH_FILE ,\\  DOCKER_CONFIG\nwhere credentials are.\n"
        ".TP\n.B SSH_AUTH_SOCK\nthe agent of \\-\\-ssh default.\n"
        ".SH FILES\n"
        ".TP\n.I Dockerfile\nwhat to build; see \\-\\-file.\n"
        ".TP\n.IR Dockerfile.dockerignore ,\\  .dockerignore\nwhat of the context is "
        "left out.\n"
        ".TP\n.I ~/.docker/config.json\ncredentials and credential helpers.\n"
        ".SH EXAMPLES\n"
        ".TP\nBuild the current directory and name the image\n"
        ".B cooper build \\-t app:1 .\n"
        ".TP\nBuild and push, keep the digest\n"
        ".B cooper build \\-t registry.example/app:1 \\-\\-push \\-\\-digest\\-file "
        "app.digest .\n"
        ".TP\nAn archive for other tools\n"
        ".B cooper build \\-o type=docker,dest=app.tar \\-t app:1 .\n"
        ".TP\nLook for mistakes only\n"
        ".B cooper build \\-\\-check .\n"
        ".TP\nFree what was not used for a week\n"
        ".B cooper prune \\-\\-older\\-than 7d\n";

/* Text as roff takes it: "-" stays a plain minus, other than ASCII by code point. */
static void
print_text(FILE *out, struct text t)
{
	while (t.n > 0) {
		uint32_t rune = 0;
		size_t n = text_rune(t, &rune);

		if (n > 1)
			fprintf(out, "\\[u%04X]", (unsigned)rune);
		else if (t.p[0] == '-')
			fputs("\\-", out);
		else if (t.p[0] == '\\')
			fputs("\\e", out);
		else
			fputc(t.p[0], out);
		t = text_from(t, n == 0 ? 1 : n);
	}
}

static void
print_str(FILE *out, const char *s)
{
	print_text(out, text_of(s));
}

static void
print_row(FILE *out, const struct option_row *o)
{
	fprintf(out, ".TP\n");
	if (o->letter != 0)
		fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
	fprintf(out, "\\fB\\-\\-");
	print_str(out, o->name);
	fprintf(out, "\\fR");
	if (o->argument != NULL) {
		fprintf(out, "%s\\fI", strncmp(o->argument, "[=", 2) == 0 ? "" : " ");
		print_str(out, o->argument);
		fprintf(out, "\\fR");
	}
	fputc('\n', out);
	/* A line must not begin with a dot or an apostrophe. */
	fputs("\\&", out);
	print_text(out, option_summary(o));
	fprintf(out, ".\n");
	for (const char *line = strchr(o->help, '\n'); line != NULL;
	     line = strchr(line, '\n')) {
		line++;
		fputs(".br\n\\&", out);
		print_text(out, (struct text){ line, strcspn(line, "\n") });
		fputc('\n', out);
	}
}

static void
print_options(FILE *out, const struct command *c)
{
	for (const struct option_row *o = c->options; o != NULL && o->name != NULL; o++)
		if (o->help != NULL)
			print_row(out, o);
}

static void
print_command(FILE *out, const struct command *c)
{
	fprintf(out, ".SS \"cooper %s ", c->name);
	print_str(out, c->arguments);
	fprintf(out, "\"\n");
	print_str(out, c->summary);
	fputc('\n', out);
	print_options(out, c);
}

void
manual_print(FILE *out)
{
	fprintf(out,
	        ".\\\" Made by `make cooper.1` out of the tables of options.\n"
	        ".TH COOPER 1 \"\" \"cooper %s\" \"User Commands\"\n",
	        COOPER_VERSION);
	fputs(head, out);
	fprintf(out, ".SH COMMANDS\n");
	for (size_t i = 0; command_list[i] != NULL; i++)
		print_command(out, command_list[i]);
	fputs(tail, out);
	fprintf(out, ".SH SEE ALSO\n");
	for (size_t i = 0; command_list[i] != NULL; i++)
		fprintf(out, ".BR cooper\\-%s (1)%s\n", command_list[i]->name,
		        command_list[i + 1] == NULL ? "" : ",");
}

void
manual_print_command(const struct command *c, FILE *out)
{
	auto_free char *upper = mem_copy(c->name);

	for (char *p = upper; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	fprintf(out, ".TH COOPER\\-%s 1 \"\" \"cooper %s\" \"User Commands\"\n", upper,
	        COOPER_VERSION);
	fprintf(out, ".SH NAME\ncooper\\-%s \\- ", c->name);
	print_str(out, c->summary);
	fprintf(out, "\n.SH SYNOPSIS\n.B cooper %s\n", c->name);
	print_str(out, c->arguments);
	if (c->options != NULL)
		fprintf(out, "\n.SH OPTIONS");
	fputc('\n', out);
	print_options(out, c);
	fprintf(out, ".SH SEE ALSO\n.BR cooper (1)\n");
}
