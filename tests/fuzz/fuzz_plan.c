/* Any bytes as a Dockerfile: its warnings, its plan, and all that is printed of it. */
#include <assert.h>

#include "base/base.h"
#include "parser/dockerfile.h"
#include "parser/frame.h"
#include "parser/plan.h"
#include "parser/step.h"
#include "parser/subrequests.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* More images than this a file of a few lines does not name. */
#define BASES_MAX 32

struct bases {
	struct base_image images[BASES_MAX];
	const struct base_image *list[BASES_MAX];
	size_t n;
};

/* Every image is there; one has triggers. */
static void
add_base(struct bases *b, struct arena *arena, const struct missing_base *missing)
{
	static struct text triggers[] = { { "ARG X=1", 7 },
		                          { "COPY . $X", 9 },
		                          { "RUN <<A\na\nA", 11 } };
	struct base_image *base = &b->images[b->n];

	*base = (struct base_image){ .name = arena_text(arena, missing->name),
		                     .kind = missing->kind,
		                     .digest = digest_of(missing->name.p,
		                                         missing->name.n) };
	platform_copy(&base->platform, &missing->platform);
	platform_copy(&base->image_platform, &missing->platform);
	if (text_is(missing->name, "triggers")) {
		base->config.onbuild.at = triggers;
		base->config.onbuild.n = sizeof triggers / sizeof *triggers;
	}
	b->list[b->n++] = base;
}

static void
bases_clear(struct bases *b)
{
	for (size_t i = 0; i < b->n; i++) {
		platform_clear(&b->images[i].platform);
		platform_clear(&b->images[i].image_platform);
	}
}

static void
check_error(const struct dockerfile *df, const struct error *err)
{
	auto_buf struct buf frame = BUF_INIT;

	assert(err->code != ERR_NONE && err->text != NULL);
	frame_print(&frame, df->bytes, "Dockerfile", err->at, err->n_at);
}

static void
print_warnings(struct dockerfile *df, const struct plan_options *options,
               const struct bases *b)
{
	auto_error struct error err = ERROR_INIT;
	struct plan *plan = plan_check(df, options, b->list, b->n, &err);

	assert(plan != NULL);
	free(check_print_text(plan, &err));
	free(check_print_json(plan, &err));
	plan_free(plan);
}

static void
print_plan(const struct plan *plan)
{
	free(plan_print_json(plan));
	free(plan_print_dot(plan));
	free(outline_print_text(plan));
	free(outline_print_json(plan));
}

/* Asks for images until none is missing. */
static void
make_plan(struct dockerfile *df, const struct plan_options *options, struct bases *b,
          struct arena *arena)
{
	for (;;) {
		auto_error struct error err = ERROR_INIT;
		struct plan *plan = plan_make(df, options, b->list, b->n, &err);
		bool is_complete = plan == NULL || plan->missing.n == 0;

		if (plan == NULL)
			check_error(df, &err);
		else if (is_complete)
			print_plan(plan);
		for (size_t i = 0; !is_complete && i < plan->missing.n; i++) {
			if (b->n == BASES_MAX)
				is_complete = true;
			else
				add_base(b, arena, &plan->missing.at[i]);
		}
		plan_free(plan);
		if (is_complete)
			return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct text text = { (const char *)bytes, n };
	struct plan_options options = { .network = TEXT("default"),
		                        .wants_outline = true };
	auto_error struct error err = ERROR_INIT;
	struct dockerfile *df = dockerfile_parse_part(text, "Dockerfile", &err);
	auto_arena struct arena *arena = arena_new();
	struct bases bases = { .n = 0 };

	platform_set(&options.build_platform, "linux", "amd64", NULL, NULL);
	platform_set(&options.target_platform, "linux", "arm64", NULL, NULL);
	if (err.code == ERR_NONE) {
		free(targets_print_text(df));
		free(targets_print_json(df));
		make_plan(df, &options, &bases, arena);
	}
	print_warnings(df, &options, &bases);
	bases_clear(&bases);
	platform_clear(&options.build_platform);
	platform_clear(&options.target_platform);
	dockerfile_free(df);
	return 0;
}
