#include "builder/cli/build_limits.h"

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "builder/cli/field_options.h"
#include "builder/cli/values.h"

#define CPU_PERIOD_US   100000 /* the kernel's */
#define CPU_PERCENT_MAX 1000000
#define CPU_US_MAX      1000000000 /* more would be no number of CPUs */
#define CPU_SHARES_MAX  262144
#define SET_NUMBER_MAX  8191 /* of a processor or a memory node */
#define SET_TEXT_MAX    4096

int
add_ulimit(void *target, struct text value, struct error *err)
{
	struct sandbox_limit limit = { 0 };

	if (value_ulimit(value, &limit, err) < 0)
		return -1;
	array_push(&((struct build_options *)target)->request.limits.list, limit);
	return 0;
}

int
set_cpus(void *target, struct text value, struct error *err)
{
	return value_cpus(value,
	                  &((struct build_options *)target)->request.limits.cpu_percent,
	                  err);
}

/* ------------------------------------------------------------ processors */

static int
set_microseconds(uint64_t *out, struct text value, struct error *err)
{
	if (text_is(value, "-1") || text_is(value, "0")) {
		*out = 0;
		return 0;
	}
	if (number_u64(value, out) && *out <= CPU_US_MAX)
		return 0;
	return error_set(err, ERR_USAGE, "not a time in microseconds");
}

int
set_cpu_quota(void *target, struct text value, struct error *err)
{
	return set_microseconds(&((struct build_options *)target)->cpu_quota, value, err);
}

int
set_cpu_period(void *target, struct text value, struct error *err)
{
	return set_microseconds(&((struct build_options *)target)->cpu_period, value,
	                        err);
}

int
set_cpu_shares(void *target, struct text value, struct error *err)
{
	struct sandbox_limits *limits = &((struct build_options *)target)->request.limits;
	uint64_t shares = 0;

	if (!number_u64(value, &shares) || shares == 1 || shares > CPU_SHARES_MAX)
		return error_set(err, ERR_USAGE, "must be 2 to %d, or 0", CPU_SHARES_MAX);
	limits->cpu_shares = (uint32_t)shares;
	return 0;
}

static bool
is_set_number(struct text t)
{
	uint64_t n = 0;

	return number_u64(t, &n) && n <= SET_NUMBER_MAX;
}

/* "0-3,5", what the kernel's cpuset files take. */
static int
set_numbers(struct build_options *o, const char **out, struct text value,
            struct error *err)
{
	struct text rest = value;
	bool fits = value.n <= SET_TEXT_MAX;

	if (value.n == 0) {
		*out = NULL;
		return 0;
	}
	while (fits && rest.p != NULL) {
		struct text last = text_cut(&rest, ','), first = text_cut(&last, '-');

		fits = is_set_number(first) && (last.p == NULL || is_set_number(last));
	}
	if (!fits)
		return error_set(err, ERR_USAGE, "must be numbers like 0-3,5");
	*out = build_options_own(o, text_copy(value)).p;
	return 0;
}

int
set_cpuset_cpus(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	return set_numbers(o, &o->request.limits.cpuset_cpus, value, err);
}

int
set_cpuset_mems(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	return set_numbers(o, &o->request.limits.cpuset_mems, value, err);
}

/* ------------------------------------------------------------ memory */

int
set_memory_swap(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	o->swap_any = text_is(value, "-1");
	o->memory_swap = 0;
	if (!o->swap_any && !number_size(value, &o->memory_swap))
		return error_set(err, ERR_USAGE, "not a size");
	return 0;
}

static int
set_memory(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	return number_size(value, &o->request.limits.memory_max)
	               ? 0
	               : error_set(err, ERR_USAGE, "not a size");
}

/* ------------------------------------------------------------ resource */

static const struct {
	const char *key;
	option_fn *set;
} resources[] = {
	{ "memory", set_memory },           { "memory-swap", set_memory_swap },
	{ "cpu-shares", set_cpu_shares },   { "cpu-period", set_cpu_period },
	{ "cpu-quota", set_cpu_quota },     { "cpuset-cpus", set_cpuset_cpus },
	{ "cpuset-mems", set_cpuset_mems },
};

static int
set_resource(struct build_options *o, const struct field *f, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(resources); i++) {
		if (!text_is(text_of(f->key), resources[i].key))
			continue;
		if (resources[i].set(o, f->value, err) < 0)
			return error_wrap(err, "%s", f->key);
		return 0;
	}
	field_unknown(f, err);
	return error_hint(err, "the resources are memory, memory-swap, cpu-shares, "
	                       "cpu-period, cpu-quota, cpuset-cpus and cpuset-mems");
}

int
add_resource(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_field struct field field = { 0 };
	int found = 0;

	while ((found = field_next(o, &value, &field, err)) > 0)
		if (set_resource(o, &field, err) < 0)
			return -1;
	return found;
}

/* ------------------------------------------------------------ together */

/* Memory and swap together, as docker has it, are swap alone for the kernel. */
static int
settle_swap(struct build_options *o, struct error *err)
{
	struct sandbox_limits *limits = &o->request.limits;

	if (o->memory_swap == 0 && !o->swap_any)
		return 0;
	if (o->memory_swap > 0 && limits->memory_max == 0) {
		error_set(err, ERR_USAGE, "--memory-swap needs --memory");
		return error_hint(err, "it is the limit of memory and swap together");
	}
	if (o->memory_swap > 0 && o->memory_swap < limits->memory_max)
		return error_set(
		        err, ERR_USAGE,
		        "--memory-swap: less than --memory, which is part of it");
	limits->swap = o->swap_any ? SWAP_ANY : SWAP_MAX;
	limits->swap_max = o->swap_any ? 0 : o->memory_swap - limits->memory_max;
	return 0;
}

int
build_limits_settle(struct build_options *o, struct error *err)
{
	uint64_t period = o->cpu_period > 0 ? o->cpu_period : CPU_PERIOD_US;
	uint64_t percent = (o->cpu_quota * 100 + period - 1) / period;

	/* Never 0, which is no limit. */
	if (o->cpu_quota > 0)
		o->request.limits.cpu_percent =
		        (uint32_t)(percent < CPU_PERCENT_MAX ? percent : CPU_PERCENT_MAX);
	return settle_swap(o, err);
}
