#include "builder/cli/values.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/number.h"

#define TRIES_MAX 1000
#define WAIT_MAX  (3600 * NS_PER_S)

int
value_flag(struct text value, bool *out, struct error *err)
{
	*out = true;
	if (value.p == NULL || number_bool(value, out))
		return 0;
	return error_set(err, ERR_USAGE, "not true or false");
}

bool
value_is_address(struct text t)
{
	auto_free char *s = text_copy(t);
	unsigned char bytes[sizeof(struct in6_addr)];

	return strlen(s) == t.n &&
	       (inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1);
}

int
value_host(struct text value, struct variable *out, struct error *err)
{
	ptrdiff_t cut = text_find(value, '=');
	struct text name, address;

	if (cut < 0)
		cut = text_find(value, ':');
	if (cut <= 0)
		return error_set(err, ERR_USAGE, "must be HOST:ADDRESS");
	name = text_first(value, (size_t)cut);
	address = text_from(value, (size_t)cut + 1);
	if (address.n > 2 && address.p[0] == '[' && text_ends(address, "]"))
		address = (struct text){ address.p + 1, address.n - 2 };
	if (text_is(address, "host-gateway"))
		address = TEXT("127.0.0.1");
	if (!value_is_address(address))
		return error_set(err, ERR_USAGE, "must be HOST:ADDRESS");
	*out = (struct variable){ name, address };
	return 0;
}

/* -1 is no limit, RLIM_INFINITY. */
static bool
parse_limit(struct text t, uint64_t *out)
{
	if (text_is(t, "-1")) {
		*out = RLIM_INFINITY;
		return true;
	}
	return number_u64(t, out);
}

int
value_ulimit(struct text value, struct sandbox_limit *out, struct error *err)
{
	struct text range = value, name = text_cut(&range, '=');
	struct text soft = text_cut(&range, ':');
	struct sandbox_limit limit = { .resource = sandbox_limit_find(name) };

	if (limit.resource < 0 || !parse_limit(soft, &limit.soft))
		return error_set(err, ERR_USAGE, "must be TYPE=SOFT[:HARD]");
	limit.hard = limit.soft;
	if (range.p != NULL && !parse_limit(range, &limit.hard))
		return error_set(err, ERR_USAGE, "must be TYPE=SOFT[:HARD]");
	if (limit.soft > limit.hard)
		return error_set(err, ERR_USAGE, "SOFT must not be more than HARD");
	*out = limit;
	return 0;
}

int
value_cpus(struct text value, uint32_t *percent, struct error *err)
{
	auto_free char *copy = text_copy(value);
	char *end = NULL;
	double cpus = strtod(copy, &end);

	if (end == copy || *end != '\0' || !(cpus > 0 && cpus < 10000))
		return error_set(err, ERR_USAGE, "not a number of CPUs");
	*percent = (uint32_t)(cpus * 100);
	return 0;
}

int
value_tries(struct text value, int *out, struct error *err)
{
	uint64_t n = 0;

	if (!number_u64(value, &n) || n > TRIES_MAX)
		return error_set(err, ERR_USAGE, "not a number of tries");
	*out = n == 0 ? -1 : (int)n;
	return 0;
}

int
value_wait(struct text value, int64_t *out, struct error *err)
{
	uint64_t seconds = 0;

	if (number_u64(value, &seconds) && seconds <= WAIT_MAX / NS_PER_S)
		*out = (int64_t)seconds * NS_PER_S;
	else if (!number_duration(value, out) || *out < 0 || *out > WAIT_MAX)
		return error_set(err, ERR_USAGE, "must be a time like 2s, up to 1h");
	return 0;
}

int
value_silence(struct text value, int *seconds, struct error *err)
{
	int64_t ns = 0;

	if (value_wait(value, &ns, err) < 0)
		return -1;
	if (ns == 0)
		return error_set(err, ERR_USAGE, "must be longer than nothing");
	*seconds = (int)((ns + NS_PER_S - 1) / NS_PER_S);
	return 0;
}
