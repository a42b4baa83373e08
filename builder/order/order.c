#include "builder/order/order.h"


#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/failures.h"
#include "base/redact.h"
#include "builder/order/bases.h"
#include "builder/order/build_record.h"
#include "builder/order/cache_exchange.h"
#include "builder/order/call.h"
#include "builder/order/dry_run.h"
#include "builder/order/epoch.h"
#include "builder/order/finish.h"
#include "builder/order/input.h"
#include "builder/order/notices.h"
#include "builder/order/outputs.h"
#include "builder/order/remote.h"
#include "builder/order/services.h"
#include "builder/solve/solve.h"
#include "layers/layer.h"
#include "layers/store.h"
#include "parser/dockerfile.h"

#define EPOCH_TEXT_MAX 24

/* No cache loses more layers one after the other. */
#define ROUNDS_MAX 20

/* One build, from plan to images. */
struct build {
	const struct build_request *request;
	struct services services;
	struct record *record; /* NULL: none */
	struct build_input input;
	struct dockerfile *df;
	struct bases bases;
	ARRAY(struct reference) names; /* -t */
	ARRAY(struct platform) platforms;
	ARRAY(struct plan_options) options; /* … for each of them */
	ARRAY(struct image) images;         /* … likewise */
	struct platform host;
	ARRAY(struct variable)
	build_args; /* with the time that a named epoch stands for */
	char epoch[EPOCH_TEXT_MAX];
	struct plan *plan;              /* of all platforms */
	struct cache_records *imported; /* NULL: nothing */
	struct cache_export cache_export;
	struct registry *cache_registry; /* the records of imported caches */
	bool lost;                       /* a step lacked a layer that the cache names */
	bool *written;                   /* of each output */
	bool multi;
};

static void
build_free(struct build *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->images.n; i++)
		image_clear(&b->images.at[i]);
	plan_free(b->plan);
	for (size_t i = 0; i < b->names.n; i++)
		reference_clear(&b->names.at[i]);
	for (size_t i = 0; i < b->platforms.n; i++)
		platform_clear(&b->platforms.at[i]);
	array_clear(&b->images);
	cache_records_free(b->imported);
	cache_export_clear(&b->cache_export);
	array_clear(&b->options);
	array_clear(&b->build_args);
	platform_clear(&b->host);
	array_clear(&b->names);
	array_clear(&b->platforms);
	dockerfile_free(b->df);
	services_close(&b->services);
	registry_free_hasty(b->cache_registry);
	free(b->written);
	bases_clear(&b->bases);
	build_input_clear(&b->input);
	free(b);
}

/* ------------------------------------------------------------ reading */

static int
read_names(struct build *b, struct error *err)
{
	for (size_t i = 0; i < b->request->tags.n; i++) {
		struct reference *ref = array_add(&b->names);

		if (reference_parse(ref, b->request->tags.at[i], err) < 0)
			return error_wrap(err, "--tag %.*s",
			                  TEXT_ARG(b->request->tags.at[i]));
		if (ref->digest != NULL)
			return error_set(err, ERR_USAGE,
			                 "--tag %.*s: a tag cannot have a digest",
			                 TEXT_ARG(b->request->tags.at[i]));
	}
	return 0;
}

static int
read_platforms(struct build *b, struct error *err)
{
	for (size_t i = 0; i < b->request->platforms.n; i++) {
		struct platform *p = array_add(&b->platforms);

		if (platform_parse(p, b->request->platforms.at[i], err) < 0 ||
		    platform_check_spelling(p, err) < 0)
			return error_wrap(err, "--platform");
	}
	if (b->platforms.n == 0)
		platform_host(array_add(&b->platforms));
	return 0;
}

static struct remote
remote_of(const struct build *b)
{
	return (struct remote){
		.unpack_max = b->request->unpack_max,
		.store = b->services.store,
		.registry = b->services.registry,
		.secrets = b->services.secrets.at,
		.n_secrets = b->services.secrets.n,
		.offline = b->request->offline,
		.cancel = b->request->cancel,
	};
}

