#include "builder/export/package.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"

/* linux_arm_v7, the sub-folder of a platform. */
static char *
platform_folder(const struct platform *p)
{
	char *name = platform_print(p);

	for (char *c = name; *c != '\0'; c++)
		if (*c == '/')
			*c = '_';
	return name;
}

static int
write_tar(const struct output *output, const struct export_options *options,
          const struct view *view, struct error *err)
{
	auto_output_file struct output_file file = { .fd = -1 };

	if (output_file_open(output->dest, &file, err) < 0 ||
	    view_write_tar(view, file.fd, options->epoch, options->cancel, err) < 0)
		return -1;
	return output_file_keep(&file, err);
}

static int
write_directory(const struct output *output, const struct export_options *options,
                const struct image *image, const struct view *view, bool split,
                struct error *err)
{
	auto_free char *folder = split ? platform_folder(&image->platform)
	                               : mem_copy(".");
	auto_free char *path = NULL;
	auto_fd int fd = -1;

	if (output->dest == NULL)
		return error_set(err, ERR_USAGE,
		                 "--output type=local needs dest=DIRECTORY");
	path = mem_print("%s/%s", output->dest, folder);
	if (file_make_dirs(AT_FDCWD, path, 0755, err) < 0)
		return -1;
	fd = file_open_dir(AT_FDCWD, path, err);
	if (fd < 0)
		return -1;
	return view_write_dir(view, fd, options->cancel, err);
}

static int
write_image(const struct output *output, const struct export_options *options,
            const struct image *image, bool split, struct error *err)
{
	struct view *view = view_new(image->layers.at, image->layers.n, err);
	int failed = 0;

	if (view == NULL)
		return -1;
	if (output->type == OUTPUT_TAR)
		failed = write_tar(output, options, view, err);
	else
		failed = write_directory(output, options, image, view, split, err);
	view_free(view);
	return failed;
}

int
to_files(const struct output *output, const struct export_options *options,
         const struct image *images, size_t n, struct error *err)
{
	int vertex = event_begin(output->type == OUTPUT_TAR
	                                 ? "exporting to client tarball"
	                                 : "exporting to client directory");
	int failed = 0;

	if (output->type == OUTPUT_TAR && n > 1)
		failed =
		        error_set(err, ERR_USAGE,
		                  "--output type=tar takes one platform: use type=local");
	for (size_t i = 0; i < n && failed == 0; i++)
		failed = write_image(output, options, &images[i], n > 1, err);
	event_end(vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	return failed < 0 ? error_wrap(err, "export") : 0;
}
