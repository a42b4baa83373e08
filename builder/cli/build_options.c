#include "builder/cli/build_options.h"

#include <stdlib.h>

#include "base/base.h"
#include "base/count.h"
#include "builder/cli/build_limits.h"
#include "builder/cli/session.h"
#include "builder/ui/log_dir.h"
#include "parser/config.h"

struct text
build_options_own(struct build_options *o, char *text)
{
	array_push(&o->owned, text);
	return text_of(text);
}

/* ------------------------------------------------------------ */

void
build_options_init(struct build_options *o)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	*o = (struct build_options){ .progress = session_progress() };
	o->request.network = TEXT("default");
	o->request.epoch = -1;
	o->request.keeps_record = true;
	/* Like docker's command line: the variable is a build argument, which a
	 * given one overrides because it comes later. */
	if (epoch != NULL && *epoch != '\0')
		array_push(
		        &o->request.build_args,
		        ((struct variable){ TEXT("SOURCE_DATE_EPOCH"), text_of(epoch) }));
}

static void
add_plain_output(struct build_options *o, enum output_type type)
{
	struct output *out = array_add(&o->request.outputs);

	out->type = type;
	out->level = COMPRESS_LEVEL_DEFAULT;
}

static bool
has_output(const struct build_options *o, enum output_type type)
{
	for (size_t i = 0; i < o->request.outputs.n; i++)
		if (o->request.outputs.at[i].type == type)
			return true;
	return false;
}

static void
settle_outputs(struct build_options *o)
{
	if (!has_output(o, OUTPUT_IMAGE) &&
	    (o->load || (o->request.outputs.n == 0 && !o->push)))
		add_plain_output(o, OUTPUT_IMAGE);
	if (o->push && !has_output(o, OUTPUT_IMAGE) && !has_output(o, OUTPUT_REGISTRY))
		add_plain_output(o, OUTPUT_REGISTRY);
	for (size_t i = 0; i < o->request.outputs.n; i++)
		if (o->push && o->request.outputs.at[i].type == OUTPUT_IMAGE)
			o->request.outputs.at[i].push = true;
}

/* Those of --compression and --format are the last word nowhere. */
static int
settle_form(const struct build_options *o, struct output *out, struct error *err)
{
	if (!output_has_layers(out))
		return 0;
	if (o->compression_given && !out->compression_given) {
		out->compression = o->compression;
		out->compression_given = true;
	}
	if (o->level_given && out->level == COMPRESS_LEVEL_DEFAULT) {
		out->level = o->level;
		if (!out->compression_given)
			out->compression = COMPRESS_GZIP;
		out->compression_given = true;
	}
	out->force_compression |= o->forces_compression;
	out->docker_types |= o->docker_types;
	out->keep_times |= o->keep_times;
	return output_check(out, err) < 0 ? error_wrap(err, "--compression, --format")
	                                  : 0;
}

static bool
has_arg(const struct build_options *o, struct text name)
{
	for (size_t i = 0; i < o->request.build_args.n; i++)
		if (text_equal(o->request.build_args.at[i].name, name))
			return true;
	return false;
}

/* What files and the environment give counts only where the command line is silent. */
static void
settle_arguments(struct build_options *o)
{
	static const char *const proxies[] = { "HTTP_PROXY",  "http_proxy", "HTTPS_PROXY",
		                               "https_proxy", "FTP_PROXY",  "ftp_proxy",
		                               "NO_PROXY",    "no_proxy",   "ALL_PROXY",
		                               "all_proxy" };

	for (size_t i = 0; i < COUNT_OF(proxies) && o->gives_proxy; i++) {
		struct variable v = { text_of(proxies[i]), text_of(getenv(proxies[i])) };

		if (v.value.n > 0 && !has_arg(o, v.name))
			array_push(&o->request.build_args, v);
	}
	for (size_t i = 0; i < o->file_args.n; i++)
		if (!has_arg(o, o->file_args.at[i].name))
			array_push(&o->request.build_args, o->file_args.at[i]);
}

int
build_options_settle(struct build_options *o, struct error *err)
{
	settle_arguments(o);
	settle_outputs(o);
	for (size_t i = 0; i < o->request.outputs.n; i++)
		if (settle_form(o, &o->request.outputs.at[i], err) < 0)
			return -1;
	return build_limits_settle(o, err);
}

void
build_options_clear(struct build_options *o)
{
	build_request_clear(&o->request);
	for (size_t i = 0; i < o->owned.n; i++)
		free(o->owned.at[i]);
	log_dir_free(o->logs);
	if (o->log != NULL)
		fclose(o->log);
	array_clear(&o->owned);
	array_clear(&o->file_args);
	array_clear(&o->notes);
	array_clear(&o->other.destinations);
}