static int
read_all(struct build *b, struct error *err)
{
	struct remote remote;
	auto_free char *name = NULL;
	int vertex = 0;

	if (read_names(b, err) < 0 || read_platforms(b, err) < 0 ||
	    services_open(b->request, &b->services, err) < 0)
		return -1;
	if (b->record != NULL && b->request->keeps_record)
		record_keep_logs(b->record, b->services.store);
	remote = remote_of(b);
	if (build_input_read(b->request, &remote, &b->input, err) < 0)
		return -1;
	if (build_input_check(&b->input, b->services.store, b->request->log_dir_fd, err) <
	    0)
		return -1;
	b->services.env.contexts = b->input.contexts.at;
	b->services.env.n_contexts = b->input.contexts.n;
	name = mem_print("[internal] load build definition from %s", b->input.name);
	vertex = event_begin(name);
	b->df = dockerfile_parse_part(buf_text(&b->input.dockerfile), b->input.name, err);
	event_end(vertex, OUTCOME_DONE, NULL);
	if (dockerfile_check_front_end(
	            b->df, build_input_arg(b->request, "BUILDKIT_SYNTAX"), err) < 0)
		return -1;
	/* A check continues, with the part before the mistake. */
	return b->df->is_part && b->request->call != CALL_CHECK ? -1 : 0;
}

/* ------------------------------------------------------------ planning */

static struct plan_options
plan_options(const struct build *b, const struct platform *target)
{
	const struct build_request *r = b->request;

	return (struct plan_options){
		.build_args = r->build_args.at,
		.n_build_args = r->build_args.n,
		.target = r->target,
		.target_platform = *target,
		.build_platform = b->host,
		.explicit_platform = r->platforms.n > 0,
		.several_platforms = b->platforms.n > 1,
		.contexts = r->contexts.at,
		.n_contexts = r->contexts.n,
		.labels = r->labels.at,
		.n_labels = r->labels.n,
		.network = r->network,
		.allow_host_network = r->allow_host_network,
		.allow_insecure = r->allow_insecure,
		.ignore = b->input.main_ignore,
		.hosts = r->hosts.at,
		.n_hosts = r->hosts.n,
		.edits = { .from = r->from,
		           .env = r->env.at,
		           .n_env = r->env.n,
		           .unset_env = r->unset_env.at,
		           .n_unset_env = r->unset_env.n,
		           .unset_labels = r->unset_labels.at,
		           .n_unset_labels = r->unset_labels.n,
		           .drops_labels = r->drops_labels },
	};
}

static struct source_options
source_options(const struct build *b)
{
	return (struct source_options){
		.store = b->services.store,
		.registry = b->services.registry,
		.policy = b->request->pull,
		.offline = b->request->offline,
		.cancel = b->request->cancel,
	};
}

static void
make_options(struct build *b)
{
	platform_host(&b->host);
	for (size_t i = 0; i < b->platforms.n; i++)
		array_push(&b->options, plan_options(b, &b->platforms.at[i]));
}

/* Replaces NAME by its time, as if the user had given the time. */
static int
set_epoch(struct build *b, const struct source_options *source, struct text name,
          struct error *err)
{
	const struct build_request *r = b->request;
	const struct remote remote = remote_of(b);
	const struct epoch_places places = { .df = b->df,
		                             .options = b->options.at,
		                             .input = &b->input,
		                             .remote = &remote,
		                             .source = source,
		                             .bases = &b->bases };
	int64_t seconds = -1;

	if (epoch_find(&places, name, &seconds, err) < 0)
		return -1;
	if (seconds >= 0)
		snprintf(b->epoch, sizeof b->epoch, "%lld", (long long)seconds);
	for (size_t i = 0; i < r->build_args.n; i++)
		array_push(&b->build_args, r->build_args.at[i]);
	array_push(&b->build_args,
	           ((struct variable){ TEXT("SOURCE_DATE_EPOCH"), text_of(b->epoch) }));
	for (size_t i = 0; i < b->options.n; i++) {
		b->options.at[i].build_args = b->build_args.at;
		b->options.at[i].n_build_args = b->build_args.n;
	}
	return 0;
}

