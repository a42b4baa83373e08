/* --output: BuildKit's syntax. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "builder/export/export.h"

struct good {
	const char *value;
	enum output_type type;
	const char *dest;
	bool push, layout_dir, docker_types;
	enum compression compression;
	int level;
};

static const struct good good[] = {
	{ "out", OUTPUT_LOCAL, "out", .level = COMPRESS_LEVEL_DEFAULT },
	{ "-", OUTPUT_TAR, "-", .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=local,dest=out", OUTPUT_LOCAL, "out", .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=tar,dest=-", OUTPUT_TAR, "-", .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=image,push=true", OUTPUT_IMAGE, NULL, .push = true,
	  .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=registry", OUTPUT_REGISTRY, NULL, .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=oci,dest=a.tar", OUTPUT_OCI, "a.tar", .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=oci,tar=false,dest=dir", OUTPUT_OCI, "dir", .layout_dir = true,
	  .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=docker,dest=a.tar", OUTPUT_DOCKER, "a.tar",
	  .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=image,oci-mediatypes=false", OUTPUT_IMAGE, NULL, .docker_types = true,
	  .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=oci,dest=x,compression=zstd,compression-level=9", OUTPUT_OCI, "x",
	  .compression = COMPRESS_ZSTD, .level = 9 },
	{ "type=oci,\"dest=a,b\"", OUTPUT_OCI, "a,b", .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=oci,\"dest=a\"\"b\"", OUTPUT_OCI, "a\"b",
	  .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=oci,compression-level=9", OUTPUT_OCI, NULL, .compression = COMPRESS_GZIP,
	  .level = 9 },
	{ "type=tar,push=false,registry.insecure=false,unpack=false,force-compression="
	  "false",
	  OUTPUT_TAR, NULL, .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=oci,push=false,platform-split=false,mode=copy", OUTPUT_OCI, NULL,
	  .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=image,unpack=true,store=true", OUTPUT_IMAGE, NULL,
	  .level = COMPRESS_LEVEL_DEFAULT },
	{ "a b", OUTPUT_LOCAL, "a b", .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=none", OUTPUT_NONE, NULL, .level = COMPRESS_LEVEL_DEFAULT },
	{ "type=cacheonly", OUTPUT_NONE, NULL, .level = COMPRESS_LEVEL_DEFAULT },
};

static void
outputs_are_read_as_buildkit_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const struct good *want = &good[i];
		auto_error struct error err = ERROR_INIT;
		struct output out;

		if (output_parse(&out, text_of(want->value), &err) < 0)
			fail_msg("%s: %s", want->value, err.text);
		assert_int_equal(out.type, want->type);
		assert_int_equal(out.push, want->push);
		assert_int_equal(out.layout_dir, want->layout_dir);
		assert_int_equal(out.docker_types, want->docker_types);
		assert_int_equal(out.compression, want->compression);
		assert_int_equal(out.level, want->level);
		if (want->dest == NULL)
			assert_null(out.dest);
		else
			assert_string_equal(out.dest, want->dest);
		output_clear(&out);
	}
}

/* What a row says holds for what is parsed. */
static void
every_type_is_what_its_row_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OUTPUT_TYPES; i++) {
		const struct output_row *row = &output_rows[i];
		bool needs_dir = row->opens == OPENS_DIR;
		auto_free char *value = mem_print("type=%s%s", row->name,
		                                  needs_dir ? ",dest=out" : "");
		auto_free char *with_dest = mem_print("type=%s,dest=out", row->name);
		auto_free char *pushed = mem_print("%s,push=true", value);
		auto_free char *line = mem_print("\ntype=%s: ", row->name);
		auto_error struct error err = ERROR_INIT;
		struct output out;

		assert_int_equal(output_parse(&out, text_of(value), &err), 0);
		assert_int_equal(out.type, i);
		assert_int_equal(output_has_layers(&out), row->packing != PACKING_NONE);
		assert_int_equal(output_is_pushed(&out), (row->keys & IS_PUSHED) != 0);
		output_clear(&out);
		assert_int_equal(output_parse(&out, text_of(with_dest), &err) == 0,
		                 (row->keys & KEY_DEST) != 0);
		assert_int_equal((row->keys & KEY_DEST) != 0,
		                 row->opens != OPENS_NOTHING);
		output_clear(&out);
		error_clear(&err);
		assert_int_equal(output_parse(&out, text_of(pushed), &err) == 0,
		                 (row->keys & KEY_PUSH) != 0);
		output_clear(&out);
		assert_non_null(strstr(OUTPUT_HELP, line));
	}
}

