#include "builder/cli/shown_image.h"

#include <time.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "base/number.h"

#define SHORT_ID 12 /* hex digits people are shown */

const char *const shown_maps[] = { "Labels",       "Annotations", "Volumes",
	                           "ExposedPorts", "Data",        NULL };

/* ------------------------------------------------------------ columns */

char *
shown_id(const struct image_row *row, bool full)
{
	const struct digest *d = &row->stored.document.config.digest;
	char text[DIGEST_TEXT_MAX];

	if (row->damaged)
		return mem_copy("<damaged>");
	if (full)
		return mem_copy(digest_text(d, text));
	return mem_print("%.*s", SHORT_ID, digest_hex(d, text));
}

/* A build with SOURCE_DATE_EPOCH may say anything. */
char *
shown_age(int64_t created_ns)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {
		{ "year", 365 * 86400 }, { "month", 30 * 86400 }, { "week", 7 * 86400 },
		{ "day", 86400 },        { "hour", 3600 },        { "minute", 60 },
		{ "second", 1 },
	};
	int64_t age = (clock_wall_ns() - created_ns) / 1000000000;

	if (created_ns == 0)
		return mem_copy("-");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		int64_t n = age / units[i].seconds;

		if (n > 0)
			return mem_print("%lld %s%s ago", (long long)n, units[i].name,
			                 n == 1 ? "" : "s");
	}
	return mem_copy(age < 0 ? "in the future" : "now");
}

char *
shown_size(const struct image_row *row)
{
	auto_buf struct buf b = BUF_INIT;

	if (row->damaged)
		return mem_copy("-");
	number_print_size(&b, row->stored.size);
	return buf_take(&b);
}

char *
shown_time(int64_t created_ns)
{
	time_t seconds = (time_t)(created_ns / 1000000000);
	char text[CLOCK_TEXT_MAX];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S +0000 UTC", &tm) == 0)
		return mem_copy("");
	return mem_copy(text);
}

/* ------------------------------------------------------------ rows */

static void
set_text(json_t *object, const char *member, const char *text)
{
	jsonio_set(object, member, jsonio_string(text_of(text)));
}

static void
set_own(json_t *object, const char *member, char *text)
{
	set_text(object, member, text);
	free(text);
}

static const json_t *
config_of(const struct stored *s)
{
	return json_object_get(s->config, "config");
}

/* The member, or null. */
static json_t *
copy_of(const json_t *object, const char *member)
{
	json_t *found = json_object_get(object, member);

	return found == NULL ? json_null() : json_incref(found);
}

json_t *
shown_row(const struct image_row *row, bool full)
{
	const struct stored *s = &row->stored;
	json_t *object = json_object();
	char text[DIGEST_TEXT_MAX];

	set_text(object, "Containers", "N/A");
	set_own(object, "Created", shown_age(s->created_ns));
	set_own(object, "CreatedAt", shown_time(s->created_ns));
	set_own(object, "CreatedSince", shown_age(s->created_ns));
	set_text(object, "Digest",
	         row->damaged ? "<damaged>" : digest_text(&s->root.digest, text));
	set_own(object, "ID", shown_id(row, full));
	jsonio_set(object, "Labels", copy_of(config_of(s), "Labels"));
	set_own(object, "Name", mem_print("%s:%s", row->name, row->tag));
	set_own(object, "Platform",
	        row->damaged ? mem_copy("") : platform_print(&s->platform));
	set_text(object, "Repository", row->name);
	set_text(object, "SharedSize", "N/A");
	set_own(object, "Size", shown_size(row));
	set_text(object, "Tag", row->tag);
	set_text(object, "UniqueSize", "N/A");
	set_own(object, "VirtualSize", shown_size(row));
	return object;
}

json_t *
shown_headings(void)
{
	static const struct {
		const char *member, *title;
	} titles[] = {
		{ "Containers", "CONTAINERS" },
		{ "Created", "CREATED" },
		{ "CreatedAt", "CREATED AT" },
		{ "CreatedSince", "CREATED" },
		{ "Digest", "DIGEST" },
		{ "ID", "IMAGE ID" },
		{ "Labels", "LABELS" },
		{ "Name", "NAME" },
		{ "Platform", "PLATFORM" },
		{ "Repository", "REPOSITORY" },
		{ "SharedSize", "SHARED SIZE" },
		{ "Size", "SIZE" },
		{ "Tag", "TAG" },
		{ "UniqueSize", "UNIQUE SIZE" },
		{ "VirtualSize", "SIZE" },
	};
	json_t *object = json_object();

	for (size_t i = 0; i < COUNT_OF(titles); i++)
		set_text(object, titles[i].member, titles[i].title);
	return object;
}

