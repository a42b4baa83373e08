#include "builder/steps/internal.h"

#include "base/base.h"
#include "builder/image/image.h"
#include "layers/layer.h"

/* The key is the chain of diffIDs: two tags, or two manifests, with the same layers are
 * the same base. Other properties of an image (environment, shell, user) are in the
 * definitions of the steps that use them. */
int
step_image_preimage(const struct step_job *job, bool content, struct preimage *out,
                    struct error *err)
{
	const struct source_image *s = job->step->image.base->image;

	(void)content;
	(void)err;
	preimage_add_str(out, "step", "image");
	for (size_t i = 0; i < s->layers.n; i++) {
		auto_free char *name = mem_print("diffid[%zu]", i);
		struct digest diffid;

		if (layer_diffid(s->layers.at[i], &diffid))
			preimage_add_digest(out, name, &diffid);
	}
	return 0;
}

int
step_image_execute(const struct step_job *job, struct result *out, struct error *err)
{
	const struct source_image *s = job->step->image.base->image;

	(void)err;
	for (size_t i = 0; i < s->layers.n; i++)
		array_push(&out->layers, s->layers.at[i]);
	return 0;
}
