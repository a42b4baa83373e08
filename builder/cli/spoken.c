#include "builder/cli/spoken.h"

#include <string.h>

#include "base/count.h"
#include "builder/cli/build_options.h"
#include "builder/cli/cmd.h"

/* Who is spoken to by a first word, and the command that builds. */
static const struct speaker {
	const char *word;
	const struct command *build;
} speakers[] = {
	{ "docker", &cmd_docker_build },
	{ "docker-buildx", &cmd_docker_build },
	{ "buildx", &cmd_docker_build },
	{ "builder", &cmd_docker_build },
	{ "buildah", &cmd_buildah_build },
	{ "bud", &cmd_buildah_build },
	{ "build-using-dockerfile", &cmd_buildah_build },
	{ "podman", &cmd_podman_build },
	{ "kaniko", &cmd_kaniko },
	{ "executor", &cmd_kaniko },
	{ "buildctl", &cmd_buildctl_build },
	{ "build", &cmd_build },
};

static const struct command *
find_speaker(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(speakers); i++)
		if (strcmp(word, speakers[i].word) == 0)
			return speakers[i].build;
	return NULL;
}

static bool
is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static bool
is_build_word(const char *word)
{
	static const char *const words[] = { "build", "b", "bud",
		                             "build-using-dockerfile" };

	return is_one_of(word, words, COUNT_OF(words));
}

/* Words between the program and its command. */
static bool
is_group(const char *word, const char *next)
{
	static const char *const groups[] = { "buildx", "builder" };

	return is_one_of(word, groups, COUNT_OF(groups)) ||
	       (strcmp(word, "image") == 0 && next != NULL && strcmp(next, "build") == 0);
}

/* ------------------------------------------------------------ options before */

static const struct option_row *
row_of(const char *word)
{
	static const struct build_options none = { .speaker = SPEAK_ANY };
	struct text name = text_of(word);

	if (word[1] != '-')
		return cmd_build.others->find(&none, (struct text){ 0 }, word[1]);
	name = text_from(name, 2);
	name = text_cut(&name, '=');
	return option_find(&cmd_build, name) != NULL
	               ? option_find(&cmd_build, name)
	               : cmd_build.others->find(&none, name, 0);
}

/* How many words the option at ARGV[0] is, with its value. */
static int
words_of(const struct option_row *row, int argc, char **argv)
{
	bool apart = row != NULL && option_takes_value(row) &&
	             strchr(argv[0], '=') == NULL &&
	             (argv[0][1] == '-' || argv[0][2] == '\0');

	return apart && argc > 1 ? 2 : 1;
}

/* "-h" and "-v" alone are cooper's own. */
static bool
is_option(const char *word)
{
	static const char *const own[] = { "-h", "--help", "-v", "--version" };

	return word[0] == '-' && word[1] != '\0' && !is_one_of(word, own, COUNT_OF(own));
}

/* ------------------------------------------------------------ reading */

struct reading {
	const struct command *speaker;
	bool builds; /* the word that builds was there */
	ARRAY(char *) options;
};

/* Takes one word, or an option with its value; the number of words, 0 at the command. */
static int
take_word(struct reading *r, int argc, char **argv)
{
	static const char *const contexts[] = { "-c", "--context" };
	static char builder[] = "--builder=default";
	const char *word = argv[0];

	if (is_option(word)) {
		int n = words_of(row_of(word), argc, argv);

		/* Before a command a context is docker's: whom to ask. */
		if (is_one_of(word, contexts, COUNT_OF(contexts))) {
			array_push(&r->options, builder);
			return n;
		}
		for (int i = 0; i < n; i++)
			array_push(&r->options, argv[i]);
		return n;
	}
	if (r->speaker == NULL) {
		r->speaker = find_speaker(word);
		r->builds = r->speaker == &cmd_kaniko ||
		            (r->speaker != NULL && is_build_word(word));
		return r->speaker != NULL ? 1 : 0;
	}
	if (is_group(word, argc > 1 ? argv[1] : NULL))
		return 1;
	r->builds = is_build_word(word);
	return r->builds ? 1 : 0;
}

