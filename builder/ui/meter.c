#include "builder/ui/meter.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/number.h"

#define SPAN_NS    NS_PER_S       /* a rate is measured over this time */
#define STALLED_NS (3 * NS_PER_S) /* after this time without a byte there is none */
#define BAR_MIN    6
#define BAR_MAX    20

void
pace_add(struct pace *p, uint64_t done, int64_t now_ns)
{
	int64_t since_ns = now_ns - p->start_ns;

	/* The first bytes, or a transfer that starts anew. */
	if (p->start_ns == 0 || done < p->last) {
		*p = (struct pace){ now_ns, now_ns, done, done, 0 };
		return;
	}
	if (done > p->last)
		p->last_ns = now_ns;
	p->last = done;
	if (since_ns < SPAN_NS)
		return;
	p->rate = (p->rate + (double)(done - p->start) * 1e9 / (double)since_ns) /
	          (p->rate > 0 ? 2 : 1);
	p->start_ns = now_ns;
	p->start = done;
}

double
pace_rate(const struct pace *p, int64_t now_ns)
{
	int64_t since_ns = p->last_ns - p->start_ns;

	if (p->start_ns == 0 || now_ns - p->last_ns > STALLED_NS)
		return 0;
	if (p->rate > 0)
		return p->rate;
	return since_ns > 0 ? (double)(p->last - p->start) * 1e9 / (double)since_ns : 0;
}

/* ------------------------------------------------------------ parts */

static void
add_bar(struct buf *out, uint64_t done, uint64_t total, size_t columns, bool utf8)
{
	size_t full = done >= total
	                      ? columns
	                      : (size_t)((double)done / (double)total * (double)columns);

	if (!utf8)
		buf_add_char(out, '[');
	for (size_t i = 0; i < columns; i++)
		if (utf8)
			buf_add_str(out, i < full ? "━" : "─");
		else
			buf_add_char(out, i < full ? '=' : ' ');
	if (!utf8)
		buf_add_char(out, ']');
}

static void
add_percent(struct buf *out, uint64_t done, uint64_t total)
{
	unsigned percent = done >= total ? 100
	                                 : (unsigned)((double)done / (double)total * 100);

	buf_print(out, "%3u%%", percent);
}

/* "31.2/68.4 MB": both in the unit of TOTAL. */
static void
add_bytes(struct buf *out, uint64_t done, uint64_t total)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double unit = 1;
	size_t i = 0;

	for (; (double)(total > 0 ? total : done) / unit >= 1000; i++)
		unit *= 1000;
	if (total > 0)
		buf_print(out, "%.*f/%.*f %s", i == 0 ? 0 : 1, (double)done / unit,
		          i == 0 ? 0 : 1, (double)total / unit, units[i]);
	else
		buf_print(out, "%.*f %s", i == 0 ? 0 : 1, (double)done / unit, units[i]);
}

static void
add_rate(struct buf *out, double rate)
{
	add_bytes(out, (uint64_t)rate, 0);
	buf_add_str(out, "/s");
}

/* "3s", "2m05s", "1h10m" */
static void
add_left(struct buf *out, double seconds)
{
	unsigned s = seconds < 359999 ? (unsigned)seconds + 1 : 359999;

	if (s < 60)
		buf_print(out, "%us", s);
	else if (s < 3600)
		buf_print(out, "%um%02us", s / 60, s % 60);
	else
		buf_print(out, "%uh%02um", s / 3600, s / 60 % 60);
}

/* ------------------------------------------------------------ whole */

/* Appends PART, two columns apart, if it fits into ROOM with what is in OUT. */
static bool
add_part(struct buf *out, const struct buf *part, size_t room)
{
	size_t gap = out->n > 0 ? 2 : 0;

	if (part->n == 0 || out->n + gap + part->n > room)
		return false;
	buf_print(out, "%*s%s", (int)gap, "", buf_str(part));
	return true;
}

size_t
meter_add(struct buf *out, uint64_t done, uint64_t total, double rate, size_t room,
          bool utf8)
{
	struct buf parts[4] = { BUF_INIT };
	auto_buf struct buf text = BUF_INIT;
	size_t frame = utf8 ? 0 : 2, bar = 0;

	if (total > 0)
		add_percent(&parts[0], done, total);
	add_bytes(&parts[1], done, total);
	if (rate > 0)
		add_rate(&parts[2], rate);
	if (rate > 0 && total > done)
		add_left(&parts[3], (double)(total - done) / rate);
	for (size_t i = 0; i < 4; i++)
		if (!add_part(&text, &parts[i], room) && i > 0)
			break;
	if (total > 0 && room > text.n + 2 + frame)
		bar = room - text.n - 2 - frame;
	if (bar > BAR_MAX)
		bar = BAR_MAX;
	if (bar >= BAR_MIN) {
		add_bar(out, done, total, bar, utf8);
		buf_add_str(out, "  ");
	}
	buf_add_text(out, buf_text(&text));
	for (size_t i = 0; i < 4; i++)
		buf_clear(&parts[i]);
	return text.n + (bar >= BAR_MIN ? bar + frame + 2 : 0);
}

bool
meter_has_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && *value != '\0')
			return strcasestr(value, "utf-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}
