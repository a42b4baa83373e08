#include "builder/cli/cmd.h"

#include <stdio.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/cli/command.h"
#include "builder/cli/formatted.h"
#include "builder/cli/version.h"
#include "layers/compress.h"
#include "layers/store.h"
#include "layers/tags.h"

struct info_options {
	struct store_options store;
	struct formatted format;
};

static int
set_format(void *target, struct text value, struct error *err)
{
	return formatted_parse(&((struct info_options *)target)->format, value, err);
}

static const struct option_row rows[] = {
	{ "format", 'f', "text|json|TEMPLATE", OPTION_CALL, 0, set_format,
	  "text, json, or a template of Go\n'{{.Driver}}', '{{json .}}'" },
	ROW_ROOT,
	{ 0 },
};

static void
set_text(json_t *object, const char *member, const char *text)
{
	jsonio_set(object, member, jsonio_string(text_of(text)));
}

static void
set_number(json_t *object, const char *member, uint64_t n)
{
	jsonio_set(object, member, json_integer((json_int_t)n));
}

/* PRETTY_NAME of os-release. */
static char *
system_name(void)
{
	static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };
	char line[256];

	for (size_t i = 0; i < 2; i++) {
		auto_file FILE *f = fopen(files[i], "re");

		while (f != NULL && fgets(line, sizeof line, f) != NULL) {
			struct text t = text_trim(text_of(line));

			if (!text_starts(t, "PRETTY_NAME="))
				continue;
			t = text_from(t, strlen("PRETTY_NAME="));
			if (t.n > 1 && t.p[0] == '"')
				t = text_first(text_from(t, 1), t.n - 2);
			return text_copy(t);
		}
	}
	return mem_copy("Linux");
}

/* The members that scripts ask docker and podman for, and our own. */
static int
make_info(struct store *store, json_t *info, struct error *err)
{
	auto_tags struct tags tags = { 0 };
	auto_platform struct platform host = PLATFORM_INIT;
	auto_free char *system = system_name(), *platform = NULL;
	struct utsname kernel = { 0 };
	struct sysinfo memory = { 0 };
	struct statfs disk = { 0 };

	if (tags_read(store, &tags, err) < 0)
		return -1;
	platform_host(&host);
	platform = platform_print(&host);
	uname(&kernel);
	sysinfo(&memory);
	fstatfs(store_fd(store), &disk);
	set_text(info, "ServerVersion", COOPER_VERSION);
	set_number(info, "OutputProfile", OUTPUT_PROFILE);
	set_text(info, "Platform", platform);
	set_text(info, "OSType", host.os);
	set_text(info, "Architecture", kernel.machine);
	set_text(info, "OperatingSystem", system);
	set_text(info, "KernelVersion", kernel.release);
	set_number(info, "NCPU", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	set_number(info, "MemTotal", (uint64_t)memory.totalram * memory.mem_unit);
	set_text(info, "Driver", "oci-layout");
	set_text(info, "DockerRootDir", store_path(store));
	set_number(info, "DiskFree", (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize);
	set_number(info, "Images", tags.list.n);
	jsonio_set(info, "Rootless", json_boolean(geteuid() != 0));
	set_text(info, "Name", kernel.nodename);
	return 0;
}

/* Sizes as people read them, numbers as they are. */
static void
print_text(const json_t *info)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)info, key, value)
	{
		auto_buf struct buf shown = BUF_INIT;
		bool is_size = strcmp(key, "MemTotal") == 0 ||
		               strcmp(key, "DiskFree") == 0;

		if (is_size)
			number_print_size(&shown, (uint64_t)json_integer_value(value));
		else if (json_is_string(value))
			buf_add_str(&shown, json_string_value(value));
		else if (json_is_integer(value))
			buf_print(&shown, "%lld", (long long)json_integer_value(value));
		else
			buf_add_str(&shown, json_is_true(value) ? "yes" : "no");
		printf("%s: ", key);
		visible_write(stdout, buf_text(&shown), VISIBLE_LINE);
		putchar('\n');
	}
	puts("\nWhat this machine allows builds to do: cooper doctor");
}

static int
print(const json_t *info, struct formatted *f, struct error *err)
{
	auto_free char *text = NULL;

	if (f->kind == FORMATTED_TEMPLATE) {
		if (formatted_row(f, info, NULL, err) < 0)
			return -1;
		formatted_end(f);
		return 0;
	}
	if (f->kind == FORMATTED_TEXT) {
		print_text(info);
		return 0;
	}
	text = jsonio_print_pretty(info);
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	putchar('\n');
	return 0;
}

static int
cmd_info_work(void *options, const struct words_left *words, struct error *err)
{
	struct info_options *o = options;
	auto_json json_t *info = json_object();
	struct store *store = NULL;
	int failed = command_words(&cmd_info, words, 0, 0, err);

	if (failed < 0)
		return -1;
	store = store_open(o->store.root, err);
	failed = store == NULL ? -1 : make_info(store, info, err);
	store_close(store);
	return failed < 0 ? -1 : print(info, &o->format, err);
}

static int
cmd_info_run(const struct command *self, int argc, char **argv)
{
	struct info_options o = { 0 };
	int status = command_run(self, argc, argv, &o, cmd_info_work);

	formatted_clear(&o.format);
	return status;
}

struct command cmd_info = {
	.name = "info",
	.arguments = "[OPTIONS]",
	.summary = "Show the version, the store and the machine.",
	.options = rows,
	.run = cmd_info_run,
};
