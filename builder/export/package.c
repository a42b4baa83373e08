#include "builder/export/package.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "base/map.h"

/* A base layer keeps its compression and digest; only the family of its media
 * type follows the manifest's. */
static const char *
layer_type(const char *have, bool docker)
{
	enum compression kind = COMPRESS_NONE;

	if (strstr(have, "gzip") != NULL)
		kind = COMPRESS_GZIP;
	else if (strstr(have, "zstd") != NULL)
		kind = COMPRESS_ZSTD;
	return compression_media_type(kind, docker);
}

static void
set_type(struct descriptor *d, const char *type)
{
	free(d->media_type);
	d->media_type = mem_copy(type);
}

struct compressor
output_compressor(const struct output *output, bool plain)
{
	if (output->compression_given)
		return (struct compressor){ .kind = output->compression,
			                    .level = output->level };
	return (struct compressor){ .kind = plain ? COMPRESS_NONE : COMPRESS_GZIP,
		                    .level = COMPRESS_LEVEL_DEFAULT };
}

/* In Docker's media types, only manifests have annotations, so --annotation wins over
 * oci-mediatypes=false; packages_make() reports this. */
static bool
is_docker(const struct output *output, const struct export_options *options)
{
	return output->docker_types && (options->annotations == NULL ||
	                                !annotations_need_oci(options->annotations));
}

static int
add_layers(const struct output *output, const struct export_options *options,
           const struct image *image, bool plain, struct manifest *m, struct error *err)
{
	struct compressor compressor = output_compressor(output, plain);
	bool docker = is_docker(output, options);

	for (size_t i = 0; i < image->layers.n; i++) {
		struct descriptor *d = array_add(&m->layers);

		if (layer_compress(image->layers.at[i], &compressor,
		                   output->force_compression, options->cancel, d,
		                   err) < 0)
			return error_wrap(err, "layer %zu", i + 1);
		if (docker && strstr(d->media_type, "zstd") != NULL)
			event_warn(0,
			           "layer %zu is zstd, which Docker's media types do "
			           "not know: add force-compression=true",
			           i + 1);
		set_type(d, layer_type(d->media_type, docker));
		json_decref(d->annotations);
		d->annotations = NULL;
	}
	return 0;
}

/* What the image was built on, unless somebody said otherwise. */
static json_t *
add_base(json_t *notes, const struct image *image)
{
	auto_free char *name = reference_print(image->base);
	json_t *all = json_object();
	char digest[DIGEST_TEXT_MAX];

	jsonio_set(all, "org.opencontainers.image.base.digest",
	           json_string(digest_text(&image->base_digest, digest)));
	jsonio_set(all, "org.opencontainers.image.base.name", json_string(name));
	if (notes != NULL)
		json_object_update(all, notes);
	json_decref(notes);
	return all;
}

static int
package_make(const struct output *output, const struct export_options *options,
             const struct image *image, bool plain, struct package *p, struct error *err)
{
	bool docker = is_docker(output, options);
	auto_json json_t *notes = annotations_json(&output->annotations,
	                                           options->annotations,
	                                           ANNOTATION_MANIFEST, &image->platform);

	if (output->base_annotations && image->base != NULL && !docker)
		notes = add_base(notes, image);
	p->image = image;
	p->manifest.media_type = mem_copy(docker ? MEDIA_DOCKER_MANIFEST
	                                         : MEDIA_OCI_MANIFEST);
	p->manifest.config = (struct descriptor){
		.media_type = mem_copy(docker ? MEDIA_DOCKER_CONFIG : MEDIA_OCI_CONFIG),
		.digest = image->config_digest,
		.size = strlen(image->config),
	};
	if (add_layers(output, options, image, plain, &p->manifest, err) < 0)
		return -1;
	p->text = manifest_write(&p->manifest, notes);
	p->descriptor.media_type = mem_copy(p->manifest.media_type);
	p->descriptor.digest = digest_of(p->text, strlen(p->text));
	p->descriptor.size = strlen(p->text);
	platform_copy(&p->descriptor.platform, &image->platform);
	p->descriptor.annotations =
	        annotations_json(&output->annotations, options->annotations,
	                         ANNOTATION_MANIFEST_DESCRIPTOR, &image->platform);
	return 0;
}

