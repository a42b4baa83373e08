#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/resource.h>

#include "base/base.h"
#include "builder/cli/build_options.h"
#include "builder/cli/cmd.h"
#include "parser/config.h"
#include "parser/plan.h"

struct reading {
	struct build_options o;
	struct words_left words;
	struct error err;
	enum options_outcome outcome;
};

static void
read_options(struct reading *r, const char *const *line)
{
	int argc = 0;

	*r = (struct reading){ .err = ERROR_INIT };
	while (line[argc] != NULL)
		argc++;
	build_options_init(&r->o);
	r->outcome = options_read(&cmd_build, argc, (char **)(uintptr_t)line, &r->o,
	                          &r->words, &r->err);
}

static void
reading_clear(struct reading *r)
{
	build_options_clear(&r->o);
	array_clear(&r->words.list);
	error_clear(&r->err);
}

static int
set_up(void **state)
{
	(void)state;
	unsetenv("SOURCE_DATE_EPOCH");
	unsetenv("BUILDKIT_PROGRESS");
	unsetenv("NOT_SET");
	setenv("SET", "from outside", 1);
	return 0;
}

/* ------------------------------------------------------------ good or bad */

#define HEX_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* BAD NULL: accepted; else part of the message. */
static const struct {
	const char *word, *bad;
} words[] = {
	{ "--add-host=a:1.2.3.4", NULL },
	{ "--add-host=a=1.2.3.4", NULL },
	{ "--add-host=a:::1", NULL },
	{ "--add-host=a:[::1]", NULL },
	{ "--add-host=a:host-gateway", NULL },
	{ "--add-host=a", "must be HOST:ADDRESS" },
	{ "--add-host=a:", "must be HOST:ADDRESS" },
	{ "--add-host=:1.2.3.4", "must be HOST:ADDRESS" },
	{ "--add-host=a:b", "must be HOST:ADDRESS" },
	{ "--add-host=a:1.2.3", "must be HOST:ADDRESS" },
	{ "--add-host=a=1.2.3.4 evil", "must be HOST:ADDRESS" },
	{ "--allow=network.host", NULL },
	{ "--allow=network.host,security.insecure", NULL },
	{ "--allow=device", NULL },
	{ "--allow=fs.read=/x", NULL },
	{ "--allow=all", "unknown entitlement \"all\"" },
	{ "--annotation=a=b", NULL },
	{ "--annotation=index:a=b", NULL },
	{ "--annotation=a=", NULL },
	{ "--annotation=a", "must be key=value" },
	{ "--annotation==b", "must be key=value" },
	{ "--annotation=index,manifest[linux/arm64]:a=b", NULL },
	{ "--annotation=indx:a=b", "unknown annotation type \"indx\"" },
	{ "--annotation=manifest[:a=b", "must be TYPE[OS/ARCH]" },
	{ "--allow=buildx.local.delete", NULL },
	{ "--authfile=f", NULL },
	{ "--build-arg=A=1", NULL },
	{ "--build-arg=A", NULL },
	{ "--build-arg=A=", NULL },
	{ "--build-arg==1", "needs a name" },
	{ "--build-context=a=dir", NULL },
	{ "--build-context=a", "invalid context specifier" },
	{ "--build-context=a=", "invalid context specifier" },
	{ "--build-context==x", "invalid context specifier" },
	{ "--cache-from=a/b:1", NULL },
	{ "--cache-from=type=registry,ref=a/b:1", NULL },
	{ "--cache-from=type=local,src=dir", NULL },
	{ "--cache-from=type=local,dest=dir", "unknown cache attribute" },
	{ "--cache-from=type=local", "src= is missing" },
	{ "--cache-from=type=registry,ref=A", "must be lowercase" },
	{ "--cache-to=A", "must be lowercase" },
	{ "--cache-from=type=inline,ref=a", "for --cache-to" },
	{ "--cache-from=type=s3,bucket=x", NULL },
	{ "--cache-from=type=gha", NULL },
	{ "--cache-to=mode=max,type=azblob", NULL },
	{ "--cache-to=type=ftp,ref=a", "unknown cache type \"ftp\"" },
	{ "--cache-from=type=registry,ref", "must be key=value" },
	{ "--cache-to=a/b:1", NULL },
	{ "--cache-to=type=inline", NULL },
	{ "--cache-to=type=local,dest=dir,mode=max,compression=zstd", NULL },
	{ "--cache-to=type=local,dest=dir,mode=most", "mode=most" },
	{ "--cache-to=type=registry,ref=a,ignore-error=perhaps", "not true or false" },
	{ "--cache-to=type=registry,ref=a,compression=lzma", "not supported" },
	{ "--cache-to=type=registry", "ref= is missing" },
	{ "--cache-max-size=10GB", NULL },
	{ "--cache-max-size=x", "not a size" },
	{ "--cache-ttl=336h", NULL },
	{ "--cache-ttl=0s", NULL },
	{ "--cache-ttl=-1h", "must be a time like 336h" },
	{ "--cache-ttl=2 weeks", "must be a time like 336h" },
	{ "--call=build", NULL },
	{ "--call=check", NULL },
	{ "--call=lint", NULL },
	{ "--call=outline", NULL },
	{ "--call=targets", NULL },
	{ "--call=subrequests.describe", NULL },
	{ "--call=other",
	  "must be build, check, outline, targets or subrequests.describe" },
	{ "--check", NULL },
	{ "--check=false", NULL },
	{ "--check=perhaps", "not true or false" },
	{ "--cpus=1.5", NULL },
	{ "--cpus=0", "not a number of CPUs" },
	{ "--cpus=-1", "not a number of CPUs" },
	{ "--cpus=1x", "not a number of CPUs" },
	{ "--cpus=", "not a number of CPUs" },
	{ "--cpus=nan", "not a number of CPUs" },
	{ "--digest-file=f", NULL },
	{ "--file=f", NULL },
	{ "-f-", NULL },
	{ "--format=json", NULL },
	{ "--format=text", NULL },
	{ "--format=oci", NULL },
	{ "--format=docker", NULL },
	{ "--format=yaml", "must be json or text, oci or docker" },
	{ "--iidfile=f", NULL },
	{ "--insecure-registry=h:1", NULL },
	{ "--isolation=auto", NULL },
	{ "--isolation=ns", NULL },
	{ "--isolation=chroot", NULL },
	{ "--isolation=default", NULL },
	{ "--isolation=oci", NULL },
	{ "--isolation=rootless", NULL },
	{ "--isolation=process", NULL },
	{ "--isolation=hyperv", "must be auto, ns, chroot or trap" },
	{ "--isolation=vm", "must be auto, ns, chroot or trap" },
	{ "--jobs=4", NULL },
	{ "--jobs=many", "not a number" },
	{ "--label=a=b", NULL },
	{ "--label=a", NULL },
	{ "--label==b", "needs a name" },
	{ "--memory=512m", NULL },
	{ "-m1g", NULL },
	{ "--memory=much", "not a size" },
	{ "--metadata-file=f", NULL },
	{ "--mode-policy=keep", NULL },
	{ "--mode-policy=git", NULL },
	{ "--mode-policy=umask", "must be keep or git" },
	{ "--network=default", NULL },
	{ "--network=none", NULL },
	{ "--network=host", NULL },
	{ "--network=bridge", NULL },
	{ "--network=private", NULL },
	{ "--network=pasta:-t,auto", NULL },
	{ "--network=ns:/proc/1/ns/net", "must be default, none or host" },
	{ "--network=container:a", "must be default, none or host" },
	{ "--network=mynet", "must be default, none or host" },
	{ "--no-cache", NULL },
	{ "--no-cache-filter=a,b", NULL },
	{ "--offline", NULL },
	{ "--on-error=stop", NULL },
	{ "--on-error=shell", NULL },
	{ "--on-error=retry", "must be stop, shell or keep" },
	{ "--output=type=oci,dest=x", NULL },
	{ "--output=dir", NULL },
	{ "-o-", NULL },
	{ "--output=type=nosuch", "nosuch" },
	{ "--output=type=image,\"name=a:1,b/c:2\"", NULL },
	{ "--output=type=image,\"name=a", "a double quote has no end" },
	{ "--output=type=image,name=A", "must be lowercase" },
	{ "--output=type=image,\"name=a,,b\"", "the name is empty" },
	{ "--output=type=oci,dset=x", "dset" },
	{ "--pids-limit=100", NULL },
	{ "--platform=linux/amd64,linux/arm64", NULL },
	{ "--platform=", NULL },
	{ "--platform=linux/", "not of the form os/arch/variant" },
	{ "--platform=,linux/amd64", "not of the form os/arch/variant" },
	{ "--platform=linux/amd64,linux/a m", "not of the form os/arch/variant" },
	{ "--platform=z80", "unknown operating system or architecture" },
	{ "--print-plan=json", NULL },
	{ "--print-plan=dot", NULL },
	{ "--print-plan=svg", "must be json or dot" },
	{ "--progress=plain", NULL },
	{ "--progress=tty", NULL },
	{ "--progress=rawjson", NULL },
	{ "--progress=none", NULL },
	{ "--progress=loud", "must be auto, plain, tty, rawjson, jsonl or quiet" },
	{ "--provenance=false", NULL },
	{ "--provenance=mode=max", NULL },
	{ "--provenance", NULL },
	{ "--pull", NULL },
	{ "--pull=true", NULL },
	{ "--pull=always", NULL },
	{ "--pull=missing", NULL },
	{ "--pull=newer", NULL },
	{ "--pull=never", NULL },
	{ "--pull=sometimes", "must be always, missing, newer or never" },
	{ "--load", NULL },
	{ "--push", NULL },
	{ "--quiet", NULL },
	{ "-q", NULL },
	{ "--resource=memory=1g", NULL },
	{ "--resource=memory=512m,cpu-quota=50000,cpu-period=100000", NULL },
	{ "--resource=\"memory=1g\",CPU-QUOTA=1", NULL },
	{ "--resource=", "unknown field \"\"" },
	{ "--resource=memory", "memory: not a size" },
	{ "--resource=memory=much", "memory: not a size" },
	{ "--resource=cpu-quota=0", NULL },
	{ "--resource=cpu-quota=x", "cpu-quota: not a time in microseconds" },
	{ "--resource=cpu-quota=18446744073709551615", "not a time in microseconds" },
	{ "--resource=cpuset-cpus=1", NULL },
	{ "--resource=memory=1g,memory-swap=2g,cpu-shares=512,cpuset-mems=0", NULL },
	{ "--resource=disk=1", "unknown field \"disk=1\"" },
	{ "--root=dir", NULL },
	{ "--sbom=false", NULL },
	{ "--sbom=true", NULL },
	{ "--secret=id=a", NULL },
	{ "--secret=id=a,src=f", NULL },
	{ "--secret=type=file,id=a,source=f", NULL },
	{ "--secret=id=a,env=E", NULL },
	{ "--secret=id=a,type=env", NULL },
	{ "--secret=id=a,\"src=a,b\"", NULL },
	{ "--secret=\"id=a\",\"src=say \"\"x\"\"\"", NULL },
	{ "--secret=ID=a,SRC=f", NULL },
	{ "--secret=id=a,\"src=f", "a double quote has no end" },
	{ "--secret=id=a,", "unknown field \"\"" },
	{ "--secret=id", "unknown field \"id\"" },
	{ "--secret=src=f", "needs id=NAME" },
	{ "--secret=", "needs id=NAME" },
	{ "--secret=id=a,mode=1", "unknown field \"mode=1\"" },
	{ "--secret=id=a,type=disk", "unknown field \"type=disk\"" },
	{ "--shm-size=64m", NULL },
	{ "--shm-size=x", "not a size" },
	{ "--source-date-epoch=1700000000", NULL },
	{ "--source-date-epoch=context", NULL },
	{ "--source-date-epoch=", "must be seconds since 1970" },
	{ "--source-date-epoch=-1", "must be seconds since 1970" },
	{ "--source-date-epoch=1.5", "must be seconds since 1970" },
	{ "--source-date-epoch=12h", "must be seconds since 1970" },
	{ "--ssh=default", NULL },
	{ "--ssh=id=/sock", NULL },
	{ "--ssh=\"id=/a,b\"", NULL },
	{ "--ssh=", "must be default, ID or ID=SOCKET" },
	{ "--ssh=id=/a,/b", "each id has one socket" },
	{ "--ssh=\"id", "a double quote has no end" },
	{ "--ssh==x", "must be default, ID or ID=SOCKET" },
	{ "--tag=a:1", NULL },
	{ "-ta:1", NULL },
	{ "--tag=", "--tag \"\": invalid reference format" },
	{ "--tag=a b", "--tag a b: invalid reference format" },
	{ "--tag=a\nb", "--tag a\\nb: invalid reference format" },
	{ "--tag=MyApp:1", "must be lowercase" },
	{ "--tag=:1", "invalid reference format" },
	{ "--tag=a@sha256:" HEX_64, "cannot have a digest" },
	{ "--tag=" HEX_64, "64 hexadecimal digits" },
	{ "--target=s", NULL },
	{ "--ulimit=nofile=100", NULL },
	{ "--ulimit=nofile=100:200", NULL },
	{ "--ulimit=nproc=-1", NULL },
	{ "--ulimit=nofile=5:-1", NULL },
	{ "--ulimit=nofile=5:3", "SOFT must not be more than HARD" },
	{ "--ulimit=nofile=-1:3", "SOFT must not be more than HARD" },
	{ "--ulimit=nofile=-2", "must be TYPE=SOFT[:HARD]" },
	{ "--ulimit=nofile=100:", "must be TYPE=SOFT[:HARD]" },
	{ "--ulimit=nofile", "must be TYPE=SOFT[:HARD]" },
	{ "--ulimit=files=1", "must be TYPE=SOFT[:HARD]" },
	{ "--unpack-max=1g", NULL },
	{ "--unpack-max=much", "not a size" },
	{ "--compress", NULL },
	{ "--disable-content-trust=false", NULL },
	{ "--force-rm", NULL },
	{ "--layers", NULL },
	{ "--rm=true", NULL },
	{ "--squash", NULL },
	{ "--squash=all", NULL },
	{ "--squash=false", NULL },
	{ "--squash=some", "must be new or all" },
	{ "--build-arg-file=/dev/null", NULL },
	{ "--cap-add=NET_ADMIN,cap_sys_ptrace", NULL },
	{ "--cap-add=all", NULL },
	{ "--cap-add=FLY", "unknown capability \"FLY\"" },
	{ "--cap-drop=NET_RAW", NULL },
	{ "--cap-drop=CAP_", "unknown capability \"CAP_\"" },
	{ "--cert-dir=d", NULL },
	{ "--compression=zstd", NULL },
	{ "--compression=lzma", "not supported" },
	{ "--compression-level=3", NULL },
	{ "--compression-level=fast", "not a level" },
	{ "--cpu-period=50000", NULL },
	{ "--cpu-period=x", "not a time in microseconds" },
	{ "--cpu-quota=-1", NULL },
	{ "--cpu-quota=9999999999", "not a time in microseconds" },
	{ "--cpu-shares=512", NULL },
	{ "--cpu-shares=1", "must be 2 to 262144" },
	{ "-c512", NULL },
	{ "-csomething", "neither a number of CPU shares nor a context" },
	{ "--cpuset-cpus=0-3,5", NULL },
	{ "--cpuset-cpus=0-", "must be numbers like 0-3,5" },
	{ "--cpuset-cpus=0,", "must be numbers like 0-3,5" },
	{ "--cpuset-cpus=0\n1", "must be numbers like 0-3,5" },
	{ "--cpuset-cpus=99999", "must be numbers like 0-3,5" },
	{ "--cpuset-mems=0", NULL },
	{ "--cpuset-mems=x", "must be numbers like 0-3,5" },
	{ "--creds=u:p", NULL },
	{ "--creds=u", "must be USER:PASSWORD" },
	{ "--dns=1.1.1.1", NULL },
	{ "--dns=::1", NULL },
	{ "--dns=one", "must be an IP address" },
	{ "--dns-option=ndots:2", NULL },
	{ "--dns-option=a b", "must be a word" },
	{ "--dns-search=example.org", NULL },
	{ "--dns-search=a\nnameserver", "must be a word" },
	{ "--dry-run", NULL },
	{ "--dryrun", NULL },
	{ "--env=A=1", NULL },
	{ "--env==1", "a variable needs a name" },
	{ "--force-compression", NULL },
	{ "--from=debian:12", NULL },
	{ "--from=A", "must be lowercase" },
	{ "--http-proxy=false", NULL },
	{ "--http-proxy=maybe", "not true or false" },
	{ "--ignore-path=/x", NULL },
	{ "--ignore-path=x", "must be an absolute path" },
	{ "--ignore-path=/", "must be an absolute path" },
	{ "--ignorefile=f", NULL },
	{ "--image-name-tag-with-digest-file=f", NULL },
	{ "--image-name-with-digest-file=f", NULL },
	{ "--inherit-labels=false", NULL },
	{ "--inherit-labels=some", "not true or false" },
	{ "--log-dir=d", NULL },
	{ "--log-dir=", "is empty" },
	{ "--logfile=f", NULL },
	{ "--manifest=a:1", NULL },
	{ "--manifest=A", "must be lowercase" },
	{ "--memory-swap=-1", NULL },
	{ "--memory-swap=x", "not a size" },
	{ "--no-hosts", NULL },
	{ "--omit-history", NULL },
	{ "--history", NULL },
	{ "--history=false", NULL },
	{ "--history=some", "some" },
	{ "--report=r.html", NULL },
	{ "--registry-map=a=b;c/d=e", NULL },
	{ "--registry-map=a", "must be HOST=OTHER" },
	{ "--registry-mirror=h:5000/p", NULL },
	{ "--registry-mirror=a b", "must be HOST[:PORT][/PATH]" },
	{ "--retry=3", NULL },
	{ "--retry=-1", "not a number of tries" },
	{ "--retry-delay=2s", NULL },
	{ "--retry-delay=2", NULL },
	{ "--retry-delay=soon", "must be a time like 2s" },
	{ "--retry-delay=2h", "must be a time like 2s" },
	{ "--timeout=2s", NULL },
	{ "--timeout=3600", NULL },
	{ "--timeout=0", "must be longer than nothing" },
	{ "--timeout=", "must be a time like 2s" },
	{ "--timeout=61m", "must be a time like 2s" },
	{ "--skip-default-registry-fallback", NULL },
	{ "--tag=oci-archive:f.tar", NULL },
	{ "--tag=oci:dir/x:1", NULL },
	{ "--tag=docker://h/a:1", NULL },
	{ "--tag=docker-daemon:", "" },
	{ "--tag=dir:/x", "directories of this form are not written" },
	{ "--timestamp=0", NULL },
	{ "--timestamp=now", "must be seconds since 1970" },
	{ "--tls-verify=false", NULL },
	{ "--tls-verify=perhaps", "not true or false" },
	{ "--unsetenv=A", NULL },
	{ "--unsetenv=A=1", "must be the name of a variable" },
	{ "--unsetlabel=a", NULL },
	{ "--unsetlabel=", "must be the name of a label" },
	{ "--volume=/:/mnt:ro,z", NULL },
	{ "-v/:/mnt", NULL },
	{ "-vdebug", NULL },
	{ "-vloud", "neither a volume nor a level" },
	{ "--volume=name:/mnt", "must be HOST:PATH" },
	{ "--volume=/:mnt", "must be HOST:PATH" },
	{ "--volume=/", "must be HOST:PATH" },
	{ "--volume=/:/mnt:U", "unknown option \"U\"" },
};

