#include "builder/run/run.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "builder/machine/machine.h"
#include "builder/run/health.h"
#include "builder/run/process.h"
#include "builder/run/root.h"
#include "builder/run/stopper.h"
#include "builder/run/streams.h"
#include "layers/owner_notes.h"
#include "layers/store.h"

struct run {
	const struct run_request *request;
	const struct config *config; /* of the image */
	struct store *store;
	struct sandbox *sandbox;
	int scratch_fd;
	struct root root;
	struct process_texts texts;
	struct stopper stopper;
	bool has_stopper;
	struct health_check health;
	ARRAY(const char *) probe; /* argv, NULL at the end */
	int stop_signal;
};

void
run_free(struct run *run)
{
	if (run == NULL)
		return;
	if (run->request->checks_health)
		health_close(&run->health);
	if (run->has_stopper)
		stopper_close(&run->stopper);
	sandbox_free(run->sandbox);
	own_close(&run->scratch_fd);
	root_clear(&run->root);
	process_texts_clear(&run->texts);
	for (size_t i = 0; i < run->probe.n; i++)
		free((char *)run->probe.at[i]);
	array_clear(&run->probe);
	free(run);
}

/* ------------------------------------------------------------ preparing */

static int
make_sandbox(struct run *run, const struct cancel *cancel, struct error *err)
{
	const struct run_request *r = run->request;
	auto_free char *scratch = store_tmp_dir(run->store, &run->scratch_fd, err);
	auto_free char *memory = mem_print("%s/engine", store_path(run->store));
	auto_free char *why = NULL;
	/* Plain trees of builds are left to builds. */
	struct sandbox_options options = { .isolation = r->isolation,
		                           .mapping = r->mapping,
		                           .scratch_fd = run->scratch_fd,
		                           .cancel = cancel,
		                           .memory = memory };

	if (scratch == NULL)
		return -1;
	owner_warn_of_times(store_fd(run->store), store_path(run->store));
	run->sandbox = sandbox_new(&options, &why, err);
	machine_warn(r->isolation, r->mapping_why, run->sandbox, why);
	if (run->sandbox == NULL)
		return -1;
	sandbox_tell_limits(run->sandbox, &r->limits);
	if (r->readonly_root && strcmp(sandbox_engine(run->sandbox), "ns") != 0)
		return error_set(err, ERR_ENVIRONMENT,
		                 "--read-only: nothing can be mounted here");
	return 0;
}

static int
make_probe(struct run *run, struct error *err)
{
	const struct health_times times = health_times_of(&run->config->health);
	struct run_words words = { 0 };
	const bool has_words = health_words(run->config, &words);

	for (size_t i = 0; i < words.list.n; i++)
		array_push(&run->probe, text_copy(words.list.at[i]));
	array_push(&run->probe, NULL);
	array_clear(&words.list);
	if (has_words)
		return health_open(&run->health, &times, err);
	error_set(err, ERR_SOURCE, "the image has no HEALTHCHECK");
	return error_hint(err, "add one to its Dockerfile: HEALTHCHECK CMD …");
}

static int
prepare(struct run *run, struct source_image *image, const struct cancel *cancel,
        struct error *err)
{
	const struct run_request *r = run->request;

	/* What may be wrong comes first, what takes long last. */
	if (r->checks_health && make_probe(run, err) < 0)
		return -1;
	if (make_sandbox(run, cancel, err) < 0 ||
	    root_prepare(&run->root, r, run->store, image, cancel, err) < 0 ||
	    process_texts_make(&run->texts, r, run->config, run->root.user.home, err) < 0)
		return -1;
	run->stop_signal = process_signal(run->config->stop_signal);
	if (run->stop_signal == 0)
		run->stop_signal = SIGTERM;
	if (stopper_open(&run->stopper, r->grace_ns, err) < 0)
		return -1;
	run->has_stopper = true;
	return 0;
}

struct run *
run_prepare(const struct run_request *request, struct store *store,
            struct source_image *image, const struct cancel *cancel, struct error *err)
{
	struct run *run = mem_new(sizeof *run);

	run->request = request;
	run->config = &image->base.config;
	run->store = store;
	run->scratch_fd = -1;
	run->health =
	        (struct health_check){ .socket_fd = -1, .prober_fd = -1, .stop_fd = -1 };
	run->root = (struct root)ROOT_INIT;
	run->texts = (struct process_texts)PROCESS_TEXTS_INIT;
	if (prepare(run, image, cancel, err) == 0)
		return run;
	run_free(run);
	return NULL;
}