static const struct {
	const char *value, *text, *hint;
} bad[] = {
	{ "type=ocl", "unknown output type \"ocl\"", "did you mean oci?" },
	{ "type=oci,dst=x", "unknown output attribute \"dst\"", "did you mean dest?" },
	{ "type=oci,tar=maybe", "maybe: not true or false", NULL },
	{ "type=oci,compression=lzma", "compression \"lzma\" is not supported",
	  "use gzip" },
	{ "type=oci,compression-level=99", "not a level", NULL },
	{ "type=oci,dest", "must be key=value", NULL },
	{ "type=oci,", "must be key=value", NULL },
	{ "", "the output is empty", NULL },
	{ ",", "\"\": must be key=value", NULL },
	{ "a,b", "\"a\": must be key=value", NULL },
	{ "a,type=local", "\"a\": must be key=value", NULL },
	{ "\"a\"", "\"a\": must be key=value", NULL },
	{ "type=tar,dest=x,compression=gzip", "type=tar has no compression", NULL },
	{ "type=tar,compression-level=3", "type=tar has no compression-level", NULL },
	{ "type=local,dest=x,compression=zstd", "type=local has no compression", NULL },
	{ "type=local,dest=x,base-annotations=true",
	  "type=local has no base-annotations", NULL },
	{ "type=local,dest=x,force-compression=true",
	  "type=local has no force-compression", NULL },
	{ "type=local,dest=x,oci-mediatypes=false", "type=local has no oci-mediatypes",
	  NULL },
	{ "type=local,dest=x,name=a", "type=local has no name", NULL },
	{ "type=tar,name=a", "type=tar has no name", NULL },
	{ "type=tar,registry.insecure=true", "type=tar has no registry.insecure", NULL },
	{ "type=oci,registry.insecure=true", "type=oci has no registry.insecure", NULL },
	{ "type=tar,unpack=true", "type=tar has no attribute of images", NULL },
	{ "type=oci,unpack=maybe", "maybe: not true or false", NULL },
	{ "type=oci,platform-split=true", "type=oci has no platform-split=true", NULL },
	{ "type=none,name=a", "type=none has no name", NULL },
	{ "type=none,push=true", "type=none has no push", NULL },
	{ "type=cacheonly,compression=gzip", "type=none has no compression", NULL },
	{ "type=none,source-date-epoch=1", "type=none has no source-date-epoch", NULL },
	{ "type=none,rewrite-timestamp=false", "type=none has no rewrite-timestamp",
	  NULL },
	{ "type=oci,compression=gzip,compression-level=15", "gzip has levels 0 to 9",
	  NULL },
	{ "type=oci,compression-level=15", "gzip has levels 0 to 9", NULL },
	{ "type=oci,compression=uncompressed,compression-level=1",
	  "uncompressed has no levels", NULL },
	{ "dest=x", "the type is missing", "type=local,dest=PATH" },
	{ "oci:x", "would be a directory of this name", "type=oci,dest=x" },
	{ "docker-archive:x", "would be a directory of this name", "type=docker,dest=x" },
	{ "type=image,dest=x", "type=image has no dest", "type=local" },
	{ "type=local", "type=local needs dest=DIRECTORY", NULL },
	{ "type=local,dest=-", "type=local needs dest=DIRECTORY", NULL },
	{ "type=oci,tar=false", "tar=false needs dest=DIRECTORY", NULL },
	{ "type=tar,push=true", "type=tar has no push", NULL },
	{ "type=tar,annotation.a=b", "type=tar has no annotation", NULL },
	{ "type=tar,dest=x,tar=false", "type=tar has no tar=false", NULL },
	{ "type=oci,mode=delete", "type=oci has no mode=delete", NULL },
	{ "type=local,dest=x,mode=x", "must be copy or delete", NULL },
	{ "type=local,dest=x,platform-split=x", "x: not true or false", NULL },
	{ "type=oci,source-date-epoch=-1", "not a number of seconds", NULL },
	{ "type=oci,compression=zstd,oci-mediatypes=false", "know no zstd",
	  "compression=gzip" },
	{ "type=oci,oci-mediatypes=false,annotation-index.a=b", "manifests only", NULL },
};

static void
mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auto_error struct error err = ERROR_INIT;
		struct output out;

		if (output_parse(&out, text_of(bad[i].value), &err) == 0)
			fail_msg("taken: %s", bad[i].value);
		assert_int_equal(err.code, ERR_USAGE);
		if (strstr(err.text, bad[i].text) == NULL)
			fail_msg("%s: %s", bad[i].value, err.text);
		if (bad[i].hint != NULL)
			assert_non_null(strstr(err.hint, bad[i].hint));
		output_clear(&out);
	}
}

static void
names_and_annotations_are_lists(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct output out;

	(void)state;
	assert_int_equal(output_parse(&out,
	                              TEXT("type=image,\"name=a:1,b:2\",annotation.k=v,"
	                                   "annotation-index.i=w"),
	                              &err),
	                 0);
	assert_int_equal(out.names.n, 2);
	assert_true(text_is(out.names.at[1], "b:2"));
	assert_int_equal(out.annotations.list.n, 2);
	assert_int_equal(out.annotations.list.at[1].kind, ANNOTATION_INDEX);
	assert_string_equal(out.annotations.list.at[1].key, "i");
	output_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_read_as_buildkit_reads_them),
		cmocka_unit_test(every_type_is_what_its_row_says),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(names_and_annotations_are_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