static int
make_plan(struct build *b, struct error *err)
{
	struct source_options source = source_options(b);
	struct plan *first = bases_plan(b->df, b->options.at, b->options.n, &source,
	                                &b->bases, err);
	int failed = 0;

	if (first == NULL || !epoch_is_name(first->epoch)) {
		b->plan = first;
		return first == NULL ? -1 : 0;
	}
	failed = set_epoch(b, &source, first->epoch, err);
	plan_free(first);
	if (failed < 0)
		return -1;
	b->plan = bases_plan(b->df, b->options.at, b->options.n, &source, &b->bases, err);
	return b->plan == NULL ? -1 : 0;
}

/* ------------------------------------------------------------ running */

/* How the layers of the image are packed: as tars if any output takes them, else as the
 * first output wants. False if no output has layers. */
static bool
choose_packing(const struct build *b, struct compressor *out)
{
	bool any = false;

	for (size_t i = 0; i < b->request->outputs.n; i++) {
		const struct output *output = &b->request->outputs.at[i];
		enum output_packing wanted = output_rows[output->type].packing;
		struct compressor c = output_compressor(output, wanted == PACKING_STORED);

		if (wanted == PACKING_NONE)
			continue;
		if (!any || c.kind == COMPRESS_NONE)
			*out = c;
		any = true;
	}
	return any;
}

/* What users call the same build. Caller frees. */
static char *
place_of(const struct build *b, const struct plan *plan)
{
	const struct build_request *r = b->request;
	const struct local_context *main = b->input.contexts.at;
	const char *dockerfile = r->dockerfile != NULL ? r->dockerfile : "Dockerfile";
	const char *context = r->context;
	auto_buf struct buf platforms = BUF_INIT;

	if (b->input.contexts.n > 0 && main->name.p == NULL && main->remember)
		context = main->path;
	if (context == NULL)
		context = "-";
	for (size_t i = 0; i < plan_n_images(plan); i++) {
		auto_free char *platform =
		        platform_print(&plan_image_at(plan, i)->platform);

		buf_print(&platforms, "%s%s", i > 0 ? "," : "", platform);
	}
	return redact_own(mem_print("%s\n%s\n%s\n%.*s", context, dockerfile,
	                            buf_str(&platforms),
	                            TEXT_ARG(r->target) == NULL ? "" : r->target.p));
}

static int
make_images(struct build *b, const struct solution *solution,
            const struct compressor *packing, struct error *err)
{
	const struct finish_options options = {
		.env = &b->services.env,
		.plan = b->plan,
		.solution = solution,
		.packed = packing,
		.inline_cache = cache_is_inline(b->request, b->plan),
		.squash = b->request->squash,
		.omits_history = b->request->omits_history,
	};

	for (size_t i = 0; i < plan_n_images(b->plan); i++)
		array_add(&b->images);
	return finish_images(&options, b->images.at, err);
}

static int
tell_dry_run(const struct build *b, const struct solution *solution, bool is_packed,
             struct build_outcome *out)
{
	const struct dry_run run = { .request = b->request,
		                     .plan = b->plan,
		                     .fates = solution->fates,
		                     .names = b->names.at,
		                     .n_names = b->names.n,
		                     .needs_layers = is_packed };

	out->status = dry_run_all_cached(&run) ? 0 : STATUS_WOULD_RUN;
	out->printed = b->request->call_json ? dry_run_print_json(&run)
	                                     : dry_run_print_text(&run);
	return 0;
}

static int
run_plan(struct build *b, struct build_outcome *out, struct error *err)
{
	const struct plan *plan = b->plan;
	auto_free char *name = place_of(b, plan);
	struct compressor packing = { .kind = COMPRESS_NONE };
	bool is_packed = choose_packing(b, &packing);
	struct solve_options options = {
		.env = &b->services.env,
		.plan = plan,
		.no_cache = b->request->no_cache,
		.oldest_ns = b->request->cache_ttl_ns > 0
		                     ? clock_wall_ns() - b->request->cache_ttl_ns
		                     : 0,
		.no_cache_stages = b->request->no_cache_stages.at,
		.n_no_cache_stages = b->request->no_cache_stages.n,
		.jobs = b->request->jobs,
		.imported = b->imported,
		.place = name,
		.dry_run = b->request->dry_run,
		.wants_tar = is_packed && packing.kind == COMPRESS_NONE
	};
	struct solution solution = { 0 };
	int failed = 0;

	if (plan->epoch.p != NULL &&
	    epoch_parse(plan->epoch, &b->services.env.epoch, err) < 0)
		return -1;
	if (epoch_of_outputs(b->request, &b->services.env.epoch, err) < 0)
		return -1;
	failed = solve_run(&options, &solution, err);
	b->lost = solution.lost;
	if (failed == 0)
		failed = b->request->dry_run
		                 ? tell_dry_run(b, &solution, is_packed, out)
		                 : make_images(b, &solution, is_packed ? &packing : NULL,
		                               err);
	if (failed == 0 && !b->request->dry_run)
		cache_export_add(&b->cache_export, plan, &solution);
	solution_clear(&solution);
	return failed;
}

