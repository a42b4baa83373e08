#include "builder/cache/fields_reason.h"

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "builder/cache/changed_text.h"

/* Bytes of a digest's hex that tell it apart. */
#define SHORT_DIGEST (sizeof "sha256:" - 1 + 12)

/* ------------------------------------------------------------ fields of keys */

/* The description of a key's field for users. VALUES: what its numbers stand for. */
static const struct {
	const char *field, *name;
	const char *values[3];
} names[] = {
	{ "argv[0]", "the shell", { 0 } },
	{ "argv[", "the command", { 0 } },
	{ "cwd", "the working directory", { 0 } },
	{ "user", "the user", { 0 } },
	{ "destination", "the destination", { 0 } },
	{ "chown", "--chown", { 0 } },
	{ "chmod", "--chmod", { 0 } },
	{ "exclude[", "--exclude", { 0 } },
	{ "link", "--link", { "no", "yes" } },
	{ "parents", "--parents", { "no", "yes" } },
	{ "unpack[", "unpacking an archive", { 0 } },
	{ "network", "--network", { "default", "none", "host" } },
	{ "insecure", "--security", { "sandbox", "insecure" } },
	{ "hostname", "the host name", { 0 } },
	{ "limit[", "--ulimit", { 0 } },
	{ "shm size", "--shm-size", { 0 } },
	{ "volume[", "--volume", { 0 } },
	{ "left out[", "--ignore-path", { 0 } },
	{ "capabilities added", "--cap-add", { 0 } },
	{ "capabilities dropped", "--cap-drop", { 0 } },
	{ "no hosts", "--no-hosts", { "no", "yes" } },
	{ "file name[", "the file's name", { 0 } },
	{ "file[", "the file's text", { 0 } },
	{ "source path[", "the path of a source", { 0 } },
	{ "source[", "a source", { 0 } },
	{ "script", "the name of the script", { 0 } },
	{ "script body", "the script", { 0 } },
	{ "mount target[", "the target of a mount", { 0 } },
	{ "mount source[", "the source of a mount", { 0 } },
	{ "mount content[", "the content of a mount", { 0 } },
	{ "mount id[", "the id of a mount", { 0 } },
	{ "mount env[", "the variable of a mount", { 0 } },
	{ "mount[", "a mount", { 0 } },
	{ "host[", "--add-host", { 0 } },
	{ "path", "the path", { 0 } },
	{ "epoch", "SOURCE_DATE_EPOCH", { 0 } },
};

bool
field_is(const char *field, const char *pattern)
{
	size_t n = strlen(pattern);

	return n > 0 && pattern[n - 1] == '[' ? strncmp(field, pattern, n) == 0
	                                      : strcmp(field, pattern) == 0;
}

static size_t
row_of(const char *field)
{
	size_t i = 0;

	while (i < COUNT_OF(names) && !field_is(field, names[i].field))
		i++;
	return i;
}

static const char *
name_of(const char *field)
{
	size_t row = row_of(field);

	if (strncmp(field, "env ", 4) == 0)
		return field + 4;
	return row == COUNT_OF(names) ? field : names[row].name;
}

static struct text
value_of(const struct preimage_field *field)
{
	size_t row = row_of(field->name);
	uint64_t n = 0;

	if (row < COUNT_OF(names) && names[row].values[0] != NULL &&
	    number_u64(field->value, &n) && n < COUNT_OF(names[row].values) &&
	    names[row].values[n] != NULL)
		return text_of(names[row].values[n]);
	return field->value;
}

char *
field_reason(const struct preimage_field *old, const struct preimage_field *now)
{
	auto_free char *value = NULL;

	if (old != NULL && now != NULL)
		return text_changed(name_of(now->name), value_of(old), value_of(now));
	if (now == NULL) {
		/* cppcheck-suppress nullPointerRedundantCheck ; one of them there is */
		value = text_quoted(value_of(old));
		return mem_print("%s is gone, was %s", name_of(old->name), value);
	}
	value = text_quoted(value_of(now));
	return mem_print("%s is new: %s", name_of(now->name), value);
}

/* ------------------------------------------------------------ facts */

static struct text
short_digest(struct text t)
{
	return text_first(t, SHORT_DIGEST);
}

static char *
image_reason(const struct preimage *was, const struct preimage *is)
{
	static const char begin[] = "the image it starts from is another one";
	struct text old_name = preimage_value(was, "name"),
		    name = preimage_value(is, "name"),
		    old_digest = preimage_value(was, "digest"),
		    digest = preimage_value(is, "digest"),
		    old_platform = preimage_value(was, "platform"),
		    platform = preimage_value(is, "platform");

	if (!text_equal(old_name, name))
		return mem_print("%s: %.*s, was %.*s", begin, TEXT_ARG(name),
		                 TEXT_ARG(old_name));
	if (!text_equal(old_platform, platform))
		return mem_print("%s: %.*s for %.*s, was for %.*s", begin, TEXT_ARG(name),
		                 TEXT_ARG(platform), TEXT_ARG(old_platform));
	if (digest.n == 0 || text_equal(old_digest, digest))
		return mem_copy(begin);
	return mem_print("%s: %.*s is now %.*s…, was %.*s…", begin, TEXT_ARG(name),
	                 TEXT_ARG(short_digest(digest)), TEXT_ARG(short_digest(old_digest)));
}

char *
facts_reason(const struct preimage *was, const struct preimage *is)
{
	struct text url = preimage_value(is, "url"), ref = preimage_value(is, "ref"),
		    old_commit = preimage_value(was, "commit"),
		    commit = preimage_value(is, "commit"),
		    old_content = preimage_value(was, "content"),
		    content = preimage_value(is, "content");

	if (preimage_value(is, "name").p != NULL)
		return image_reason(was, is);
	if (url.p == NULL || !text_equal(url, preimage_value(was, "url")))
		return NULL;
	if (commit.n > 0 && !text_equal(commit, old_commit))
		return mem_print("%.*s of %.*s is now commit %.*s, was %.*s",
		                 TEXT_ARG(ref.n > 0 ? ref : TEXT("HEAD")), TEXT_ARG(url),
		                 TEXT_ARG(text_first(commit, 12)),
		                 TEXT_ARG(text_first(old_commit, 12)));
	if (content.n > 0 && !text_equal(content, old_content))
		return mem_print("%.*s is now %.*s…, was %.*s…", TEXT_ARG(url),
		                 TEXT_ARG(short_digest(content)),
		                 TEXT_ARG(short_digest(old_content)));
	return NULL;
}