/* ------------------------------------------------------------ document */

/* Docker shows all members of the execution part, null or empty if they are not set. */
static json_t *
shown_config(const struct stored *s)
{
	static const char *const texts[] = { "Hostname", "Domainname", "User", "Image",
		                             "WorkingDir" };
	static const char *const lists[] = { "ExposedPorts", "Env",        "Cmd",
		                             "Volumes",      "Entrypoint", "OnBuild",
		                             "Labels" };
	json_t *object = json_object(), *value;
	const char *key;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		jsonio_set(object, texts[i], json_string(""));
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		jsonio_set(object, lists[i], json_null());
	json_object_foreach((json_t *)(uintptr_t)config_of(s), key, value)
	{
		jsonio_set(object, key, json_incref(value));
	}
	return object;
}

/* "app:1", and "app@sha256:…". */
static void
set_names(json_t *object, const struct stored *s, const char *const *names, size_t n)
{
	json_t *tags = json_array(), *digests = json_array();
	char digest[DIGEST_TEXT_MAX];

	digest_text(&s->root.digest, digest);
	for (size_t i = 0; i < n; i++) {
		auto_error struct error ignored = ERROR_INIT;
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_free char *tag = NULL, *name = NULL, *line = NULL, *pinned = NULL;

		if (reference_parse(&ref, text_of(names[i]), &ignored) < 0)
			continue;
		tag = mem_copy(ref.tag == NULL ? "" : ref.tag);
		free(ref.tag);
		ref.tag = mem_copy("latest");
		name = reference_short(&ref);
		line = mem_print("%s:%s", name, tag);
		pinned = mem_print("%s@%s", name, digest);
		json_array_append_new(tags, jsonio_string(text_of(line)));
		json_array_append_new(digests, jsonio_string(text_of(pinned)));
	}
	jsonio_set(object, "RepoTags", tags);
	jsonio_set(object, "RepoDigests", digests);
}

static json_t *
shown_layers(const struct stored *s)
{
	const json_t *rootfs = json_object_get(s->config, "rootfs");
	json_t *object = json_object();

	jsonio_set(object, "Type", json_string("layers"));
	jsonio_set(object, "Layers", copy_of(rootfs, "diff_ids"));
	return object;
}

static void
set_member(json_t *object, const char *member, const struct stored *s, const char *theirs)
{
	const char *text = json_string_value(json_object_get(s->config, theirs));

	set_text(object, member, text == NULL ? "" : text);
}

json_t *
shown_document(const struct stored *s, const char *const *names, size_t n)
{
	json_t *object = json_object();
	char digest[DIGEST_TEXT_MAX];

	set_text(object, "Id", digest_text(&s->document.config.digest, digest));
	set_text(object, "Digest", digest_text(&s->root.digest, digest));
	set_names(object, s, names, n);
	set_text(object, "Parent", "");
	set_text(object, "Comment", "");
	set_member(object, "Created", s, "created");
	set_text(object, "DockerVersion", "");
	set_member(object, "Author", s, "author");
	jsonio_set(object, "Config", shown_config(s));
	set_member(object, "Architecture", s, "architecture");
	set_member(object, "Variant", s, "variant");
	set_member(object, "Os", s, "os");
	set_member(object, "OsVersion", s, "os.version");
	jsonio_set(object, "Size", json_integer((json_int_t)s->size));
	jsonio_set(object, "VirtualSize", json_integer((json_int_t)s->size));
	jsonio_set(object, "RootFS", shown_layers(s));
	jsonio_set(object, "Labels", copy_of(config_of(s), "Labels"));
	jsonio_set(object, "Annotations", json_null());
	set_text(object, "ManifestType", s->manifest.media_type);
	jsonio_set(object, "User", copy_of(config_of(s), "User"));
	jsonio_set(object, "History", copy_of(s->config, "history"));
	return object;
}
