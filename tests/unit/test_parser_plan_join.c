/* Plans of several platforms as one. */
#include "parser/dockerfile.h"
#include "parser/plan.h"
#include "parser/step.h"
#include "tests/lib/plan_fixture.h"

/* The plans of TEXT for PLATFORMS ("linux/amd64,…"), joined. Caller frees. */
static struct plan *
join(struct plan_fixture *f, const char *options, const char *platforms, const char *text)
{
	struct text rest = text_of(platforms);
	struct plan *plan = NULL;

	plan_fixture_begin(f, options);
	f->options.explicit_platform = f->options.several_platforms = true;
	while (rest.n > 0) {
		ptrdiff_t comma = text_find(rest, ',');
		size_t n = comma < 0 ? rest.n : (size_t)comma;
		struct error err = ERROR_INIT;
		struct plan *next = NULL;

		assert_int_equal(platform_parse(&f->options.target_platform,
		                                text_first(rest, n), &err),
		                 0);
		dockerfile_free(f->df);
		next = plan_fixture_make(f, text_of(text), &err);
		if (err.code != ERR_NONE)
			fail_msg("%s", err.text);
		if (plan == NULL)
			plan = next;
		else
			plan_join(plan, next);
		rest = text_from(rest, comma < 0 ? n : n + 1);
	}
	return plan;
}

/* Names without digests, a line each. Caller frees. */
static char *
names_of(const struct plan *plan)
{
	auto_buf struct buf out = BUF_INIT;

	for (size_t i = 0; i < plan->steps.n; i++) {
		struct text name = plan->steps.at[i].name;
		ptrdiff_t digest = text_find(name, '@');

		if (digest >= 0)
			name.n = (size_t)digest;
		buf_print(&out, "%.*s\n", name.p == NULL ? 1 : (int)name.n,
		          name.p == NULL ? "-" : name.p);
	}
	return buf_take(&out);
}

/* Numbers are indexes, inputs come first, and each image ends in a step of its own. */
static void
assert_whole(const struct plan *plan)
{
	for (size_t i = 0; i < plan->steps.n; i++) {
		const struct step *s = &plan->steps.at[i];

		assert_int_equal(s->id, i);
		for (size_t k = 0; k < s->inputs.n; k++)
			assert_true(s->inputs.at[k] < i);
		assert_true(s->base == STEP_NONE || s->base == s->inputs.at[0]);
	}
	for (size_t i = 0; i < plan_n_images(plan); i++) {
		const struct plan_image *image = plan_image_at(plan, i);

		assert_true(image->step < plan->steps.n);
		assert_true(image->base < plan->steps.n);
		for (size_t k = 0; k < image->history.n; k++)
			assert_true(image->history.at[k].step == STEP_NONE ||
			            image->history.at[k].step < plan->steps.n);
	}
}

static const char cross[] = "FROM --platform=$BUILDPLATFORM alpine AS build\n"
                            "RUN prepare\n"
                            "ARG TARGETARCH\n"
                            "COPY . /src\n"
                            "RUN make\n"
                            "FROM alpine\n"
                            "COPY --from=build /out /\n"
                            "COPY f /\n";

static void
sources_are_one_and_names_say_the_platform(void **state)
{
	struct plan_fixture f;
	struct plan *plan = join(&f, NULL, "linux/amd64,linux/arm64", cross);
	auto_free char *names = names_of(plan);

	(void)state;
	assert_whole(plan);
	assert_int_equal(plan_n_images(plan), 2);
	assert_string_equal(plan_image_at(plan, 0)->platform.arch, "amd64");
	assert_string_equal(plan_image_at(plan, 1)->platform.arch, "arm64");
	assert_string_equal(
	        names, "[linux/amd64 build 1/4] FROM docker.io/library/alpine:latest\n"
	               "[linux/amd64 build 2/4] RUN prepare\n"
	               "[internal] load build context\n"
	               "[linux/amd64 build 3/4] COPY . /src\n"
	               "[linux/amd64 build 4/4] RUN make\n"
	               "[linux/amd64 stage-1 2/3] COPY --from=build /out /\n"
	               "[linux/amd64 stage-1 3/3] COPY f /\n"
	               "[linux/amd64 build 2/4] RUN prepare\n"
	               "[linux/amd64->arm64 build 3/4] COPY . /src\n"
	               "[linux/amd64->arm64 build 4/4] RUN make\n"
	               "[linux/arm64 stage-1 1/3] FROM docker.io/library/alpine:latest\n"
	               "[linux/arm64 stage-1 2/3] COPY --from=build /out /\n"
	               "[linux/arm64 stage-1 3/3] COPY f /\n");
	plan_free(plan);
	plan_fixture_end(&f);
}

