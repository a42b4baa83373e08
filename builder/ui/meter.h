/*
 * meter: how far a transfer is, as wide as there is room.
 *
 *	━━━━━━━───  45%  31.2/68.4 MB  12.1 MB/s  3s
 */
#ifndef BUILDER_UI_METER_H
#define BUILDER_UI_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* The speed of a transfer: of the last seconds, so that it follows changes. */
struct pace {
	int64_t start_ns, last_ns; /* of the span that is being measured; of all */
	uint64_t start, last;      /* bytes then */
	double rate;               /* bytes a second; 0: not known */
};

/* DONE bytes are there at NOW_NS. */
void pace_add(struct pace *p, uint64_t done, int64_t now_ns);

/* Bytes a second at NOW_NS; 0: not known, or nothing has come for seconds. */
double pace_rate(const struct pace *p, int64_t now_ns);

/* Appends the meter of a running transfer in at most ROOM columns. TOTAL 0: not known.
 * What matters least is left out: the bar, the time left, the rate, the bytes. UTF8: the
 * terminal shows it. Returns the columns that were taken. */
size_t meter_add(struct buf *out, uint64_t done, uint64_t total, double rate, size_t room,
                 bool utf8);

/* Whether the locale's characters are UTF-8 (LC_ALL, LC_CTYPE, LANG; locale(7)). */
bool meter_has_utf8(void);

#endif
