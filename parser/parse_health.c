#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/number.h"
#include "parser/config.h"
#include "parser/dockerfile.h"
#include "parser/flags.h"
#include "parser/statement.h"

static bool
is_figure(char c)
{
	return c == '.' || (c >= '0' && c <= '9');
}

static size_t
count_figures(struct text t, bool figures)
{
	size_t n = 0;

	while (n < t.n && is_figure(t.p[n]) == figures)
		n++;
	return n;
}

static bool
is_unit(struct text t)
{
	static const char *const units[] = {
		"ns", "us", "µs", "μs", "ms", "s", "m", "h"
	};

	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (text_is(t, units[i]))
			return true;
	return false;
}

/* Says what is wrong with the duration VALUE, in the words of Go's
 * time.ParseDuration. */
static int
bad_duration(struct text value, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT, unit = BUF_INIT;
	struct text rest = value;

	buf_add_quoted(&quoted, value);
	if (text_starts(rest, "-") || text_starts(rest, "+"))
		rest = text_from(rest, 1);
	while (count_figures(rest, true) > 0) {
		struct text name;

		rest = text_from(rest, count_figures(rest, true));
		name = text_first(rest, count_figures(rest, false));
		if (name.n == 0)
			return error_set(err, ERR_DOCKERFILE,
			                 "time: missing unit in duration %s",
			                 buf_str(&quoted));
		buf_add_quoted(&unit, name);
		if (!is_unit(name))
			return error_set(err, ERR_DOCKERFILE,
			                 "time: unknown unit %s in duration %s",
			                 buf_str(&unit), buf_str(&quoted));
		buf_truncate(&unit, 0);
		rest = text_from(rest, name.n);
	}
	return error_set(err, ERR_DOCKERFILE, "time: invalid duration %s",
	                 buf_str(&quoted));
}

static int
read_interval(const char *name, struct text value, int64_t *out, struct error *err)
{
	int64_t ns = 0;

	if (value.n == 0)
		return 0;
	if (!number_duration(value, &ns))
		return bad_duration(value, err);
	if (ns != 0 && ns < NS_PER_MS)
		return error_set(err, ERR_DOCKERFILE,
		                 "Interval \"%s\" cannot be less than 1ms", name);
	*out = ns;
	return 0;
}

static int
read_retries(struct text value, int64_t *out, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;
	int64_t n = 0;
	bool fits;

	if (value.n == 0)
		return 0;
	fits = number_i64(value, &n);
	if (!fits || n > INT32_MAX || n < INT32_MIN) {
		buf_add_quoted(&quoted, value);
		return error_set(err, ERR_DOCKERFILE, "strconv.ParseInt: parsing %s: %s",
		                 buf_str(&quoted),
		                 fits ? "value out of range" : "invalid syntax");
	}
	if (n < 0)
		return error_set(err, ERR_DOCKERFILE,
		                 "--retries cannot be negative (%lld)", (long long)n);
	*out = n;
	return 0;
}

static int
read_flags(const struct statement *s, struct health *out, struct error *err)
{
	struct text interval = { 0 }, timeout = { 0 }, period = { 0 }, start = { 0 },
	            retries = { 0 };
	const struct flag table[] = {
		{ "interval", FLAG_TEXT, &interval },
		{ "timeout", FLAG_TEXT, &timeout },
		{ "start-period", FLAG_TEXT, &period },
		{ "start-interval", FLAG_TEXT, &start },
		{ "retries", FLAG_TEXT, &retries },
	};
	auto_buf struct buf type = BUF_INIT, quoted = BUF_INIT;

	if (flags_read(s->flags.at, s->flags.n, table, 5, err) < 0)
		return -1;
	if (!text_equal_nocase(s->args.at[0], TEXT("CMD"))) {
		buf_add_text(&type, s->args.at[0]);
		for (size_t i = 0; i < type.n; i++)
			if (type.p[i] >= 'a' && type.p[i] <= 'z')
				type.p[i] = (char)(type.p[i] - 'a' + 'A');
		buf_add_quoted(&quoted, buf_text(&type));
		return error_set(err, ERR_DOCKERFILE,
		                 "Unknown type %s in HEALTHCHECK (try CMD)",
		                 buf_str(&quoted));
	}
	if (s->args.n == 1)
		return error_set(err, ERR_DOCKERFILE,
		                 "Missing command after HEALTHCHECK CMD");
	if (read_interval("interval", interval, &out->interval, err) < 0 ||
	    read_interval("timeout", timeout, &out->timeout, err) < 0 ||
	    read_interval("start-period", period, &out->start_period, err) < 0 ||
	    read_interval("start-interval", start, &out->start_interval, err) < 0)
		return -1;
	return read_retries(retries, &out->retries, err);
}

/* HEALTHCHECK NONE never looks at its flags. */
int
parse_health(struct arena *arena, const struct statement *s, struct instruction *out,
             struct error *err)
{
	struct health *health = &out->health;

	if (s->args.n == 0)
		return instruction_needs_argument(s, err);
	health->none = text_equal_nocase(s->args.at[0], TEXT("NONE"));
	if (health->none && s->args.n > 1)
		return error_set(err, ERR_DOCKERFILE,
		                 "HEALTHCHECK NONE takes no arguments");
	if (health->none)
		return 0;
	if (read_flags(s, health, err) < 0)
		return -1;
	health->json = s->json;
	health->test.n = health->test.cap = s->args.n - 1;
	health->test.at = arena_alloc_n(arena, health->test.n, sizeof *health->test.at);
	memcpy(health->test.at, s->args.at + 1, health->test.n * sizeof *health->test.at);
	return 0;
}