static void
every_value_is_taken_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *line[] = { words[i].word, NULL };
		struct reading r;

		read_options(&r, line);
		if (words[i].bad == NULL) {
			if (r.outcome != OPTIONS_OK)
				print_message("%s: %s\n", words[i].word, r.err.text);
			assert_int_equal(r.outcome, OPTIONS_OK);
		} else {
			if (r.outcome != OPTIONS_BAD ||
			    strstr(r.err.text, words[i].bad) == NULL)
				print_message("%s: %s\n", words[i].word,
				              r.err.text == NULL ? "accepted"
				                                 : r.err.text);
			assert_int_equal(r.outcome, OPTIONS_BAD);
			assert_int_equal(r.err.code, ERR_USAGE);
			assert_non_null(strstr(r.err.text, words[i].bad));
		}
		reading_clear(&r);
	}
}

static void
every_option_is_tried_above(void **state)
{
	(void)state;
	for (const struct option_row *o = build_option_rows; o->name != NULL; o++) {
		bool tried = false;

		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			size_t n = strlen(o->name);
			const char *word = words[i].word;

			tried = tried || (strncmp(word, "--", 2) == 0 &&
			                  strncmp(word + 2, o->name, n) == 0 &&
			                  (word[n + 2] == '=' || word[n + 2] == '\0'));
		}
		if (!tried)
			print_message("--%s\n", o->name);
		assert_true(tried);
	}
}