/* ------------------------------------------------------------ running */

void
run_signal(struct run *run, int number)
{
	stopper_signal(&run->stopper, number);
}

/* Nobody needs the program any more. */
static void
run_stop(void *arg)
{
	struct run *run = arg;

	stopper_end(&run->stopper, run->stop_signal);
}

static struct sandbox_run
describe(const struct run *run, int terminal_fd, const struct sandbox_foreground *f)
{
	const struct run_request *r = run->request;

	return (struct sandbox_run){
		.lowers = run->root.lowers.list.at,
		.n_lowers = run->root.lowers.list.n,
		.upper = run->root.upper,
		.work = run->root.work,
		.argv = run->texts.argv.at,
		.env = run->texts.env.at,
		.cwd = run->texts.cwd,
		.uid = run->root.user.uid,
		.gid = run->root.user.gid,
		.groups = run->root.user.groups.at,
		.n_groups = run->root.user.groups.n,
		.mounts = run->root.mounts.at,
		.n_mounts = run->root.mounts.n,
		.network = r->network,
		.hostname = run->texts.hostname,
		.hosts = buf_text(&run->texts.hosts),
		.resolv = buf_text(&run->texts.resolv),
		.limits = r->limits,
		.has_terminal = r->has_terminal,
		.terminal_fd = terminal_fd,
		.foreground = f,
		.is_discarded = true,
		.readonly_root = r->readonly_root,
		.caps_added = r->caps_added,
		.caps_dropped = r->caps_dropped,
	};
}

static int
run_process(struct run *run, int terminal_fd, const struct streams *streams,
            struct run_outcome *out, struct error *err)
{
	const bool probes = run->request->checks_health;
	const struct sandbox_foreground f = {
		.in_fd = streams->in_fd,
		.out_fd = streams->out_fd,
		.err_fd = streams->err_fd,
		.signals_fd = run->stopper.signals_fd,
		.probe = probes ? run->probe.at : NULL,
		.probe_fd = run->health.prober_fd,
		.probe_ms = (uint64_t)(run->health.times.timeout / NS_PER_MS),
	};
	const struct sandbox_run r = describe(run, terminal_fd, &f);
	struct sandbox_result result = { 0 };
	int failed = 0;

	if (probes && health_start(&run->health, run_stop, run, err) < 0)
		return -1;
	failed = sandbox_run(run->sandbox, &r, &result, err);
	if (probes)
		health_stop(&run->health);
	out->status = result.status;
	out->oom = result.oom;
	return failed;
}

/* What became of the check; only a good answer is no error. */
static int
check_answer(struct run *run, struct run_outcome *out, struct error *err)
{
	const struct health_check *h = &run->health;
	const int status = out->status;

	out->probe_output = mem_copy(h->output);
	if (h->answer == HEALTH_GOOD)
		return 0;
	if (h->answer == HEALTH_BAD)
		return error_set(err, ERR_INTERNAL,
		                 "unhealthy: %u probes failed, the last one with: %s%s%s",
		                 h->n_failed, h->reason, *h->output == '\0' ? "" : ": ",
		                 h->output);
	if (WIFSIGNALED(status))
		error_set(err, ERR_INTERNAL,
		          "the program was killed by signal %d before it was healthy",
		          WTERMSIG(status));
	else
		error_set(err, ERR_INTERNAL,
		          "the program ended with status %d before it was healthy",
		          WEXITSTATUS(status));
	return h->reason == NULL
	               ? -1
	               : error_hint(err, "the last probe failed: %s%s%s", h->reason,
	                            *h->output == '\0' ? "" : ": ", h->output);
}

int
run_execute(struct run *run, int terminal_fd, struct run_outcome *out, struct error *err)
{
	auto_streams struct streams streams = STREAMS_INIT;

	if (!run->request->has_terminal &&
	    streams_open(&streams, run->request->takes_input, err) < 0)
		return -1;
	if (run_process(run, terminal_fd, &streams, out, err) < 0 ||
	    streams_finish(&streams, err) < 0)
		return -1;
	return run->request->checks_health ? check_answer(run, out, err) : 0;
}
