#include "base/platform.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/count.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/suggest.h"

/* Spellings of an architecture, and what containerd's platforms package makes
 * of them. NULL stands for any variant, or for leaving it as it is. */
static const struct {
	const char *arch, *variant;
	const char *to_arch, *to_variant;
} spellings[] = {
	{ "i386", NULL, "386", "" },       { "i486", NULL, "386", "" },
	{ "i586", NULL, "386", "" },       { "i686", NULL, "386", "" },
	{ "x86_64", NULL, "amd64", NULL }, { "x86-64", NULL, "amd64", NULL },
	{ "amd64", "v1", "amd64", "" },    { "aarch64", NULL, "arm64", NULL },
	{ "arm64", "8", "arm64", "" },     { "arm64", "v8", "arm64", "" },
	{ "arm64", "v8.0", "arm64", "" },  { "arm64", "9", "arm64", "v9" },
	{ "arm64", "9.0", "arm64", "v9" }, { "arm64", "v9.0", "arm64", "v9" },
	{ "armhf", NULL, "arm", "v7" },    { "armv7l", NULL, "arm", "v7" },
	{ "armv8l", NULL, "arm", "v7" },   { "armel", NULL, "arm", "v6" },
	{ "armv6l", NULL, "arm", "v6" },   { "armv5tel", NULL, "arm", "v5" },
	{ "arm", "", "arm", "v7" },        { "arm", "5", "arm", "v5" },
	{ "arm", "6", "arm", "v6" },       { "arm", "7", "arm", "v7" },
	{ "arm", "8", "arm", "v8" },       { "loongarch64", NULL, "loong64", NULL },
};

static const char *const known_os[] = {
	"aix",     "android", "darwin",  "dragonfly", "freebsd", "hurd",
	"illumos", "ios",     "js",      "linux",     "nacl",    "netbsd",
	"openbsd", "plan9",   "solaris", "windows",   "zos",
};

static const char *const known_arch[] = {
	"386",     "amd64",    "amd64p32",  "arm64",       "arm",     "armbe",
	"arm64be", "ppc64",    "ppc64le",   "loong64",     "mips",    "mipsle",
	"mips64",  "mips64le", "mips64p32", "mips64p32le", "ppc",     "riscv",
	"riscv64", "s390",     "s390x",     "sparc",       "sparc64", "wasm",
};

static bool
is_one_of(const char *s, const char *const *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, all[i]) == 0)
			return true;
	return false;
}

static bool
is_known_os(const char *os)
{
	return is_one_of(os, known_os, COUNT_OF(known_os));
}

static bool
is_known_arch(const char *arch)
{
	return is_one_of(arch, known_arch, COUNT_OF(known_arch));
}