/* ------------------------------------------------------------ values */

static void
assert_variable(const struct variable *v, const char *name, const char *value)
{
	assert_true(text_is(v->name, name));
	assert_true(text_is(v->value, value));
}

static void
build_arguments_come_from_the_line_or_the_environment(void **state)
{
	static const char *const line[] = { "--build-arg", "A=1=2",       "--build-arg",
		                            "SET",         "--build-arg", "NOT_SET",
		                            "--build-arg", "E=",          NULL };
	struct reading r;

	(void)state;
	setenv("SOURCE_DATE_EPOCH", "7", 1);
	read_options(&r, line);
	assert_int_equal(r.o.request.build_args.n, 4);
	assert_variable(&r.o.request.build_args.at[0], "SOURCE_DATE_EPOCH", "7");
	assert_variable(&r.o.request.build_args.at[1], "A", "1=2");
	assert_variable(&r.o.request.build_args.at[2], "SET", "from outside");
	assert_variable(&r.o.request.build_args.at[3], "E", "");
	reading_clear(&r);
}

static void
hosts_have_names_and_addresses(void **state)
{
	static const struct {
		const char *word, *name, *address;
	} rows[] = {
		{ "a:1.2.3.4", "a", "1.2.3.4" }, { "a=1.2.3.4", "a", "1.2.3.4" },
		{ "a:::1", "a", "::1" },         { "a:[::1]", "a", "::1" },
		{ "a=::1", "a", "::1" },         { "a:host-gateway", "a", "127.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *line[] = { "--add-host", rows[i].word, NULL };
		struct reading r;

		read_options(&r, line);
		assert_int_equal(r.o.request.hosts.n, 1);
		assert_variable(&r.o.request.hosts.at[0], rows[i].name, rows[i].address);
		reading_clear(&r);
	}
}

static void
contexts_are_classified(void **state)
{
	static const struct {
		const char *word, *name;
		enum context_kind kind;
		const char *value;
	} rows[] = {
		{ "a=dir", "a", CONTEXT_LOCAL, "dir" },
		{ "Alpine:latest=dir", "alpine", CONTEXT_LOCAL, "dir" },
		{ "a:1=dir", "a:1", CONTEXT_LOCAL, "dir" },
		{ "a=docker-image://alpine:3", "a", CONTEXT_IMAGE, "alpine:3" },
		{ "a=docker-image://scratch", "a", CONTEXT_SCRATCH,
		  "docker-image://scratch" },
		{ "a=oci-layout://d:t", "a", CONTEXT_LAYOUT, "d:t" },
		{ "a=https://h/r.git", "a", CONTEXT_GIT, "https://h/r.git" },
		{ "a=https://h/r.git#v1:sub", "a", CONTEXT_GIT,
		  "https://h/r.git#v1:sub" },
		{ "a=git@h:r", "a", CONTEXT_GIT, "git@h:r" },
		{ "a=git://h/r", "a", CONTEXT_GIT, "git://h/r" },
		{ "a=https://h/x.tar", "a", CONTEXT_HTTP, "https://h/x.tar" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *line[] = { "--build-context", rows[i].word, NULL };
		const struct named_context *c = NULL;
		struct reading r;

		read_options(&r, line);
		assert_int_equal(r.o.request.contexts.n, 1);
		c = &r.o.request.contexts.at[0];
		assert_true(text_is(c->name, rows[i].name));
		assert_int_equal(c->kind, rows[i].kind);
		assert_true(text_is(c->value, rows[i].value));
		reading_clear(&r);
	}
}

static void
secrets_are_files_or_variables(void **state)
{
	static const struct {
		const char *word, *id, *file, *env;
	} rows[] = {
		{ "id=a", "a", NULL, NULL },
		{ "id=a,src=f", "a", "f", NULL },
		{ "source=f,id=a,type=file", "a", "f", NULL },
		{ "id=a,env=E", "a", NULL, "E" },
		{ "type=env,id=a", "a", NULL, "a" },
		{ "type=env,id=a,src=E", "a", NULL, "E" },
		{ "id=a,\"src=b,c\"", "a", "b,c", NULL },
		{ "\"id=a\",\"src=say \"\"x\"\"\"", "a", "say \"x\"", NULL },
		{ "ID=a,Src=f", "a", "f", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *line[] = { "--secret", rows[i].word, NULL };
		const struct secret_source *s = NULL;
		struct reading r;

		read_options(&r, line);
		assert_int_equal(r.o.request.secrets.n, 1);
		s = &r.o.request.secrets.at[0];
		assert_true(text_is(s->id, rows[i].id));
		assert_int_equal(s->file.p == NULL, rows[i].file == NULL);
		assert_true(text_is(s->file, rows[i].file));
		assert_int_equal(s->env.p == NULL, rows[i].env == NULL);
		assert_true(text_is(s->env, rows[i].env));
		reading_clear(&r);
	}
}

static void
resources_are_the_limits_of_other_options(void **state)
{
	static const struct {
		const char *words[3];
		uint64_t memory;
		uint32_t cpu_percent;
	} rows[] = {
		{ { "--resource=memory=64m" }, 64 << 20, 0 },
		{ { "--resource=memory=64m,cpu-quota=50000" }, 64 << 20, 50 },
		{ { "--resource=cpu-quota=5000", "--resource=cpu-period=10000" }, 0, 50 },
		{ { "--resource=cpu-period=10000" }, 0, 0 },
		{ { "--resource=cpu-quota=1" }, 0, 1 },
		{ { "--resource=cpu-quota=1000000000,cpu-period=1" }, 0, 1000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct reading r;

		read_options(&r, rows[i].words);
		assert_int_equal(r.outcome, OPTIONS_OK);
		assert_int_equal(build_options_settle(&r.o, &r.err), 0);
		assert_int_equal(r.o.request.limits.memory_max, rows[i].memory);
		assert_int_equal(r.o.request.limits.cpu_percent, rows[i].cpu_percent);
		reading_clear(&r);
	}
}

static void
swap_is_what_both_have_more_than_memory(void **state)
{
	static const struct {
		const char *words[3];
		const char *bad;
		enum sandbox_swap swap;
		uint64_t max;
	} rows[] = {
		{ { "--memory=64m" }, NULL, SWAP_NONE, 0 },
		{ { "--memory=64m", "--memory-swap=96m" }, NULL, SWAP_MAX, 32 << 20 },
		{ { "--memory=64m", "--memory-swap=64m" }, NULL, SWAP_MAX, 0 },
		{ { "--memory=64m", "--memory-swap=-1" }, NULL, SWAP_ANY, 0 },
		{ { "--memory-swap=-1" }, NULL, SWAP_ANY, 0 },
		{ { "--resource=memory=64m,memory-swap=96m" }, NULL, SWAP_MAX, 32 << 20 },
		{ { "--memory-swap=1g" }, "--memory-swap needs --memory", SWAP_NONE, 0 },
		{ { "--memory=2g", "--memory-swap=1g" },
		  "less than --memory",
		  SWAP_NONE,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct reading r;

		read_options(&r, rows[i].words);
		assert_int_equal(r.outcome, OPTIONS_OK);
		assert_int_equal(build_options_settle(&r.o, &r.err),
		                 rows[i].bad == NULL ? 0 : -1);
		if (rows[i].bad != NULL)
			assert_non_null(strstr(r.err.text, rows[i].bad));
		assert_int_equal(r.o.request.limits.swap, rows[i].swap);
		assert_int_equal(r.o.request.limits.swap_max, rows[i].max);
		reading_clear(&r);
	}
}

static void
limits_have_two_ends(void **state)
{
	static const char *const line[] = { "--ulimit", "nofile=10:20", "--ulimit",
		                            "core=0",   "--cpus",       "1.5",
		                            "-m",       "1g",           NULL };
	struct reading r;

	(void)state;
	read_options(&r, line);
	assert_int_equal(r.o.request.limits.list.n, 2);
	assert_int_equal(r.o.request.limits.list.at[0].resource, RLIMIT_NOFILE);
	assert_int_equal(r.o.request.limits.list.at[0].soft, 10);
	assert_int_equal(r.o.request.limits.list.at[0].hard, 20);
	assert_int_equal(r.o.request.limits.list.at[1].resource, RLIMIT_CORE);
	assert_int_equal(r.o.request.limits.list.at[1].hard, 0);
	assert_int_equal(r.o.request.limits.cpu_percent, 150);
	assert_int_equal(r.o.request.limits.memory_max, 1 << 30);
	reading_clear(&r);
}

static void
lists_may_be_given_in_pieces(void **state)
{
	static const char *const line[] = { "--platform=linux/amd64,linux/arm64",
		                            "--platform=linux/386,LINUX/AMD64",
		                            "--platform=linux/arm64/v8",
		                            "--no-cache-filter=a,b",
		                            "-ta",
		                            "-tb",
		                            "-otype=oci,dest=x",
		                            "-odir",
		                            "--label=l",
		                            NULL };
	struct reading r;

	(void)state;
	read_options(&r, line);
	assert_int_equal(r.o.request.platforms.n, 3);
	assert_true(text_is(r.o.request.platforms.at[2], "linux/386"));
	assert_int_equal(r.o.request.no_cache_stages.n, 2);
	assert_int_equal(r.o.request.tags.n, 2);
	assert_int_equal(r.o.request.outputs.n, 2);
	assert_int_equal(r.o.request.outputs.at[0].type, OUTPUT_OCI);
	assert_int_equal(r.o.request.outputs.at[1].type, OUTPUT_LOCAL);
	assert_variable(&r.o.request.labels.at[0], "l", "");
	reading_clear(&r);
}

static void
push_and_load_are_outputs(void **state)
{
	static const struct {
		const char *line[4];
		size_t n;
		enum output_type first;
		bool pushed; /* the first, if it is an image */
		enum output_type last;
	} cases[] = {
		{ { NULL }, 1, OUTPUT_IMAGE, false, OUTPUT_IMAGE },
		{ { "--load" }, 1, OUTPUT_IMAGE, false, OUTPUT_IMAGE },
		{ { "--push" }, 1, OUTPUT_REGISTRY, false, OUTPUT_REGISTRY },
		{ { "--push", "--load" }, 1, OUTPUT_IMAGE, true, OUTPUT_IMAGE },
		{ { "--push", "-otype=image" }, 1, OUTPUT_IMAGE, true, OUTPUT_IMAGE },
		{ { "--push", "-otype=registry" },
		  1,
		  OUTPUT_REGISTRY,
		  false,
		  OUTPUT_REGISTRY },
		{ { "--push", "-odir" }, 2, OUTPUT_LOCAL, false, OUTPUT_REGISTRY },
		{ { "--load", "-odir" }, 2, OUTPUT_LOCAL, false, OUTPUT_IMAGE },
		{ { "-odir" }, 1, OUTPUT_LOCAL, false, OUTPUT_LOCAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reading r;

		read_options(&r, cases[i].line);
		assert_int_equal(build_options_settle(&r.o, &r.err), 0);
		assert_int_equal(r.o.request.outputs.n, cases[i].n);
		assert_int_equal(r.o.request.outputs.at[0].type, cases[i].first);
		assert_int_equal(r.o.request.outputs.at[0].push, cases[i].pushed);
		assert_int_equal(r.o.request.outputs.at[cases[i].n - 1].type,
		                 cases[i].last);
		reading_clear(&r);
	}
}

static void
defaults_are_those_of_docker(void **state)
{
	static const char *const line[] = { ".", NULL };
	struct reading r;

	(void)state;
	read_options(&r, line);
	assert_int_equal(r.o.request.pull, PULL_MISSING);
	assert_int_equal(r.o.request.call, CALL_BUILD);
	assert_int_equal(r.o.progress, PROGRESS_AUTO);
	assert_true(text_is(r.o.request.network, "default"));
	assert_int_equal(r.o.request.epoch, -1);
	assert_null(r.o.request.target.p);
	assert_int_equal(r.o.request.build_args.n, 0);
	reading_clear(&r);
	setenv("BUILDKIT_PROGRESS", "rawjson", 1);
	read_options(&r, line);
	assert_int_equal(r.o.progress, PROGRESS_RAWJSON);
	reading_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_value_is_taken_or_refused, set_up),
		cmocka_unit_test_setup(every_option_is_tried_above, set_up),
		cmocka_unit_test_setup(
		        build_arguments_come_from_the_line_or_the_environment, set_up),
		cmocka_unit_test_setup(hosts_have_names_and_addresses, set_up),
		cmocka_unit_test_setup(contexts_are_classified, set_up),
		cmocka_unit_test_setup(secrets_are_files_or_variables, set_up),
		cmocka_unit_test_setup(resources_are_the_limits_of_other_options, set_up),
		cmocka_unit_test_setup(swap_is_what_both_have_more_than_memory, set_up),
		cmocka_unit_test_setup(limits_have_two_ends, set_up),
		cmocka_unit_test_setup(lists_may_be_given_in_pieces, set_up),
		cmocka_unit_test(push_and_load_are_outputs),
		cmocka_unit_test_setup(defaults_are_those_of_docker, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
