#include "builder/export/package.h"

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "base/map.h"
#include "layers/layer.h"
#include "layers/tree.h"
#include "layers/view.h"
#include "layers/view_write.h"

/* The file systems of all platforms, and where each of them goes. */
struct files {
	const struct output *output;
	const struct export_options *options;
	struct view **views;
	struct view_part *parts; /* by folder */
	char **folders;
	size_t n;
};

/* linux_arm_v7, the folder of a platform. */
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
compare_parts(const void *a, const void *b)
{
	const struct view_part *x = a, *y = b;

	return strcmp(x->folder, y->folder);
}

static bool
has_folders(const struct output *output, const struct export_options *options, size_t n)
{
	return output->split == SPLIT_ALWAYS ||
	       (output->split == SPLIT_SEVERAL && (n > 1 || options->multi));
}

static int
verify(const struct image *image, const struct cancel *cancel, struct error *err)
{
	for (size_t i = 0; i < image->layers.n; i++)
		if (layer_verify(image->layers.at[i], cancel, err) < 0)
			return -1;
	return 0;
}

static int
files_open(struct files *f, const struct image *images, struct error *err)
{
	bool split = has_folders(f->output, f->options, f->n);

	f->views = mem_new_n(f->n + 1, sizeof *f->views);
	f->parts = mem_new_n(f->n + 1, sizeof *f->parts);
	f->folders = mem_new_n(f->n + 1, sizeof *f->folders);
	for (size_t i = 0; i < f->n; i++) {
		f->folders[i] = split ? platform_folder(&images[i].platform)
		                      : mem_copy("");
		if (verify(&images[i], f->options->cancel, err) < 0)
			return -1;
		f->views[i] = view_new(images[i].layers.at, images[i].layers.n, err);
		if (f->views[i] == NULL)
			return -1;
		f->parts[i] = (struct view_part){ f->views[i], f->folders[i] };
	}
	qsort(f->parts, f->n, sizeof *f->parts, compare_parts);
	return 0;
}

static void
files_close(struct files *f)
{
	for (size_t i = 0; i < f->n && f->views != NULL; i++) {
		view_free(f->views[i]);
		free(f->folders[i]);
	}
	free(f->views);
	free(f->parts);
	free(f->folders);
}

/* ------------------------------------------------------------ without folders */

static int
note_path(void *arg, struct text path, const struct view_entry *found, struct error *err)
{
	if (found->entry == NULL || found->entry->type == ENTRY_DIR ||
	    map_set(arg, path, arg))
		return 0;
	error_set(err, ERR_USAGE, "platform-split=false: %.*s is of several platforms",
	          TEXT_ARG(path));
	return error_hint(err, "let each platform have a folder, or give its files names "
	                       "of their own ($TARGETARCH)");
}

/* Files that would overwrite each other. */
static int
check_distinct(const struct files *f, struct error *err)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; i < f->n && f->n > 1 && *f->parts[0].folder == '\0'; i++)
		if (view_each(f->parts[i].view, TEXT(""), note_path, &seen, err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------ writing */

static int
write_tar(const struct files *f, struct error *err)
{
	return view_write_tar(f->parts, f->n, destination_write, f->output->destination,
	                      f->options->epoch, f->options->cancel, err);
}

static int
write_part(const struct files *f, const struct view_part *part, struct error *err)
{
	int dir_fd = destination_dir_fd(f->output->destination);
	const char *folder = *part->folder == '\0' ? "." : part->folder;
	auto_fd int fd = -1;

	if (file_make_dirs(dir_fd, folder, 0755, err) < 0)
		return -1;
	fd = file_open_dir(dir_fd, folder, err);
	return fd < 0 ? -1
	              : view_write_dir(part->view, fd, false, f->options->epoch,
	                               f->options->cancel, err);
}

static int
write_directory(const struct files *f, struct error *err)
{
	for (size_t i = 0; i < f->n; i++)
		if (write_part(f, &f->parts[i], err) < 0)
			return error_wrap(err, "%s",
			                  destination_shown(f->output->destination));
	/* Files are deleted last, so that a failure loses nothing. */
	if (!f->output->deletes)
		return 0;
	return view_prune_dir(f->parts, f->n, destination_dir_fd(f->output->destination),
	                      f->options->cancel, err);
}

int
to_files(const struct output *output, const struct export_options *options,
         const struct image *images, size_t n, struct descriptor *root, struct error *err)
{
	int vertex = event_begin(output->type == OUTPUT_TAR
	                                 ? "exporting to client tarball"
	                                 : "exporting to client directory");
	struct files f = { .output = output, .options = options, .n = n };
	int failed = files_open(&f, images, err);

	(void)root;
	if (failed == 0)
		failed = check_distinct(&f, err);
	if (failed == 0)
		failed = output->type == OUTPUT_TAR ? write_tar(&f, err)
		                                    : write_directory(&f, err);
	if (failed == 0)
		failed = destination_keep(output->destination, err);
	files_close(&f);
	event_end(vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	return failed < 0 ? error_wrap(err, "export") : 0;
}