static void
make_index(const struct output *output, const struct export_options *options,
           struct packages *out)
{
	auto_index struct index ix = { 0 };
	auto_json json_t *notes = annotations_json(
	        &output->annotations, options->annotations, ANNOTATION_INDEX, NULL);

	ix.media_type = mem_copy(is_docker(output, options) ? MEDIA_DOCKER_LIST
	                                                    : MEDIA_OCI_INDEX);
	for (size_t i = 0; i < out->list.n; i++)
		descriptor_copy(array_add(&ix.manifests), &out->list.at[i].descriptor);
	out->index_text = index_write(&ix, notes);
	out->root.media_type = mem_copy(ix.media_type);
	out->root.digest = digest_of(out->index_text, strlen(out->index_text));
	out->root.size = strlen(out->index_text);
	out->root.annotations = annotations_json(&output->annotations,
	                                         options->annotations,
	                                         ANNOTATION_INDEX_DESCRIPTOR, NULL);
}

int
packages_make(const struct output *output, const struct export_options *options,
              const struct image *images, size_t n, bool plain, struct packages *out,
              struct error *err)
{
	if (output->docker_types && !is_docker(output, options))
		event_warn(0, "oci-mediatypes=false is ignored: Docker's media types "
		              "have no place for these annotations");
	for (size_t i = 0; i < n; i++)
		if (package_make(output, options, &images[i], plain,
		                 array_add(&out->list), err) < 0)
			return -1;
	if (n != 1 || options->multi) {
		make_index(output, options, out);
		return 0;
	}
	descriptor_copy(&out->root, &out->list.at[0].descriptor);
	platform_clear(&out->root.platform);
	return 0;
}

void
packages_clear(struct packages *p)
{
	for (size_t i = 0; i < p->list.n; i++) {
		manifest_clear(&p->list.at[i].manifest);
		descriptor_clear(&p->list.at[i].descriptor);
		free(p->list.at[i].text);
	}
	array_clear(&p->list);
	free(p->index_text);
	descriptor_clear(&p->root);
}

/* ------------------------------------------------------------ blobs */

static void
blob_add(struct package_blobs *out, struct map *seen, const struct package_blob *blob,
         const struct descriptor *d)
{
	struct package_blob *added = NULL;

	if (!map_set(seen, (struct text){ (const char *)&d->digest, sizeof d->digest },
	             out))
		return;
	added = array_add(&out->list);
	*added = *blob;
	added->descriptor = (struct descriptor){ 0 };
	descriptor_copy(&added->descriptor, d);
}

void
packages_blobs(const struct packages *p, struct package_blobs *out)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; i < p->list.n; i++) {
		const struct package *package = &p->list.at[i];

		for (size_t j = 0; j < package->manifest.layers.n; j++)
			blob_add(out, &seen,
			         &(struct package_blob){
			                 .layer = package->image->layers.at[j],
			                 .from_base = j < package->image->n_base },
			         &package->manifest.layers.at[j]);
		blob_add(out, &seen,
		         &(struct package_blob){ .text = package->image->config },
		         &package->manifest.config);
	}
}

void
package_blobs_clear(struct package_blobs *b)
{
	for (size_t i = 0; i < b->list.n; i++)
		descriptor_clear(&b->list.at[i].descriptor);
	array_clear(&b->list);
}

/* ------------------------------------------------------------ telling */

static void
tell(int vertex, const char *what, const struct digest *digest)
{
	char printed[DIGEST_TEXT_MAX];
	auto_free char *line = mem_print("exporting %s %s", what,
	                                 digest_text(digest, printed));

	event_status(vertex, line, 0, 0, true);
}

void
packages_tell(const struct packages *p, int vertex)
{
	for (size_t i = 0; i < p->list.n; i++) {
		tell(vertex, "manifest", &p->list.at[i].descriptor.digest);
		tell(vertex, "config", &p->list.at[i].manifest.config.digest);
	}
	if (p->index_text != NULL)
		tell(vertex, "manifest list", &p->root.digest);
}
