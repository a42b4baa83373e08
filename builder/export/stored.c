#include "builder/export/export.h"

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/export/package.h"
#include "builder/image/image.h"

#define CONFIG_SIZE_MAX ((size_t)16 << 20)

/* ------------------------------------------------------------ push */

/* A stored image as an output takes it. */
static int
image_of_source(struct store *store, struct source_image *source, struct image *out,
                struct error *err)
{
	auto_buf struct buf config = BUF_INIT;

	if (blob_read(store, &source->manifest.config.digest, CONFIG_SIZE_MAX, &config, err) < 0)
		return -1;
	for (size_t i = 0; i < source->layers.n; i++)
		array_push(&out->layers, source->layers.at[i]);
	out->config = buf_take(&config);
	out->config_digest = source->manifest.config.digest;
	platform_copy(&out->platform, &source->base.image_platform);
	out->created_ns = source->base.created_ns;
	return 0;
}

static void
stored_clear(struct image *image)
{
	array_clear(&image->layers);
	free(image->config);
	platform_clear(&image->platform);
}

int
export_push(const struct export_options *options, const char *name,
            const struct reference *ref, const struct compressor *compressor,
            struct descriptor *root, struct error *err)
{
	struct source_options source = { .store = options->store,
		                         .registry = options->registry,
		                         .policy = PULL_NEVER,
		                         .cancel = options->cancel };
	struct output output = { .type = OUTPUT_REGISTRY, .compression = compressor->kind,
		                 .level = compressor->level, .compression_given = true };
	struct export_options own = *options;
	auto_platform struct platform host = PLATFORM_INIT;
	struct missing_base wanted = { .name = text_of(name) };
	struct source_image *stored = NULL;
	struct image image = { 0 };
	int failed = 0;

	platform_host(&host);
	wanted.platform = host;
	stored = source_image_load(&source, &wanted, err);
	if (stored == NULL)
		return error_wrap(err, "%s", name);
	own.tags = ref;
	own.n_tags = 1;
	failed = image_of_source(options->store, stored, &image, err);
	if (failed == 0)
		failed = to_registry(&output, &own, &image, 1, root, err);
	stored_clear(&image);
	source_image_free(stored);
	return failed;
}

/* ------------------------------------------------------------ pull */

int
import_pull(const struct export_options *options, const struct reference *ref,
            const struct platform *platform, struct descriptor *root, struct error *err)
{
	struct source_options source = { .store = options->store,
		                         .registry = options->registry,
		                         .policy = PULL_ALWAYS,
		                         .cancel = options->cancel };
	auto_free char *name = reference_print(ref);
	struct missing_base wanted = { .name = text_of(name), .platform = *platform };
	struct source_image *image = source_image_load(&source, &wanted, err);
	int failed = 0;

	if (image == NULL)
		return error_wrap(err, "pull %s", name);
	for (size_t i = 0; i < image->layers.n && failed == 0; i++)
		failed = layer_make(image->layers.at[i], LAYER_BLOB, options->cancel, err);
	if (failed == 0)
		failed = tags_set(options->store, name, &image->root, err);
	if (failed == 0)
		descriptor_copy(root, &image->root);
	source_image_free(image);
	return failed < 0 ? error_wrap(err, "pull %s", name) : 0;
}
