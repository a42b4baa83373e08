#include "builder/image/image.h"

#include "base/base.h"
#include "base/job.h"
#include "base/map.h"
#include "layers/layer.h"

/* Compressors with threads of their own at once. */
#define PACKERS 2

void
image_set_config(struct image *image, char *config)
{
	free(image->config);
	image->config = config;
	image->config_digest = digest_of(config, strlen(config));
}

void
image_clear(struct image *image)
{
	array_clear(&image->layers);
	free(image->config);
	platform_clear(&image->platform);
	*image = (struct image){ 0 };
}

/* ------------------------------------------------------------ packing */

struct pack_job {
	struct layer *layer;
	const struct compressor *packed;
	const struct cancel *cancel;
};

static int
pack_run(void *arg, struct error *err)
{
	const struct pack_job *job = arg;
	auto_descriptor struct descriptor found = DESCRIPTOR_INIT;

	return layer_compress(job->layer, job->packed, false, job->cancel, &found, err);
}

struct pack_jobs {
	ARRAY(struct pack_job) list;
};

/* Layers that were made here and are not packed yet. */
static void
pack_collect(const struct image *images, size_t n, const struct compressor *packed,
             const struct cancel *cancel, struct pack_jobs *out)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < images[i].layers.n; k++) {
			struct layer *layer = images[i].layers.at[k];
			bool is_packed = packed->kind == COMPRESS_NONE &&
			                 layer_has(layer, LAYER_TAR);

			if (layer_blob(layer) == NULL && !is_packed &&
			    map_set(&seen, text_of(layer_id(layer)), NULL))
				array_push(&out->list,
				           ((struct pack_job){ layer, packed, cancel }));
		}
	}
}

int
images_pack(const struct image *images, size_t n, const struct compressor *packed,
            const struct cancel *cancel, struct error *err)
{
	struct pack_jobs jobs = { 0 };
	struct pool *pool = NULL;
	struct group *group = NULL;
	int failed = 0;

	pack_collect(images, n, packed, cancel, &jobs);
	if (jobs.list.n == 0)
		return 0;
	pool = pool_new(packed->kind == COMPRESS_NONE ? job_cpus() : PACKERS);
	group = group_new(pool);
	for (size_t i = 0; i < jobs.list.n; i++)
		group_add(group, pack_run, &jobs.list.at[i]);
	failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	array_clear(&jobs.list);
	return failed;
}
