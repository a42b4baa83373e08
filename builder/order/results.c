#include "builder/order/order.h"

#include <sys/stat.h>

#include "base/base.h"
#include "base/count.h"
#include "builder/record/page.h"
#include "layers/store.h"

static int
open_text(struct build_request *r, const char *option, const char *path,
          struct destination **out, struct error *err)
{
	if (path == NULL)
		return 0;
	*out = destination_open(DESTINATION_TEXT, option, path, err);
	if (*out == NULL)
		return -1;
	array_push(&r->results, *out);
	return 0;
}

static int
open_output(struct build_request *r, struct output *output, const char *option,
            struct error *err)
{
	if (output_open(output, option, err) < 0)
		return -1;
	if (output->destination != NULL)
		array_push(&r->results, output->destination);
	return 0;
}

static int
open_all(struct build_request *r, struct error *err)
{
	bool is_page = false;

	for (size_t i = 0; i < r->outputs.n; i++)
		if (open_output(r, &r->outputs.at[i], "--output dest=", err) < 0 ||
		    output_check_layout(&r->outputs.at[i], err) < 0)
			return -1;
	for (size_t i = 0; i < r->cache_to.n; i++)
		if (open_output(r, &r->cache_to.at[i].output, "--cache-to dest=", err) <
		    0)
			return -1;
	if (open_text(r, "--iidfile", r->iidfile, &r->iid, err) < 0 ||
	    open_text(r, "--digest-file", r->digest_file, &r->digest, err) < 0 ||
	    open_text(r, "--image-name-with-digest-file", r->name_file, &r->name, err) <
	            0 ||
	    open_text(r, "--image-name-tag-with-digest-file", r->name_tag_file,
	              &r->name_tag, err) < 0)
		return -1;
	if (r->report_path != NULL &&
	    record_form("--report", r->report_path, &is_page, err) < 0)
		return -1;
	if (open_text(r, "--report", r->report_path, &r->report, err) < 0)
		return -1;
	return open_text(r, "--metadata-file", r->metadata_file, &r->metadata, err);
}

/* ------------------------------------------------------------ what must not be */

static int
check_pairs(const struct build_request *r, struct error *err)
{
	for (size_t i = 0; i < r->results.n; i++)
		for (size_t j = i + 1; j < r->results.n; j++)
			if (destination_clash(r->results.at[i], r->results.at[j]))
				return error_set(err, ERR_USAGE,
				                 "%s and %s are the same file",
				                 destination_shown(r->results.at[i]),
				                 destination_shown(r->results.at[j]));
	return 0;
}

static bool
is_file_of(const struct destination *d, const struct stat *sb)
{
	struct destination_files files = { 0 };
	bool found = false;

	destination_files(d, &files);
	for (size_t i = 0; i < files.list.n; i++)
		found |= files.list.at[i].dev == sb->st_dev &&
		         files.list.at[i].ino == sb->st_ino;
	array_clear(&files.list);
	return found;
}

/* Refuses an output that would overwrite a file that the build reads. */
static int
check_input(const struct build_request *r, const char *path, const char *what,
            struct error *err)
{
	struct stat input, log;

	if (path == NULL || stat(path, &input) < 0 || !S_ISREG(input.st_mode))
		return 0;
	if (r->log_fd > 0 && fstat(r->log_fd, &log) == 0 && log.st_dev == input.st_dev &&
	    log.st_ino == input.st_ino)
		return error_set(err, ERR_USAGE, "--logfile is %s of this build", what);
	for (size_t i = 0; i < r->results.n; i++)
		if (is_file_of(r->results.at[i], &input))
			return error_set(err, ERR_USAGE, "%s is %s of this build",
			                 destination_shown(r->results.at[i]), what);
	return 0;
}

static int
check_inputs(const struct build_request *r, struct error *err)
{
	static const struct {
		const char *name, *what;
	} files[] = { { "Dockerfile", "the Dockerfile" },
		      { "dockerfile", "the Dockerfile" },
		      { "Containerfile", "the Containerfile" },
		      { ".dockerignore", "the .dockerignore" },
		      { ".containerignore", "the .containerignore" } };

	for (size_t i = r->dockerfile == NULL ? 0 : 3; i < COUNT_OF(files); i++) {
		auto_free char *path = mem_print("%s/%s", r->context, files[i].name);

		if (check_input(r, path, files[i].what, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->secrets.n; i++) {
		auto_free char *path = text_copy(r->secrets.at[i].file);

		if (check_input(r, path, "a secret", err) < 0)
			return -1;
	}
	if (check_input(r, r->dockerfile, "the Dockerfile", err) < 0)
		return -1;
	if (check_input(r, r->ignorefile, "the file of ignored paths", err) < 0)
		return -1;
	return check_input(r, r->authfile, "the file of credentials", err);
}

/* No output may be inside the store; its files would mix with the store's. */
int
build_check_store(const struct build_request *r, const struct store *store,
                  struct error *err)
{
	struct stat sb;

	if (fstat(store_fd(store), &sb) < 0)
		return error_sys(err, "%s", store_path(store));
	for (size_t i = 0; i < r->results.n; i++)
		if (destination_is_below(r->results.at[i], &sb))
			return error_set(err, ERR_USAGE, "%s is in the store %s",
			                 destination_shown(r->results.at[i]),
			                 store_path(store));
	for (size_t i = 0; i < r->outputs.n; i++)
		if (r->outputs.at[i].deletes &&
		    destination_holds(r->outputs.at[i].destination, store_path(store)))
			return error_set(err, ERR_USAGE,
			                 "%s: mode=delete would remove the store %s",
			                 destination_shown(r->outputs.at[i].destination),
			                 store_path(store));
	return 0;
}

/* ------------------------------------------------------------ mode=delete */

/* The directories whose loss after a typing error would hurt most. */
static int
check_deleted(const struct build_request *r, const struct destination *d,
              struct error *err)
{
	const char *home = getenv("HOME");
	struct stat here;

	if (destination_holds(d, r->context))
		return error_set(err, ERR_USAGE,
		                 "%s: mode=delete would remove the context",
		                 destination_shown(d));
	if (destination_holds(d, "/") || (home != NULL && destination_holds(d, home)))
		return error_set(err, ERR_USAGE,
		                 "%s: mode=delete is refused for this directory",
		                 destination_shown(d));
	if (r->allow_delete || (stat(".", &here) == 0 && destination_is_below(d, &here) &&
	                        !destination_holds(d, ".")))
		return 0;
	error_set(err, ERR_POLICY,
	          "%s: mode=delete of what is not below the working directory",
	          destination_shown(d));
	return error_hint(err, "allow it with --allow buildx.local.delete");
}

static int
check_deletes(const struct build_request *r, struct error *err)
{
	for (size_t i = 0; i < r->outputs.n; i++)
		if (r->outputs.at[i].deletes &&
		    check_deleted(r, r->outputs.at[i].destination, err) < 0)
			return -1;
	return 0;
}

int
build_open_results(struct build_request *r, struct error *err)
{
	for (size_t i = 0; i < r->outputs.n; i++)
		if (output_check_names(&r->outputs.at[i], r->tags.at, r->tags.n, err) < 0)
			return -1;
	if (open_all(r, err) < 0 || check_pairs(r, err) < 0)
		return -1;
	return check_inputs(r, err) < 0 || check_deletes(r, err) < 0 ? -1 : 0;
}
