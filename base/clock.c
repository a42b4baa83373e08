#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t
now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t
clock_monotonic_ns(void)
{
	return now(CLOCK_MONOTONIC);
}

int64_t
clock_wall_ns(void)
{
	return now(CLOCK_REALTIME);
}

void
clock_wait(pthread_cond_t *changed, pthread_mutex_t *lock, int64_t ns)
{
	int64_t until_ns = clock_monotonic_ns() + ns;
	const struct timespec until = { .tv_sec = until_ns / NS_PER_S,
		                        .tv_nsec = until_ns % NS_PER_S };

	pthread_cond_clockwait(changed, lock, CLOCK_MONOTONIC, &until);
}

static char *
print(time_t seconds, long fraction, char out[CLOCK_TEXT_MAX])
{
	char digits[24] = "";
	struct tm tm;
	size_t n;

	if (fraction < 0) {
		fraction += NS_PER_S;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	if (fraction > 0) {
		size_t n_digits = (size_t)snprintf(digits, sizeof digits, ".%09ld",
		                                   fraction);

		while (digits[n_digits - 1] == '0')
			digits[--n_digits] = '\0';
	}
	snprintf(out + n, CLOCK_TEXT_MAX - n, "%sZ", digits);
	return out;
}

char *
clock_print(int64_t wall_ns, char out[CLOCK_TEXT_MAX])
{
	return print((time_t)(wall_ns / NS_PER_S), (long)(wall_ns % NS_PER_S), out);
}

char *
clock_print_s(int64_t wall_s, char out[CLOCK_TEXT_MAX])
{
	return print((time_t)wall_s, 0, out);
}

/* Cuts N digits off *T; true if they are a number from LOW to HIGH. */
static bool
cut_number(struct text *t, size_t n, int low, int high, int *out)
{
	int value = 0;

	if (t->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return false;
		value = value * 10 + (t->p[i] - '0');
	}
	*t = text_from(*t, n);
	*out = value;
	return value >= low && value <= high;
}

static bool
cut_char(struct text *t, char c)
{
	if (t->n == 0 || t->p[0] != c)
		return false;
	*t = text_from(*t, 1);
	return true;
}

static int
days_in(int year, int month)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Digits beyond the ninth are less than a nanosecond. */
static bool
cut_fraction(struct text *t, int64_t *ns)
{
	int64_t unit = NS_PER_S;
	int digit;

	*ns = 0;
	if (!cut_char(t, '.'))
		return true;
	if (!cut_number(t, 1, 0, 9, &digit))
		return false;
	do {
		unit /= 10;
		*ns += digit * unit;
	} while (cut_number(t, 1, 0, 9, &digit));
	return true;
}

static bool
cut_offset(struct text *t, int64_t *seconds)
{
	int sign = 1, hours, minutes;

	*seconds = 0;
	if (cut_char(t, 'Z'))
		return true;
	if (cut_char(t, '-'))
		sign = -1;
	else if (!cut_char(t, '+'))
		return false;
	if (!cut_number(t, 2, 0, 23, &hours) || !cut_char(t, ':') ||
	    !cut_number(t, 2, 0, 59, &minutes))
		return false;
	*seconds = (int64_t)sign * (hours * 3600 + minutes * 60);
	return true;
}

/* Seconds, and the nanoseconds to add to them. */
static bool
parse(struct text t, int64_t *seconds, int64_t *fraction)
{
	int year, month, day, hour, minute, second;
	int64_t offset;
	struct tm tm;

	if (!cut_number(&t, 4, 0, 9999, &year) || !cut_char(&t, '-') ||
	    !cut_number(&t, 2, 1, 12, &month) || !cut_char(&t, '-') ||
	    !cut_number(&t, 2, 1, days_in(year, month), &day) || !cut_char(&t, 'T') ||
	    !cut_number(&t, 2, 0, 23, &hour) || !cut_char(&t, ':') ||
	    !cut_number(&t, 2, 0, 59, &minute) || !cut_char(&t, ':') ||
	    !cut_number(&t, 2, 0, 59, &second) || !cut_fraction(&t, fraction) ||
	    !cut_offset(&t, &offset) || t.n != 0)
		return false;
	tm = (struct tm){ .tm_year = year - 1900,
		          .tm_mon = month - 1,
		          .tm_mday = day,
		          .tm_hour = hour,
		          .tm_min = minute,
		          .tm_sec = second };
	*seconds = (int64_t)timegm(&tm) - offset;
	return true;
}

bool
clock_parse_s(struct text t, int64_t *wall_s)
{
	int64_t seconds, fraction;

	if (!parse(t, &seconds, &fraction))
		return false;
	*wall_s = seconds;
	return true;
}

bool
clock_parse(struct text t, int64_t *wall_ns)
{
	int64_t seconds, fraction, ns;

	if (!parse(t, &seconds, &fraction) ||
	    __builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, fraction, &ns))
		return false;
	*wall_ns = ns;
	return true;
}