static char *
copy_lower(const char *s)
{
	char *copy = mem_copy(s == NULL ? "" : s);

	for (char *p = copy; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return copy;
}

static void
assign(char **to, const char *from)
{
	char *copy = mem_copy(from);

	free(*to);
	*to = copy;
}

/* One pass suffices: a row that changes the name alone comes before those that
 * look at the variant under the new name. */
static void
normalise(struct platform *p)
{
	if (strcmp(p->os, "macos") == 0)
		assign(&p->os, "darwin");
	for (size_t i = 0; i < COUNT_OF(spellings); i++) {
		if (strcmp(p->arch, spellings[i].arch) != 0 ||
		    (spellings[i].variant != NULL &&
		     strcmp(p->variant, spellings[i].variant) != 0))
			continue;
		assign(&p->arch, spellings[i].to_arch);
		if (spellings[i].to_variant != NULL)
			assign(&p->variant, spellings[i].to_variant);
	}
}

void
platform_set(struct platform *out, const char *os, const char *arch, const char *variant,
             const char *os_version)
{
	struct platform p = {
		.os = copy_lower(os),
		.arch = copy_lower(arch),
		.variant = copy_lower(variant),
		.os_version = mem_copy(os_version == NULL ? "" : os_version),
	};

	normalise(&p);
	platform_clear(out);
	*out = p;
}

void
platform_copy(struct platform *to, const struct platform *from)
{
	struct platform p = {
		.os = mem_copy(from->os),
		.arch = mem_copy(from->arch),
		.variant = mem_copy(from->variant),
		.os_version = mem_copy(from->os_version),
	};

	platform_clear(to);
	*to = p;
}

void
platform_host(struct platform *out)
{
	struct utsname host;

	if (uname(&host) < 0)
		mem_die("uname does not work");
	platform_set(out, "linux", host.machine, NULL, NULL);
}

/* Fills what a platform of a single part leaves open from the host. */
static int
set_single(struct platform *out, const char *part, struct error *err)
{
	auto_platform struct platform host = PLATFORM_INIT, as_os = PLATFORM_INIT,
	                              as_arch = PLATFORM_INIT;

	platform_host(&host);
	platform_set(&as_os, part, host.arch, host.variant, NULL);
	platform_set(&as_arch, host.os, part, NULL, NULL);
	if (is_known_os(as_os.os))
		platform_copy(out, &as_os);
	else if (is_known_arch(as_arch.arch))
		platform_copy(out, &as_arch);
	else if (strcmp(as_os.os, "local") == 0)
		platform_copy(out, &host);
	else
		return error_set(
		        err, ERR_USAGE,
		        "platform \"%s\": unknown operating system or architecture",
		        part);
	return 0;
}

int
platform_parse(struct platform *out, struct text t, struct error *err)
{
	auto_free char *copy = text_copy(t);
	char *parts[3] = { copy, NULL, NULL };
	size_t n = 1;

	platform_clear(out);
	for (char *p = copy; p < copy + t.n; p++) {
		if (*p == '/' && n < 3 && p > parts[n - 1]) {
			*p = '\0';
			parts[n++] = p + 1;
		} else if (!isascii(*p) ||
		           (!isalnum(*p) && memchr("_.-", *p, 3) == NULL)) {
			n = 0;
			break;
		}
	}
	if (n == 0 || *parts[n - 1] == '\0') {
		auto_buf struct buf quoted = BUF_INIT;

		buf_add_quoted(&quoted, t);
		return error_set(err, ERR_USAGE,
		                 "platform %s: not of the form os/arch/variant",
		                 buf_str(&quoted));
	}
	if (n == 1)
		return set_single(out, parts[0], err);
	platform_set(out, parts[0], parts[1], parts[2], NULL);
	return 0;
}

int
platform_check_spelling(const struct platform *p, struct error *err)
{
	const char *near = NULL;

	if (is_known_os(p->os) && is_known_arch(p->arch))
		return 0;
	if (is_known_arch(p->os) && is_known_os(p->arch)) {
		error_set(err, ERR_USAGE, "%s/%s: the operating system comes first",
		          p->os, p->arch);
		return error_hint(err, "did you mean %s/%s?", p->arch, p->os);
	}
	if (!is_known_os(p->os)) {
		near = suggest_find(text_of(p->os), known_os, COUNT_OF(known_os), true);
		if (near == NULL)
			return 0;
		error_set(err, ERR_USAGE, "%s/%s: unknown operating system", p->os,
		          p->arch);
		return error_hint(err, "did you mean %s/%s?", near, p->arch);
	}
	near = suggest_find(text_of(p->arch), known_arch, COUNT_OF(known_arch), true);
	if (near == NULL)
		return 0;
	error_set(err, ERR_USAGE, "%s/%s: unknown architecture", p->os, p->arch);
	return error_hint(err, "did you mean %s/%s?", p->os, near);
}

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

char *
platform_print(const struct platform *p)
{
	auto_buf struct buf out = BUF_INIT;

	buf_print(&out, "%s/%s", or_empty(p->os), or_empty(p->arch));
	if (*or_empty(p->variant) != '\0')
		buf_print(&out, "/%s", p->variant);
	return buf_take(&out);
}

static bool
equal(const char *a, const char *b)
{
	return strcmp(or_empty(a), or_empty(b)) == 0;
}

bool
platform_equal(const struct platform *a, const struct platform *b)
{
	return equal(a->os, b->os) && equal(a->arch, b->arch) &&
	       equal(a->variant, b->variant) && equal(a->os_version, b->os_version);
}

/* N of the variant "vN", NONE for no variant, -1 for anything else. */
static int
level(const char *variant, int none)
{
	if (*or_empty(variant) == '\0')
		return none;
	if (variant[0] != 'v' || !isdigit((unsigned char)variant[1]) ||
	    variant[2] != '\0')
		return -1;
	return variant[1] - '0';
}

/* Platforms whose programs run where those of WANT do, the nearest first. Levels of a
 * family are compatible downwards to LEAST; NONE is the level of no variant. */
static int
match_level(const struct platform *want, const struct platform *have, int least, int none,
            int best)
{
	int wanted = level(want->variant, none), got = level(have->variant, none);

	return wanted < 0 || got < least || got > wanted ? 0 : best - (wanted - got);
}

int
platform_match(const struct platform *want, const struct platform *have)
{
	static const struct platform any_arm = { .variant = (char *)"v8" };
	const char *arch = or_empty(want->arch);

	if (!equal(want->os, have->os))
		return 0;
	if (equal(want->arch, have->arch)) {
		if (equal(want->variant, have->variant))
			return 100;
		if (strcmp(arch, "amd64") == 0)
			return match_level(want, have, 1, 1, 100);
		if (strcmp(arch, "arm64") == 0)
			return match_level(want, have, 8, 8, 100);
		if (strcmp(arch, "arm") == 0)
			return match_level(want, have, 5, 7, 100);
		return 0;
	}
	if (strcmp(arch, "amd64") == 0 && equal(have->arch, "386"))
		return 50;
	if (strcmp(arch, "arm64") == 0 && equal(have->arch, "arm"))
		return match_level(&any_arm, have, 5, 7, 50);
	return 0;
}

void
platform_clear(struct platform *p)
{
	free(p->os);
	free(p->arch);
	free(p->variant);
	free(p->os_version);
	*p = (struct platform)PLATFORM_INIT;
}