static struct outputs
outputs_of(const struct build *b)
{
	return (struct outputs){ .request = b->request,
		                 .store = b->services.store,
		                 .registry = b->services.registry,
		                 .names = b->names.at,
		                 .n_names = b->names.n,
		                 .platforms = b->platforms.at,
		                 .n_platforms = b->platforms.n,
		                 .multi = b->multi || b->platforms.n > 1,
		                 .epoch = b->services.env.epoch,
		                 .written = b->written };
}

/* Without a plan: warnings before the mistake are still reported. */
static void
tell_warnings_before(struct build *b)
{
	auto_error struct error ignored = ERROR_INIT;
	struct plan *plan = NULL;

	if (b->df == NULL || b->plan != NULL || b->request->call != CALL_BUILD)
		return;
	if (b->options.n == 0)
		make_options(b);
	plan = bases_check(b->df, b->options.at, &b->bases, &ignored);
	if (plan != NULL)
		notices_warn(plan);
	plan_free(plan);
}

/* What those declare is not in the Dockerfile. */
static bool
has_triggers(const struct bases *bases)
{
	for (size_t i = 0; i < bases->images.n; i++)
		if (bases->images.at[i]->base.config.onbuild.n > 0)
			return true;
	return false;
}

static int
plan_all(struct build *b, struct error *err)
{
	struct outputs outputs;

	if (make_plan(b, err) < 0)
		return -1;
	b->multi = b->plan->multi_platform || b->request->makes_index;
	notices_warn(b->plan);
	if (b->request->call == CALL_BUILD && !has_triggers(&b->bases))
		notices_unused_args(b->request, b->df);
	outputs = outputs_of(b);
	return plan_check_lint(b->plan, err) < 0 ? -1 : outputs_check(&outputs, err);
}

/* ------------------------------------------------------------ outputs */

/* Whether a step's layer (of a cache, or damaged in the store) was unavailable when its
 * bytes were needed. Layers of the base do not count. */
static bool
has_lost(const struct build *b)
{
	for (size_t i = 0; i < b->images.n; i++) {
		const struct image *image = &b->images.at[i];

		for (size_t j = image->n_base; j < image->layers.n; j++)
			if (layer_is_lost(image->layers.at[j]))
				return true;
	}
	return b->lost || cache_export_has_lost(&b->cache_export);
}

/* The cache is written even if outputs failed. Files are written last, when no other
 * round follows. */
static int
write_all(struct build *b, struct build_outcome *out, struct error *err)
{
	const struct outputs outputs = outputs_of(b);
	struct failures failures = { 0 };
	bool has_root = outputs_write(&outputs, b->images.at, b->images.n, out,
	                              &failures);

	if (!cancel_is_set(b->request->cancel) &&
	    cache_export_write(b->request, &b->services.env, &b->cache_export, err) < 0)
		failures_add(&failures, err);
	if (failures.first.code != ERR_NONE && has_lost(b))
		return failures_tell(&failures, err);
	if (!cancel_is_set(b->request->cancel))
		outputs_finish(&outputs, has_root, out, &failures);
	return failures_tell(&failures, err);
}

/* ------------------------------------------------------------ calls */

static int
print_plan(struct build *b, struct build_outcome *out, struct error *err)
{
	if (make_plan(b, err) < 0)
		return -1;
	out->printed = b->request->print_plan == PLAN_JSON ? plan_print_json(b->plan)
	                                                   : plan_print_dot(b->plan);
	return 0;
}

