#include "parser/rune.h"

#include "base/count.h"

bool
rune_is_blank(uint32_t rune)
{
	if (rune < 0x80)
		return rune == ' ' || (rune >= '\t' && rune <= '\r');
	return rune == 0x85 || rune == 0xA0 || rune == 0x1680 ||
	       (rune >= 0x2000 && rune <= 0x200A) || rune == 0x2028 || rune == 0x2029 ||
	       rune == 0x202F || rune == 0x205F || rune == 0x3000;
}

/* Blocks above ASCII without letters: punctuation, symbols, pictures. All other code
 * points count as letters: Unicode's exact list changes with every version, and no
 * variable name depends on it. */
static const struct {
	uint32_t first, last;
} not_letters[] = {
	{ 0x80, 0xA9 },       { 0xAB, 0xB4 },        { 0xB6, 0xB9 },
	{ 0xBB, 0xBF },       { 0xD7, 0xD7 },        { 0xF7, 0xF7 },
	{ 0x2C2, 0x2C5 },     { 0x2D2, 0x2DF },      { 0x300, 0x36F },
	{ 0x1680, 0x1680 },   { 0x2000, 0x2070 },    { 0x2074, 0x207E },
	{ 0x2080, 0x208F },   { 0x20A0, 0x2101 },    { 0x2150, 0x2182 },
	{ 0x2190, 0x2BFF },   { 0x2E00, 0x2E2E },    { 0x2E30, 0x3004 },
	{ 0x3007, 0x3030 },   { 0x3036, 0x303A },    { 0x303D, 0x3040 },
	{ 0xD800, 0xF8FF },   { 0xFE00, 0xFE6F },    { 0xFEFF, 0xFF20 },
	{ 0xFF3B, 0xFF40 },   { 0xFF5B, 0xFF65 },    { 0xFFE0, 0xFFFF },
	{ 0x1F000, 0x1FAFF }, { 0xE0000, 0x10FFFF },
};

bool
rune_is_letter(uint32_t rune)
{
	if (rune < 0x80)
		return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
	for (size_t i = 0; i < COUNT_OF(not_letters); i++)
		if (rune >= not_letters[i].first && rune <= not_letters[i].last)
			return false;
	return true;
}

size_t
rune_blank(struct text t)
{
	uint32_t rune = 0;
	size_t n = text_rune(t, &rune);

	return n > 0 && rune_is_blank(rune) ? n : 0;
}

struct text
rune_trim_left(struct text t)
{
	size_t n;

	while ((n = rune_blank(t)) > 0)
		t = text_from(t, n);
	return t;
}

/* Length of the blank that T ends with. */
static size_t
blank_at_end(struct text t)
{
	for (size_t n = 1; n <= 3 && n <= t.n; n++)
		if (rune_blank(text_from(t, t.n - n)) == n)
			return n;
	return 0;
}

struct text
rune_trim(struct text t)
{
	size_t n;

	t = rune_trim_left(t);
	while ((n = blank_at_end(t)) > 0)
		t.n -= n;
	return t;
}