static void
names_say_what_a_stage_builds_for(void **state)
{
	static const struct {
		const char *platform, *text, *name;
	} rows[] = {
		{ "linux/amd64", "FROM scratch\nRUN x\n", "[linux/amd64 1/1] RUN x" },
		{ "linux/arm/v7", "FROM scratch\nARG TARGETPLATFORM\nRUN x\n",
		  "[linux/arm/v7 1/1] RUN x" },
		{ "linux/arm/v7",
		  "FROM --platform=$BUILDPLATFORM scratch\nARG TARGETPLATFORM\nRUN x\n",
		  "[linux/amd64->arm/v7 1/1] RUN x" },
		{ "linux/arm64",
		  "FROM --platform=$BUILDPLATFORM scratch\nARG TARGETOS\nRUN x\n",
		  "[linux/amd64 1/1] RUN x" },
		{ "windows/amd64",
		  "FROM --platform=$BUILDPLATFORM scratch\nARG TARGETOS\nRUN x\n",
		  "[linux/amd64->windows/amd64 1/1] RUN x" },
		{ "linux/arm64",
		  "FROM --platform=$BUILDPLATFORM scratch\nARG TARGETARCH=s390x\nRUN x\n",
		  "[linux/amd64->s390x 1/1] RUN x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct plan_fixture f;
		struct plan *plan = join(&f, NULL, rows[i].platform, rows[i].text);
		struct text name = plan->steps.at[plan->image.step].name;

		if (!text_is(name, rows[i].name))
			fail_msg("%s: %.*s", rows[i].text, (int)name.n, name.p);
		plan_free(plan);
		plan_fixture_end(&f);
	}
}

static void
a_platform_needs_its_own_steps(void **state)
{
	struct plan_fixture f;
	struct plan *plan = join(&f, NULL, "linux/amd64,linux/arm64,linux/riscv64",
	                         "FROM scratch AS amd64\nCOPY a /\n"
	                         "FROM scratch AS arm64\nCOPY b /\n"
	                         "FROM scratch AS riscv64\n"
	                         "FROM $TARGETARCH\n");
	bool needed[4] = { false };

	(void)state;
	assert_whole(plan);
	assert_int_equal(plan->steps.n, 4); /* scratch, context, two COPYs */
	plan_mark_needed(plan, plan_image_at(plan, 1), needed);
	for (size_t i = 0; i < 4; i++) {
		bool is_copy = plan->steps.at[i].kind == STEP_COPY;

		assert_int_equal(
		        needed[i],
		        !is_copy ||
		                text_is(plan->steps.at[i].copy.sources.at->path, "b"));
	}
	assert_int_equal(plan->steps.at[plan_image_at(plan, 2)->step].kind, STEP_SCRATCH);
	plan_free(plan);
	plan_fixture_end(&f);
}

static void
warnings_of_all_platforms_are_told_once(void **state)
{
	struct plan_fixture f;
	struct plan *plan = join(&f, NULL, "linux/arm64,linux/amd64,linux/riscv64",
	                         "# check=error=true\nFROM arm\nMAINTAINER me\n");

	(void)state;
	assert_int_equal(plan->warnings.n, 3); /* MAINTAINER, two foreign bases */
	assert_true(plan->lint_is_error);
	plan_free(plan);
	plan_fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_one_and_names_say_the_platform),
		cmocka_unit_test(names_say_what_a_stage_builds_for),
		cmocka_unit_test(a_platform_needs_its_own_steps),
		cmocka_unit_test(warnings_of_all_platforms_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