static int
answer(struct build *b, struct build_outcome *out, struct error *err)
{
	const struct call call = { .request = b->request,
		                   .df = b->df,
		                   .options = b->options.at,
		                   .n_options = b->options.n,
		                   .source = source_options(b),
		                   .bases = &b->bases };

	return call_answer(&call, out, err);
}

static int
build_once(struct build *b, struct build_outcome *out, struct error *err)
{
	if (run_plan(b, out, err) < 0)
		return -1;
	return b->request->dry_run ? 0 : write_all(b, out, err);
}

static void
forget_images(struct build *b)
{
	for (size_t i = 0; i < b->images.n; i++)
		image_clear(&b->images.at[i]);
	b->images.n = 0;
	cache_export_clear(&b->cache_export);
	b->lost = false;
}

/* Layers that the cache lost are made again: a step whose layer is lost is a miss from
 * then on, so each round loses fewer. */
static int
build_rounds(struct build *b, struct build_outcome *out, struct error *err)
{
	for (int round = 1;; round++) {
		if (build_once(b, out, err) == 0)
			return 0;
		if (round == ROUNDS_MAX || err->code == ERR_CANCELLED || !has_lost(b))
			return -1;
		event_warn_error(0, err,
		                 "the cache lacks a layer that it names, so the step "
		                 "that made it runs again");
		forget_images(b);
	}
}

static int
build_all(struct build *b, struct build_outcome *out, struct error *err)
{
	struct source_options source;

	make_options(b);
	if (b->request->call != CALL_BUILD)
		return answer(b, out, err);
	if (b->request->print_plan != PLAN_NOT_PRINTED)
		return print_plan(b, out, err);
	source = source_options(b);
	b->cache_registry = registry_new_hasty(b->services.registry);
	source.registry = b->cache_registry;
	b->imported = cache_import(b->request, &source, &b->bases);
	return plan_all(b, err) < 0 ? -1 : build_rounds(b, out, err);
}

/* What the report needs to show the faulty lines. */
static void
name_file(struct build *b, struct buf *source, struct error *err)
{
	if (err->n_at == 0 || b->input.name == NULL)
		return;
	if (err->file == NULL)
		err->file = mem_copy(b->input.name);
	if (strcmp(err->file, b->input.name) == 0)
		buf_add_text(source, buf_text(&b->input.dockerfile));
}

static int
end_record(struct build *b, const struct build_outcome *out, struct error *err)
{
	const struct local_context *main = b->input.contexts.at;
	bool is_dir = b->input.contexts.n > 0 && main->name.p == NULL && main->remember;
	const struct build_facts facts = {
		.request = b->request,
		.store = b->services.store,
		.context = is_dir ? main->path : b->request->context,
		.dockerfile = b->input.name,
		.source = buf_text(&b->input.dockerfile),
		.platforms = b->platforms.at,
		.n_platforms = b->platforms.n,
		.images = b->images.at,
		.n_images = b->images.n,
		.outcome = out,
		.error = err,
	};

	return build_record_end(take(b->record), &facts, err);
}

int
build_run(const struct build_request *request, struct build_outcome *out,
          struct buf *source, struct error *err)
{
	struct build *b = mem_new(sizeof *b);
	int failed = 0;

	b->request = request;
	b->written = mem_new_n(request->outputs.n + 1, sizeof *b->written);
	b->services.lease_fd = -1;
	b->record = build_record_start(request);
	failed = read_all(b, err);
	if (failed == 0)
		failed = build_all(b, out, err);
	if (failed < 0 && err->code != ERR_CANCELLED)
		tell_warnings_before(b);
	if (failed < 0 && b->plan != NULL)
		notices_advise(b->plan, err);
	if (failed < 0)
		name_file(b, source, err);
	if (end_record(b, out, err) < 0)
		failed = -1;
	if (failed < 0 && b->services.failed != NULL)
		out->failed = b;
	else
		build_free(b);
	return failed;
}

int
build_shell(struct build *failed, int terminal_fd, struct error *err)
{
	return services_shell(&failed->services, terminal_fd, err);
}

void
build_outcome_clear(struct build_outcome *o)
{
	build_free(o->failed);
	o->failed = NULL;
	descriptor_clear(&o->root);
	free(o->printed);
	o->printed = NULL;
}
