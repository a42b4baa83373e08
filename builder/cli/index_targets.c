#include "builder/cli/index_targets.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "builder/cli/cmd.h"

#define FILE_MAX ((size_t)1 << 20)

void
index_targets_clear(struct index_targets *t)
{
	for (size_t i = 0; i < t->names.n; i++)
		free(t->names.at[i]);
	for (size_t i = 0; i < t->sources.n; i++)
		free(t->sources.at[i]);
	array_clear(&t->names);
	array_clear(&t->sources);
}

/* A descriptor, as the metadata of a build has it, or a name on each line. */
static int
read_file(const char *path, struct index_targets *out, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	auto_json json_t *json = NULL;
	const char *digest = NULL;
	struct text rest, line;
	int there = file_read(AT_FDCWD, path, FILE_MAX, &text, err);

	if (there < 0)
		return error_named(err, ERR_SOURCE);
	if (there == 0)
		return error_set(err, ERR_SOURCE, "there is no file %s", path);
	rest = text_trim(buf_text(&text));
	if (rest.n > 0 && rest.p[0] == '{') {
		json = depot_json(rest, path, err);
		if (json == NULL || jsonio_str(json, "digest", &digest, path, err) < 0)
			return -1;
		if (digest == NULL)
			return error_set(err, ERR_SOURCE,
			                 "%s: a descriptor without digest", path);
		array_push(&out->sources, mem_copy(digest));
		return 0;
	}
	while (text_line(&rest, &line)) {
		line = text_trim(line);
		if (line.n > 0)
			array_push(&out->sources, text_copy(line));
	}
	return 0;
}

int
index_targets_read(const struct index_words *o, const struct words_left *words,
                   struct index_targets *out, struct error *err)
{
	size_t first = 1;

	for (size_t i = 0; i < o->tags.list.n; i++) {
		char *name = text_copy(o->tags.list.at[i]);
		auto_free char *host = NULL;

		array_push(&out->names, name);
		host = depot_host(name, BARE_REGISTRY, err);
		if (host == NULL && err->code != ERR_NONE)
			return error_wrap(err, "--tag");
	}
	if (o->is_imagetools && o->tags.list.n == 0 && !o->dry_run) {
		error_set(err, ERR_USAGE, "--tag says how the index is called");
		return error_hint(err, "or --dry-run shows it");
	}
	if (o->is_imagetools && o->tags.list.n == 0 && words->list.n > 1)
		array_push(&out->names, mem_copy(words->list.at[1]));
	else if (o->tags.list.n == 0) {
		if (command_words(&cmd_index, words, 2, SIZE_MAX, err) < 0)
			return -1;
		array_push(&out->names, mem_copy(words->list.at[1]));
		first = 2;
	}
	for (size_t i = first; i < words->list.n; i++)
		array_push(&out->sources, mem_copy(words->list.at[i]));
	for (size_t i = 0; i < o->files.list.n; i++) {
		auto_free char *path = text_copy(o->files.list.at[i]);

		if (read_file(path, out, err) < 0)
			return error_wrap(err, "--file");
	}
	return 0;
}

char *
index_source(const char *word, const char *name)
{
	const char *digest = word[0] == '@' ? word + 1 : word;
	const char *at = strchr(name, '@');
	size_t n = at == NULL ? strlen(name) : (size_t)(at - name);
	const char *slash = memrchr(name, '/', n);
	const char *from = slash == NULL ? name : slash;
	const char *colon = memchr(from, ':', n - (size_t)(from - name));
	struct digest d;

	if (!digest_parse(&d, text_of(digest)))
		return mem_copy(word);
	/* The colon of "oci:DIR" and "store:NAME" stays. */
	if (colon != NULL && slash == NULL &&
	    (text_starts(text_of(name), "store:") || text_starts(text_of(name), "oci:")))
		colon = strchr(colon + 1, ':');
	return mem_print("%.*s@%s", (int)(colon == NULL ? n : (size_t)(colon - name)),
	                 name, digest);
}

/* ------------------------------------------------------------ files */

static char *
metadata(const char *name, const struct registry_document *d)
{
	char digest[DIGEST_TEXT_MAX];
	auto_json json_t *object = json_object();

	jsonio_set(object, "containerimage.descriptor", descriptor_write(&d->descriptor));
	jsonio_set(object, "containerimage.digest",
	           json_string(digest_text(&d->descriptor.digest, digest)));
	jsonio_set(object, "image.name", jsonio_string(text_of(name)));
	return jsonio_print_pretty(object);
}

int
index_files_write(const struct index_words *o, const char *name,
                  const struct index_result *r, struct error *err)
{
	char digest[DIGEST_TEXT_MAX];
	auto_free char *text = metadata(name, &r->document);

	if (o->dry_run)
		return 0;
	if (o->digest_file != NULL &&
	    destination_put_at(
	            "--digest-file", o->digest_file,
	            text_of(digest_text(&r->document.descriptor.digest, digest)),
	            err) < 0)
		return -1;
	if (o->metadata_file == NULL)
		return 0;
	return destination_put_at("--metadata-file", o->metadata_file, text_of(text),
	                          err);
}
