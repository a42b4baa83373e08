#include "builder/image/image.h"

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "layers/store.h"

#define REF_SIZE_MAX ((size_t)64 << 10)

static char *
ref_file(const char *name)
{
	struct digest d = digest_of(name, strlen(name));
	char hex[DIGEST_HEX_MAX];

	return mem_print("refs/%s", digest_hex(&d, hex));
}

int
refs_find(struct store *store, const char *name, struct descriptor *out,
          struct error *err)
{
	auto_free char *file = ref_file(name);
	auto_buf struct buf text = BUF_INIT;
	auto_json json_t *json = NULL;
	auto_error struct error damage = ERROR_INIT;
	int found = file_read(store_fd(store), file, REF_SIZE_MAX, &text, err);

	if (found <= 0)
		return found;
	json = jsonio_parse(buf_text(&text), file, &damage);
	if (json != NULL &&
	    descriptor_read(out, json_object_get(json, "target"), file, &damage) == 0)
		return 1;
	event_debug("store", "%s is damaged: %s", file, damage.text);
	return 0;
}

int
refs_write(struct store *store, const char *name, const struct descriptor *target,
           struct error *err)
{
	auto_free char *file = ref_file(name);
	auto_free char *text = NULL;
	auto_json json_t *json = json_object();

	jsonio_set(json, "name", json_string(name));
	jsonio_set(json, "target", descriptor_write(target));
	text = jsonio_print(json);
	if (file_make_dirs(store_fd(store), "refs", 0755, err) < 0)
		return -1;
	return file_replace(store_fd(store), file, text, strlen(text), 0644, err);
}
