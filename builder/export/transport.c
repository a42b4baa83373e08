#include "builder/export/transport.h"

#include "base/base.h"
#include "base/count.h"
#include "registry/registry.h"

static const struct {
	const char *word;
	enum transport_kind kind;
	bool has_path;
} words[] = {
	{ "docker://", TRANSPORT_REGISTRY, false },
	{ "oci:", TRANSPORT_OCI, true },
	{ "oci-archive:", TRANSPORT_OCI_ARCHIVE, true },
	{ "docker-archive:", TRANSPORT_DOCKER_ARCHIVE, true },
	{ "dir:", TRANSPORT_DIR, true },
	{ "docker-daemon:", TRANSPORT_DOCKER_DAEMON, false },
	{ "containers-storage:", TRANSPORT_CONTAINERS_STORAGE, false },
};

static size_t
find(struct text word)
{
	size_t i = 0;

	while (i < COUNT_OF(words) && !text_starts(word, words[i].word))
		i++;
	return i;
}

bool
transport_is(struct text word)
{
	return find(word) < COUNT_OF(words);
}

/* A path ends at the first colon: so do all readers of these words. */
static int
read_path(struct transport *t, struct text rest, struct error *err)
{
	struct text path = text_cut(&rest, ':');

	if (path.n == 0)
		return error_set(err, ERR_USAGE, "the path is empty");
	if (rest.p != NULL && rest.n == 0)
		return error_set(err, ERR_USAGE, "the name is empty");
	if (t->kind == TRANSPORT_DIR && rest.p != NULL)
		return error_set(err, ERR_USAGE, "dir: takes a directory and no name");
	t->path = text_copy(path);
	if (rest.p != NULL)
		t->name = text_copy(rest);
	return 0;
}

static int
check_name(const struct transport *t, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;

	/* In a layout it is any text. */
	if (t->name == NULL || t->kind == TRANSPORT_OCI ||
	    t->kind == TRANSPORT_OCI_ARCHIVE)
		return 0;
	return reference_parse(&ref, text_of(t->name), err);
}

int
transport_parse(struct transport *out, struct text word, struct error *err)
{
	size_t i = find(word);
	auto_transport struct transport t = { .kind = TRANSPORT_REGISTRY };
	struct text rest = word;

	if (i < COUNT_OF(words)) {
		t.kind = words[i].kind;
		rest = text_from(word, strlen(words[i].word));
	}
	if (rest.n == 0)
		return error_set(err, ERR_USAGE, "\"%.*s\" names no place",
		                 TEXT_ARG(word));
	if (i < COUNT_OF(words) && words[i].has_path) {
		if (read_path(&t, rest, err) < 0)
			return error_wrap(err, "%.*s", TEXT_ARG(word));
	} else {
		t.name = text_copy(rest);
	}
	if (check_name(&t, err) < 0)
		return -1;
	*out = t;
	t = (struct transport){ 0 };
	return 0;
}

void
transport_clear(struct transport *t)
{
	free(t->path);
	free(t->name);
	*t = (struct transport){ 0 };
}