static void
add_all(struct spoken *out, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		array_push(&out->list, argv[i]);
}

/* Of the options before a command those that others have, and it has not, are left out. */
static void
add_own(struct spoken *out, const struct reading *r)
{
	for (size_t i = 0; i < r->options.n;) {
		char **at = r->options.at + i;
		const struct option_row *row = row_of(at[0]);
		int n = words_of(row, (int)(r->options.n - i), at);

		if (row == NULL ||
		    (row->kind != OPTION_OTHER && row->kind != OPTION_OTHER_FLAG))
			add_all(out, n, at);
		i += (size_t)n;
	}
}

void
spoken_read(const char *self, int argc, char **argv, struct spoken *out)
{
	struct reading r = { .speaker = find_speaker(self) };
	int i = 0, n = 1;

	*out = (struct spoken){ 0 };
	r.builds = r.speaker == &cmd_build || r.speaker == &cmd_kaniko;
	while (i < argc && !r.builds && n > 0) {
		n = take_word(&r, argc - i, argv + i);
		i += n;
	}
	/* "executor build …" */
	if (r.speaker == &cmd_kaniko && i < argc &&
	    (is_build_word(argv[i]) || strcmp(argv[i], "executor") == 0))
		i++;
	if (r.builds) {
		out->command = r.speaker;
		add_all(out, (int)r.options.n, r.options.at);
	} else if (i < argc) {
		array_push(&out->list, argv[i++]);
		add_own(out, &r);
	} else {
		add_all(out, (int)r.options.n, r.options.at);
	}
	add_all(out, argc - i, argv + i);
	array_clear(&r.options);
}

void
spoken_clear(struct spoken *w)
{
	array_clear(&w->list);
}

/* ------------------------------------------------------------ other commands */

#define NO_BUILDERS  "there are no builders to manage: cooper builds in its own process"
#define NO_SCRIPTING "write the steps into a Dockerfile: cooper build"
#define NO_CONTAINERS                                                                    \
	"cooper keeps no containers: cooper run starts an image in the foreground, "     \
	"cooper shell opens a step that failed"

static const struct {
	const char *word, *instead;
} missing[] = {
	{ "bake", "build each target by itself: cooper build --target STAGE -t NAME ." },
	{ "compose", "build each service by itself: cooper build -t NAME DIRECTORY" },
	{ "create", NO_BUILDERS },
	{ "use", NO_BUILDERS },
	{ "dial-stdio", NO_BUILDERS },
	{ "from", NO_SCRIPTING },
	{ "commit", NO_SCRIPTING },
	{ "config", NO_SCRIPTING },
	{ "mount", NO_SCRIPTING },
	{ "attach", NO_CONTAINERS },
	{ "container", NO_CONTAINERS },
	{ "cp", "COPY --from in a Dockerfile, or: cooper build -o DIRECTORY ." },
	{ "exec", NO_CONTAINERS },
	{ "exists", "cooper inspect NAME has exit status 4 if there is no such image" },
	{ "export", "the files of an image: cooper build -o type=tar,dest=FILE ." },
	{ "import", "ADD the archive in a Dockerfile: FROM scratch, ADD FILE /" },
	{ "kill", NO_CONTAINERS },
	{ "logs", NO_CONTAINERS },
	{ "network", NO_CONTAINERS },
	{ "pod", NO_CONTAINERS },
	{ "ps", NO_CONTAINERS },
	{ "rename", "cooper tag NAME NEW-NAME, then cooper rmi NAME" },
	{ "rm", "cooper has no containers; for images: cooper rmi NAME" },
	{ "search", "registries are searched on their pages; cooper pull NAME fetches" },
	{ "start", NO_CONTAINERS },
	{ "stats", NO_CONTAINERS },
	{ "stop", NO_CONTAINERS },
	{ "top", NO_CONTAINERS },
	{ "unshare", "cooper enters a user namespace by itself" },
	{ "volume", NO_CONTAINERS },
	{ "wait", NO_CONTAINERS },
};

const char *
spoken_instead(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(missing); i++)
		if (strcmp(word, missing[i].word) == 0)
			return missing[i].instead;
	return NULL;
}
