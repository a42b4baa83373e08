#include <arpa/inet.h>
#include <ctype.h>

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/lint_rules.h"
#include "parser/plan_config.h"

#define PORT_MAX 65535

/* ------------------------------------------------------------ ports */

struct port_spec {
	struct text ip, host, container, proto; /* proto as written, "" if absent */
};

struct port_range {
	uint32_t first, last;
};

/* Cuts the text after the last colon off *REST. */
static struct text
cut_last(struct text *rest)
{
	size_t i = rest->n;
	struct text part;

	while (i > 0 && rest->p[i - 1] != ':')
		i--;
	part = text_from(*rest, i);
	*rest = text_first(*rest, i == 0 ? 0 : i - 1);
	return part;
}

static struct port_spec
split_port(struct text port)
{
	struct port_spec spec = { .proto = TEXT("") };

	spec.container = cut_last(&port);
	spec.host = cut_last(&port);
	spec.ip = port;
	spec.proto = spec.container;
	spec.container = text_cut(&spec.proto, '/');
	return spec;
}

static bool
read_port(struct text t, uint32_t *out)
{
	return number_u32(t, out) && *out <= PORT_MAX;
}

static bool
read_range(struct text t, struct port_range *out)
{
	struct text first = text_cut(&t, '-');

	if (!read_port(first, &out->first))
		return false;
	if (t.p == NULL) {
		out->last = out->first;
		return true;
	}
	return read_port(t, &out->last) && out->first <= out->last;
}

static bool
is_ip(struct text ip)
{
	auto_free char *text = NULL;
	unsigned char bytes[sizeof(struct in6_addr)];

	if (text_starts(ip, "[") && text_ends(ip, "]"))
		ip = text_first(text_from(ip, 1), ip.n - 2);
	text = text_copy(ip);
	return inet_pton(AF_INET, text, bytes) == 1 ||
	       inet_pton(AF_INET6, text, bytes) == 1;
}

static int
invalid(const char *what, struct text t, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "invalid %s: %.*s", what, TEXT_ARG(t));
}

static int
bad_number(struct text number, struct error *err)
{
	invalid("containerPort", number, err);
	return error_hint(err, "a port is a number up to 65535, as in 8080, 53/udp or "
	                       "8000-8010");
}

/* The protocol in lower case, or NULL. */
static const char *
find_proto(struct text proto)
{
	static const char *const known[] = { "tcp", "udp", "sctp" };

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (text_equal_nocase(proto, text_of(known[i])))
			return known[i];
	return proto.n == 0 ? known[0] : NULL;
}

/* The host's port has no effect, but it must be valid. */
static int
check_host(const struct port_spec *spec, const struct port_range *inside,
           struct error *err)
{
	struct port_range host;

	if (spec->host.n == 0)
		return 0;
	if (!read_range(spec->host, &host))
		return invalid("hostPort", spec->host, err);
	if (inside->last > inside->first &&
	    host.last - host.first != inside->last - inside->first)
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid ranges specified for container and host Ports: "
		                 "%.*s and %.*s",
		                 TEXT_ARG(spec->container), TEXT_ARG(spec->host));
	return 0;
}

static int
bad_port(struct text port, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;

	buf_add_quoted(&quoted, port);
	return error_wrap(err, "invalid port: %s", buf_str(&quoted));
}

static int
check_port(const struct port_spec *spec, struct text port, struct port_range *range,
           struct error *err)
{
	if (spec->container.n == 0) {
		error_set(err, ERR_DOCKERFILE, "no port specified");
		return bad_port(port, err);
	}
	if (find_proto(spec->proto) == NULL) {
		invalid("proto", spec->proto, err);
		return bad_port(port, err);
	}
	if (spec->ip.n > 0 && !is_ip(spec->ip))
		return invalid("IP address", spec->ip, err);
	if (!read_range(spec->container, range))
		return bad_number(spec->container, err);
	return check_host(spec, range, err);
}

int
plan_config_ports(struct planner *p, const struct instruction *in, struct text port,
                  struct words *out, struct error *err)
{
	struct port_spec spec = split_port(port);
	struct port_range range = { 0 };

	if (check_port(&spec, port, &range, err) < 0)
		return -1;
	lint_expose_proto_casing(&p->lint, in, port, spec.proto);
	if (spec.ip.n > 0 || spec.host.n > 0)
		lint_expose_invalid_format(&p->lint, in, port);
	for (uint32_t i = range.first; i <= range.last; i++)
		array_push(&out->list, text_of(arena_print(p->arena, "%u/%s", i,
		                                           find_proto(spec.proto))));
	return 0;
}

/* ------------------------------------------------------------ signals */

/* The names that Linux has, without SIG. */
static const char *const signals[] = {
	"ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",  "ILL",
	"INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",  "QUIT",
	"SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN", "TTOU",
	"URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
};

#define REALTIME_MAX 15

/* RTMIN, RTMAX, RTMIN+n, RTMAX-n: n up to 15 and 14. */
static bool
is_realtime(struct text name)
{
	char sign = text_starts(name, "RTMIN") ? '+' : '-';
	uint32_t n;

	if (!text_starts(name, "RTMIN") && !text_starts(name, "RTMAX"))
		return false;
	name = text_from(name, strlen("RTMIN"));
	if (name.n == 0)
		return true;
	return name.p[0] == sign && number_u32(text_from(name, 1), &n) && n >= 1 &&
	       n <= (sign == '+' ? REALTIME_MAX : REALTIME_MAX - 1);
}

bool
plan_config_is_signal(struct text text)
{
	auto_free char *upper = text_copy(text);
	struct text name = { upper, text.n };
	int64_t number;

	if (number_i64(text, &number))
		return number != 0 && number >= INT32_MIN && number <= INT32_MAX;
	for (size_t i = 0; i < text.n; i++)
		upper[i] = (char)toupper((unsigned char)upper[i]);
	if (text_starts(name, "SIG"))
		name = text_from(name, strlen("SIG"));
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if (text_is(name, signals[i]))
			return true;
	return is_realtime(name);
}
