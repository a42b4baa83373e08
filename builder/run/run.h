/*
 * run: one container in the foreground, to try an image out.
 *
 *	run_words      ENTRYPOINT, CMD and the command line → the words of the process
 *	run_prepare    an image → everything that its process needs
 *	run_execute    the process, from its start to its end
 *
 * The process gets the sandbox of a RUN step (docs/security.md), on the image's layers
 * and an upper directory that is thrown away afterwards. No container stays.
 *
 *	builder/run/run_mount.h  what -v, --mount and --tmpfs mean
 */
#ifndef BUILDER_RUN_RUN_H
#define BUILDER_RUN_RUN_H

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/image/image.h"
#include "builder/run/run_mount.h"
#include "builder/sandbox/sandbox.h"
#include "parser/config.h"

/* Plain data; its texts live as long as argv. Unless said otherwise, a text without P
 * means what the image says. */
struct run_request {
	bool has_entrypoint;
	struct text entrypoint; /* one word; n 0: none */
	const char *const *words;
	size_t n_words;             /* behind the image's name: CMD's place */
	ARRAY(struct variable) env; /* later ones count */
	struct text user, workdir;
	struct text hostname; /* p NULL: a random one */
	ARRAY(struct variable) hosts;
	ARRAY(struct run_mount) mounts;
	enum sandbox_network network;
	struct sandbox_limits limits;
	uint64_t caps_added, caps_dropped; /* see sandbox.h */
	bool readonly_root;
	enum isolation isolation;
	enum id_mapping mapping; /* the result of machine_enter() */
	const char *mapping_why; /* its reason, or NULL */
	bool has_terminal;       /* TERMINAL_FD is given to run_execute() */
	bool takes_input;        /* standard input even if it is a terminal */
	bool checks_health;
	int64_t grace_ns; /* from a signal that ends the program until it is killed */
};

void run_request_clear(struct run_request *r);

/* The words of the process, as Docker combines them: an entry point of the command line
 * hides both of the image's, words hide CMD. They point into CONFIG and R. ERR_USAGE if
 * there are none. */
struct run_words {
	ARRAY(struct text) list;
};
int run_words(const struct config *config, const struct run_request *r,
              struct run_words *out, struct error *err);

struct run;

/* Unpacks IMAGE, finds the user, opens mounts and makes the sandbox. Borrows all
 * arguments while the run exists. Warnings are events. NULL with ERR. */
struct run *
run_prepare(const struct run_request *request, struct store *store,
            struct source_image *image, const struct cancel *cancel, struct error *err);

struct run_outcome {
	int status;         /* wait(2) status of the process */
	bool oom;           /* the kernel killed it when memory ran out */
	char *probe_output; /* with checks_health: of the last probe; owned, may be NULL */
};

/* Runs the process to its end. TERMINAL_FD: with has_terminal, its end of one. With
 * checks_health, it ends when the image's health is known; if the image is not healthy,
 * that is -1 with ERR. */
int
run_execute(struct run *run, int terminal_fd, struct run_outcome *out, struct error *err);

/* Passes signal NUMBER to the process. After the first SIGINT, SIGTERM, SIGHUP or SIGQUIT
 * it has the time of grace_ns to end; then, or at a second one, it is killed with all
 * others of the container. Any thread may call it while the run exists. */
void run_signal(struct run *run, int number);
void run_free(struct run *run); /* takes NULL */

#endif
