#include "base/number.h"

#include <math.h>
#include <string.h>

#include "base/count.h"

static bool
parse_digits(struct text t, unsigned base, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (t.n == 0)
		return false;
	for (size_t i = 0; i < t.n; i++) {
		unsigned digit = (unsigned)((unsigned char)t.p[i] - '0');

		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > max)
			return false;
	}
	*out = value;
	return true;
}

/* Cuts a sign off *T; true if it is "-". */
static bool
cut_sign(struct text *t)
{
	bool negative = text_starts(*t, "-");

	if (negative || text_starts(*t, "+"))
		*t = text_from(*t, 1);
	return negative;
}

/* VALUE is at most 2^63 if NEGATIVE, 2^63 - 1 if not. */
static int64_t
with_sign(uint64_t value, bool negative)
{
	return (int64_t)(negative ? -value : value);
}

bool
number_u64(struct text t, uint64_t *out)
{
	return parse_digits(t, 10, UINT64_MAX, out);
}

bool
number_i64(struct text t, int64_t *out)
{
	bool negative = cut_sign(&t);
	uint64_t value;

	if (!parse_digits(t, 10, (uint64_t)INT64_MAX + negative, &value))
		return false;
	*out = with_sign(value, negative);
	return true;
}

bool
number_u32(struct text t, uint32_t *out)
{
	uint64_t value;

	if (!parse_digits(t, 10, UINT32_MAX, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

bool
number_octal(struct text t, uint32_t *out)
{
	uint64_t value;

	if (!parse_digits(t, 8, UINT32_MAX, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

/* Length of the digits that T starts with. */
static size_t
count_digits(struct text t)
{
	size_t n = 0;

	while (n < t.n && t.p[n] >= '0' && t.p[n] <= '9')
		n++;
	return n;
}

/* The factor of SUFFIX ("", "k", "KB", "kib", "b" …); 0: invalid. */
static uint64_t
unit_of(struct text suffix)
{
	static const char letters[] = "bkmgtp"; /* each is 1024 times the one before */
	const char *letter = NULL;
	struct text tail;

	if (suffix.n == 0)
		return 1;
	letter = memchr(letters, suffix.p[0] | 0x20, strlen(letters));
	tail = text_from(suffix, 1);
	if (letter == NULL)
		return 0;
	if (tail.n > 0 && (letter == letters || (!text_equal_nocase(tail, TEXT("b")) &&
	                                         !text_equal_nocase(tail, TEXT("ib")))))
		return 0;
	return (uint64_t)1 << 10 * (letter - letters);
}

/* The value of the DIGITS after the point, in UNIT: "5" of 1024 is 512. */
static uint64_t
fraction_of(struct text digits, uint64_t unit)
{
	long double part = 0, place = 0.1L;

	for (size_t i = 0; i < digits.n; i++, place /= 10)
		part += place * (digits.p[i] - '0');
	return (uint64_t)(part * (long double)unit);
}

bool
number_size(struct text t, uint64_t *out)
{
	size_t n = count_digits(t);
	struct text rest = text_from(t, n), fraction = { "", 0 };
	uint64_t value = 0, unit;

	if (text_starts(rest, ".")) {
		rest = text_from(rest, 1);
		fraction = text_first(rest, count_digits(rest));
		rest = text_from(rest, fraction.n);
	}
	if (n + fraction.n == 0 || (n > 0 && !number_u64(text_first(t, n), &value)))
		return false;
	unit = unit_of(rest);
	if (unit == 0 || __builtin_mul_overflow(value, unit, &value) ||
	    __builtin_add_overflow(value, fraction_of(fraction, unit), &value))
		return false;
	*out = value;
	return true;
}

#define DURATION_MAX ((uint64_t)1 << 63) /* of the absolute value; Go's -1<<63 */

/* Cuts "digits[.digits]unit" off *T and adds it to *SUM. As in Go, digits of
 * the fraction that do not fit are dropped. */
static bool
add_duration_part(struct text *t, uint64_t *sum)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },           { "us", 1000 },
		{ "\xC2\xB5s", 1000 }, /* U+00B5, micro */
		{ "\xCE\xBCs", 1000 }, /* U+03BC, mu */
		{ "ms", 1000000 },     { "s", 1000000000 },
		{ "m", 60000000000 },  { "h", 3600000000000 },
	};
	size_t n_whole = count_digits(*t), n_fraction = 0, n_unit = 0;
	uint64_t whole = 0, fraction = 0, unit = 0;
	double scale = 1;

	if (n_whole > 0 &&
	    !parse_digits(text_first(*t, n_whole), 10, DURATION_MAX, &whole))
		return false;
	*t = text_from(*t, n_whole);
	if (text_starts(*t, ".")) {
		*t = text_from(*t, 1);
		n_fraction = count_digits(*t);
		for (size_t i = 0; i < n_fraction && fraction <= DURATION_MAX / 10 - 1;
		     i++) {
			fraction = fraction * 10 + (uint64_t)(t->p[i] - '0');
			scale *= 10;
		}
		*t = text_from(*t, n_fraction);
	}
	if (n_whole == 0 && n_fraction == 0)
		return false;
	while (n_unit < t->n && t->p[n_unit] != '.' &&
	       count_digits(text_from(*t, n_unit)) == 0)
		n_unit++;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (text_is(text_first(*t, n_unit), units[i].name))
			unit = units[i].ns;
	if (unit == 0 || whole > DURATION_MAX / unit)
		return false;
	*t = text_from(*t, n_unit);
	whole = whole * unit + (uint64_t)((double)fraction * ((double)unit / scale));
	*sum += whole; /* if it wraps around, it is below either part */
	return whole <= DURATION_MAX && *sum <= DURATION_MAX && *sum >= whole;
}

bool
number_duration(struct text t, int64_t *out)
{
	bool negative = cut_sign(&t);
	uint64_t sum = 0;

	if (t.n == 0)
		return false;
	if (!text_is(t, "0"))
		while (t.n > 0)
			if (!add_duration_part(&t, &sum))
				return false;
	if (!negative && sum > INT64_MAX)
		return false;
	*out = with_sign(sum, negative);
	return true;
}

bool
number_bool(struct text t, bool *out)
{
	static const char *const texts[2][6] = {
		{ "0", "f", "F", "false", "False", "FALSE" },
		{ "1", "t", "T", "true", "True", "TRUE" },
	};

	for (int value = 0; value < 2; value++) {
		for (size_t i = 0; i < 6; i++) {
			if (text_is(t, texts[value][i])) {
				*out = value == 1;
				return true;
			}
		}
	}
	return false;
}

void
number_print_size(struct buf *out, uint64_t bytes)
{
	static const char letters[] = "kMGTPE";
	double value = (double)bytes / 1000;
	size_t i = 0;

	if (bytes < 1000) {
		buf_print(out, "%uB", (unsigned)bytes);
		return;
	}
	for (uint64_t left = bytes / 1000; left >= 1000; left /= 1000) {
		value /= 1000;
		i++;
	}
	buf_print(out, "%.2f%cB", value, letters[i]);
}

/* WHOLE and REST / UNIT as a decimal fraction without trailing zeros. */
static void
print_fraction(struct buf *out, uint64_t whole, uint64_t rest, uint64_t unit)
{
	buf_print(out, "%llu", (unsigned long long)whole);
	if (rest > 0)
		buf_add_char(out, '.');
	while (rest > 0 && unit >= 10) {
		unit /= 10;
		/* cppcheck-suppress zerodivcond ; it was 10 at least */
		buf_add_char(out, (char)('0' + rest / unit));
		rest %= unit;
	}
}

void
number_print_duration(struct buf *out, int64_t ns)
{
	const uint64_t second = 1000000000;
	uint64_t u = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint64_t unit = u < 1000 ? 1 : u < 1000000 ? 1000 : 1000000;

	if (ns < 0)
		buf_add_char(out, '-');
	if (u > 0 && u < second) {
		print_fraction(out, u / unit, u % unit, unit);
		buf_add_str(out, unit == 1 ? "ns" : unit == 1000 ? "\xC2\xB5s" : "ms");
		return;
	}
	if (u >= 3600 * second)
		buf_print(out, "%lluh", (unsigned long long)(u / (3600 * second)));
	if (u >= 60 * second)
		buf_print(out, "%um", (unsigned)(u / (60 * second) % 60));
	print_fraction(out, u / second % 60, u % second, second);
	buf_add_char(out, 's');
}
