/* Pull and push with Debian's docker-registry, and with one that misbehaves. */
#include "tests/lib/registry_fixture.h"

#define MIB (1u << 20)

/* user:secret */
#define HTPASSWD "user:$2b$04$e.7AVjX5xQW8obrst8Y4QOFD5Ke4ei4bjFwX6vzdjMCfvsU5HspsS\n"

static struct server docker;

static void
need_docker(void)
{
	if (docker.pid != 0)
		return;
	if (!docker_registry_start(&docker, "")) {
		print_message("docker-registry does not start\n");
		skip();
	}
}

static void
an_image_goes_to_docker_registry_and_back(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_resolved struct resolved r = { 0 };
	auto_descriptor struct descriptor head = DESCRIPTOR_INIT;
	auto_platform struct platform host = PLATFORM_INIT;
	auto_blob struct blob b = { 0 };
	auto_buf struct buf got = BUF_INIT;

	(void)state;
	need_docker();
	blob_make(&b, 5 * MIB + 7, 1);
	refer(&ref, docker.port, "a/b:1");
	assert_done(push_image(reg, &ref, &b, &err), &err);
	platform_host(&host);
	assert_done(registry_resolve(reg, &ref, &host, &r, &err), &err);
	assert_string_equal(r.root.media_type, MEDIA_OCI_MANIFEST);
	assert_true(digest_equal(&r.root.digest, &r.manifest.digest));
	assert_done(registry_head(reg, &ref, &head, &err), &err);
	assert_true(digest_equal(&head.digest, &r.root.digest));
	assert_int_equal(head.size, r.root.size);
	assert_done(pull(reg, &ref, &b, &got, &err), &err);
	assert_int_equal(got.n, b.d.size);
	buf_truncate(&got, 0);
	assert_done(registry_pull_bytes(reg, &ref, &r.root, 1 << 16, true, &got, &err),
	            &err);
	assert_string_equal(got.p, r.root_bytes);
}

static void
a_blob_crosses_the_wire_once(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference a = REFERENCE_INIT, c = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	enum push_outcome outcome;
	int ports[2];

	(void)state;
	need_docker();
	server_set("{}");
	ports[0] = docker.port;
	ports[1] = faulty.port;
	blob_make(&b, 100000, 2);
	for (int i = 0; i < 2; i++) {
		reference_clear(&a);
		reference_clear(&c);
		refer(&a, ports[i], "once/a:1");
		refer(&c, ports[i], "once/c:1");
		assert_done(push(reg, &a, &b, NULL, &outcome, &err), &err);
		assert_int_equal(outcome, PUSH_SENT);
		assert_done(push(reg, &a, &b, NULL, &outcome, &err), &err);
		assert_int_equal(outcome, PUSH_EXISTED);
		assert_done(push(reg, &c, &b, "once/a", &outcome, &err), &err);
		assert_int_equal(outcome, PUSH_MOUNTED);
	}
	assert_int_equal(server_count("bytes_in"), b.d.size);
	assert_int_equal(server_count("connections"), 1);
}

static void
a_mount_that_is_not_possible_becomes_an_upload(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	enum push_outcome outcome;

	(void)state;
	server_set("{}");
	blob_make(&b, 5000, 3);
	refer(&ref, faulty.port, "nomount:1");
	assert_done(push(reg, &ref, &b, "not/there", &outcome, &err), &err);
	assert_int_equal(outcome, PUSH_SENT);
	assert_int_equal(server_requests("POST", "uploads"), 1);
}

static void
basic_authentication_works_with_docker_registry(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_blob struct blob b = { 0 };
	auto_free char *dir = make_test_dir(), *more = NULL, *authfile = NULL,
	               *text = NULL;
	struct server s = { 0 };
	enum push_outcome outcome;

	(void)state;
	write_file(dir, "htpasswd", HTPASSWD);
	more = mem_print("auth: {htpasswd: {realm: test, path: %s/htpasswd}}\n", dir);
	if (!docker_registry_start(&s, more))
		skip();
	text = mem_print("{\"auths\":{\"localhost:%d\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}",
	                 s.port);
	write_file(dir, "auth.json", text);
	authfile = mem_print("%s/auth.json", dir);
	blob_make(&b, 5000, 4);
	refer(&ref, s.port, "private:1");
	{
		auto_registry struct registry *reg =
		        session((struct registry_options){ .authfile = authfile });

		assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	}
	{
		auto_registry struct registry *reg =
		        session((struct registry_options){ 0 });

		assert_int_equal(push(reg, &ref, &b, NULL, &outcome, &err), -1);
		assert_int_equal(err.code, ERR_AUTH);
		assert_non_null(strstr(err.text, "authentication"));
		assert_non_null(strstr(err.hint, "cooper login "));
	}
	server_stop(&s);
	remove_test_dir(dir);
}

static const struct {
	const char *name, *settings;
	unsigned extra;       /* bytes more than the blob that may be sent */
	enum error_code code; /* ERR_NONE: it must succeed */
} pulls[] = {
	{ "nothing is wrong", "{}", 0, ERR_NONE },
	{ "two times 503",
	  "{\"rules\":[{\"method\":\"GET\",\"status\":503,\"times\":2}]}", 0, ERR_NONE },
	{ "429 with Retry-After",
	  "{\"rules\":[{\"status\":429,\"headers\":{\"Retry-After\":\"1\"}}]}", 0,
	  ERR_NONE },
	{ "connection reset in the middle",
	  "{\"rules\":[{\"method\":\"GET\",\"reset\":3000000,\"times\":2}]}", 4 * MIB,
	  ERR_NONE },
	{ "connection reset and Range ignored",
	  "{\"ranges\":false,\"rules\":[{\"method\":\"GET\",\"reset\":3000000}]}",
	  5 * MIB, ERR_NONE },
	{ "a complete answer that is too short",
	  "{\"rules\":[{\"method\":\"GET\",\"short\":2000000}]}", 0, ERR_NONE },
	{ "silence in the middle",
	  "{\"rules\":[{\"method\":\"GET\",\"drip\":2000000,\"seconds\":4}]}", 2 * MIB,
	  ERR_NONE },
	{ "a changed byte", "{\"rules\":[{\"method\":\"GET\",\"corrupt\":true}]}",
	  6 * MIB, ERR_NONE },
	{ "a changed byte in what was resumed",
	  "{\"rules\":[{\"method\":\"GET\",\"reset\":3000000},"
	  "{\"method\":\"GET\",\"corrupt\":true}]}",
	  8 * MIB, ERR_NONE },
	{ "a changed byte for ever",
	  "{\"rules\":[{\"method\":\"GET\",\"corrupt\":true,\"times\":99}]}", 0,
	  ERR_DAMAGED },
	{ "a page of HTML instead",
	  "{\"rules\":[{\"method\":\"GET\",\"status\":200,\"body\":\"<html>\"}]}", MIB,
	  ERR_NONE },
	{ "a page of HTML for ever",
	  "{\"rules\":[{\"method\":\"GET\",\"status\":200,\"body\":\"<html>\","
	  "\"times\":99}]}",
	  0, ERR_DAMAGED },
	{ "an empty answer", "{\"rules\":[{\"method\":\"GET\",\"status\":204}]}", MIB,
	  ERR_NONE },
	{ "no such range after a break",
	  "{\"rules\":[{\"method\":\"GET\",\"reset\":3000000},"
	  "{\"method\":\"GET\",\"status\":416}]}",
	  4 * MIB, ERR_NONE },
	{ "another range after a break",
	  "{\"rules\":[{\"method\":\"GET\",\"reset\":3000000},"
	  "{\"method\":\"GET\",\"status\":206,\"body\":\"x\","
	  "\"headers\":{\"Content-Range\":\"bytes 5000000-5000000/6291456\"}}]}",
	  4 * MIB, ERR_NONE },
	{ "503 for ever",
	  "{\"rules\":[{\"method\":\"GET\",\"status\":503,\"times\":99}]}", 0,
	  ERR_NETWORK },
	{ "404", "{\"rules\":[{\"method\":\"GET\",\"status\":404}]}", 0, ERR_SOURCE },
	{ "403", "{\"rules\":[{\"method\":\"GET\",\"status\":403}]}", 0, ERR_AUTH },
};

static void
pulls_survive_faults(void **state)
{
	auto_registry struct registry *reg =
	        session((struct registry_options){ .timeout_s = 2, .retries = 3 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_blob struct blob b = { 0 };
	enum push_outcome outcome;

	(void)state;
	server_set("{}");
	blob_make(&b, 6 * MIB, 5);
	refer(&ref, faulty.port, "faults/pull:1");
	{
		auto_error struct error err = ERROR_INIT;

		assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	}
	for (size_t i = 0; i < sizeof pulls / sizeof *pulls; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;
		int rc;

		server_set(pulls[i].settings);
		rc = pull(reg, &ref, &b, &got, &err);
		if (pulls[i].code != err.code)
			fail_msg("%s: %s", pulls[i].name,
			         rc < 0 ? err.text : "succeeded");
		if (rc < 0)
			continue;
		assert_int_equal(got.n, b.d.size);
		assert_memory_equal(got.p, b.bytes, got.n);
		if (server_count("bytes_out") > (long)(b.d.size + pulls[i].extra))
			fail_msg("%s: %ld bytes", pulls[i].name,
			         server_count("bytes_out"));
	}
}

static const struct {
	const char *name, *settings;
	unsigned extra; /* bytes more than the blob that may be sent */
	enum error_code code;
	const char *text; /* in the error */
} pushes[] = {
	{ "nothing is wrong", "{}", 0, ERR_NONE, NULL },
	{ "eight sessions that the server forgot",
	  "{\"forget\":true,\"rules\":[{\"method\":\"PUT\",\"reset\":3000000},"
	  "{\"method\":\"PATCH\",\"reset\":1500000,\"times\":7}]}",
	  16 * MIB, ERR_NONE, NULL },
	{ "relative Location", "{\"location\":\"relative\"}", 0, ERR_NONE, NULL },
	{ "Location with a query", "{\"location\":\"query\"}", 0, ERR_NONE, NULL },
	{ "reset in the middle", "{\"rules\":[{\"method\":\"PUT\",\"reset\":5000000}]}",
	  0, ERR_NONE, NULL },
	{ "reset in the middle, Location with a query",
	  "{\"location\":\"query\",\"rules\":[{\"method\":\"PUT\",\"reset\":5000000}]}",
	  0, ERR_NONE, NULL },
	{ "reset twice",
	  "{\"rules\":[{\"method\":\"PUT\",\"reset\":3000000},"
	  "{\"method\":\"PATCH\",\"reset\":3000000}]}",
	  0, ERR_NONE, NULL },
	{ "reset and the session forgotten",
	  "{\"forget\":true,\"rules\":[{\"method\":\"PUT\",\"reset\":3000000}]}", 3000000,
	  ERR_NONE, NULL },
	{ "reset and no way to ask",
	  "{\"resume\":false,\"rules\":[{\"method\":\"PUT\",\"reset\":3000000}]}",
	  3000000, ERR_NONE, NULL },
	{ "reset and no PATCH",
	  "{\"patch\":false,\"rules\":[{\"method\":\"PUT\",\"reset\":3000000}]}", 4 * MIB,
	  ERR_NONE, NULL },
	{ "503 at the end of the PUT",
	  "{\"rules\":[{\"method\":\"PUT\",\"status\":503,\"times\":2}]}", 16 * MIB,
	  ERR_NONE, NULL },
	{ "500 for the session", "{\"rules\":[{\"method\":\"POST\",\"status\":500}]}", 0,
	  ERR_NONE, NULL },
	{ "a limit of 3 MiB", "{\"max_body\":3145728}", 4 * MIB, ERR_NONE, NULL },
	{ "pieces are not allowed to be small",
	  "{\"max_body\":3145728,\"chunk_min\":2097152}", 8 * MIB, ERR_NONE, NULL },
	{ "a limit of 3 MiB that nobody tells", "{\"cut_body\":3145728}", 8 * MIB,
	  ERR_NONE, NULL },
	{ "the same, and sessions are forgotten",
	  "{\"cut_body\":3145728,\"forget\":true}", 16 * MIB, ERR_NONE, NULL },
	{ "a limit of 1 KiB", "{\"max_body\":1024}", 64 * MIB, ERR_NETWORK, "413" },
	{ "no answer to the PUT", "{\"rules\":[{\"method\":\"PUT\",\"stall\":4}]}",
	  10 * MIB, ERR_NONE, NULL },
	{ "denied",
	  "{\"rules\":[{\"method\":\"POST\",\"status\":403,\"times\":2,\"body\":\"{"
	  "\\\"errors\\\":"
	  "[{\\\"code\\\":\\\"DENIED\\\",\\\"message\\\":\\\"quota is used "
	  "up\\\"}]}\"}]}",
	  0, ERR_AUTH, "denied: quota is used up" },
	{ "PUT refused for ever",
	  "{\"rules\":[{\"method\":\"PUT\",\"status\":400,\"body\":\"bad luck\"}]}", 0,
	  ERR_NETWORK, "bad luck" },
};

static void
pushes_survive_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pushes / sizeof *pushes; i++) {
		auto_registry struct registry *reg = session(
		        (struct registry_options){ .timeout_s = 2, .retries = 3 });
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_error struct error err = ERROR_INIT;
		auto_blob struct blob b = { 0 };
		auto_buf struct buf got = BUF_INIT;
		enum push_outcome outcome = PUSH_EXISTED;
		int rc;

		blob_make(&b, 8 * MIB, 100 + (uint32_t)i);
		refer(&ref, faulty.port, "faults/push:1");
		server_set(pushes[i].settings);
		rc = push(reg, &ref, &b, NULL, &outcome, &err);
		if (err.code != pushes[i].code)
			fail_msg("%s: %s", pushes[i].name,
			         rc < 0 ? err.text : "succeeded");
		if (rc < 0) {
			if (strstr(err.text, pushes[i].text) == NULL)
				fail_msg("%s: %s", pushes[i].name, err.text);
			continue;
		}
		assert_int_equal(outcome, PUSH_SENT);
		if (server_count("bytes_in") > (long)(b.d.size + pushes[i].extra))
			fail_msg("%s: %ld bytes", pushes[i].name,
			         server_count("bytes_in"));
		server_set("{}");
		assert_done(pull(reg, &ref, &b, &got, &err), &err);
	}
}

static void
the_size_that_fits_is_remembered_for_the_next_blob(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob a = { 0 }, b = { 0 };
	enum push_outcome outcome;

	(void)state;
	server_set("{\"max_body\":2097152}");
	blob_make(&a, 3 * MIB, 201);
	blob_make(&b, 3 * MIB, 202);
	refer(&ref, faulty.port, "chunks:1");
	assert_done(push(reg, &ref, &a, NULL, &outcome, &err), &err);
	server_post(&faulty, "/count", "", NULL);
	assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	assert_int_equal(server_requests("POST", "uploads"), 1);
	assert_int_equal(server_requests("PUT", "uploads"), 1);
	assert_int_equal(server_count("bytes_in"), b.d.size);
}

static void
a_large_upload_that_breaks_sends_almost_nothing_twice(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	enum push_outcome outcome;

	(void)state;
	blob_make(&b, 160 * MIB, 300);
	refer(&ref, faulty.port, "large:1");
	server_set("{\"rules\":[{\"method\":\"PUT\",\"reset\":50000000},"
	           "{\"method\":\"PATCH\",\"reset\":40000000,\"times\":2}]}");
	assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	assert_true(server_count("bytes_in") <= (long)(b.d.size + b.d.size / 100));
}

static const struct {
	const char *name, *settings;
	enum error_code code;
} resolves[] = {
	{ "a changed byte once", "{\"rules\":[{\"corrupt\":true}]}", ERR_NONE },
	{ "a changed byte always", "{\"rules\":[{\"corrupt\":true,\"times\":99}]}",
	  ERR_DAMAGED },
	{ "no digest sent", "{\"digest_header\":false}", ERR_NONE },
	{ "cut off twice", "{\"rules\":[{\"reset\":20,\"times\":2}]}", ERR_NONE },
	{ "text/plain",
	  "{\"rules\":[{\"status\":200,\"body\":\"{\\\"manifests\\\":[]}\","
	  "\"headers\":{\"Content-Type\":\"text/plain\"}}]}",
	  ERR_SOURCE },
	{ "a page of HTML once", "{\"rules\":[{\"status\":200,\"body\":\"<html>\"}]}",
	  ERR_NONE },
	{ "a page of HTML always",
	  "{\"rules\":[{\"status\":200,\"body\":\"<html>\",\"times\":99}]}",
	  ERR_DAMAGED },
	{ "nothing once", "{\"rules\":[{\"status\":200}]}", ERR_NONE },
	{ "a page of another kind",
	  "{\"rules\":[{\"status\":200,\"body\":\"{\\\"mediaType\\\":\\\"a/b\\\"}\"}]}",
	  ERR_SOURCE },
};

static void
resolving_survives_faults(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_platform struct platform host = PLATFORM_INIT;
	auto_error struct error first = ERROR_INIT;
	auto_blob struct blob b = { 0 };

	(void)state;
	server_set("{}");
	blob_make(&b, 1000, 6);
	platform_host(&host);
	refer(&ref, faulty.port, "faults/resolve:1");
	assert_done(push_image(reg, &ref, &b, &first), &first);
	for (size_t i = 0; i < sizeof resolves / sizeof *resolves; i++) {
		auto_resolved struct resolved r = { 0 };
		auto_error struct error err = ERROR_INIT;
		int rc;

		server_set(resolves[i].settings);
		rc = registry_resolve(reg, &ref, &host, &r, &err);
		if (err.code != resolves[i].code)
			fail_msg("%s: %s", resolves[i].name,
			         rc < 0 ? err.text : "succeeded");
	}
}

static void
an_index_leads_to_the_manifest_of_the_platform(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT, by_digest = REFERENCE_INIT;
	auto_platform struct platform arm = PLATFORM_INIT, amd = PLATFORM_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_resolved struct resolved r = { 0 }, none = { 0 };
	auto_blob struct blob b = { 0 };
	auto_index struct index ix = { .media_type = mem_copy(MEDIA_OCI_INDEX) };
	auto_free char *text = NULL, *name = NULL;
	struct descriptor *d;
	char digest[DIGEST_TEXT_MAX];

	(void)state;
	server_set("{}");
	blob_make(&b, 1000, 7);
	refer(&ref, faulty.port, "index:1");
	assert_done(push_image(reg, &ref, &b, &err), &err);
	d = array_add(&ix.manifests);
	assert_done(registry_head(reg, &ref, d, &err), &err);
	assert_int_equal(platform_parse(&arm, TEXT("linux/arm64"), &err), 0);
	assert_int_equal(platform_parse(&amd, TEXT("linux/amd64"), &err), 0);
	platform_copy(&d->platform, &arm);
	text = index_write(&ix, NULL);
	{
		struct digest sum = digest_of(text, strlen(text));

		assert_done(registry_push_manifest(reg, &ref, MEDIA_OCI_INDEX,
		                                   text_of(text), &sum, &err),
		            &err);
		name = mem_print("index@%s", digest_text(&sum, digest));
	}
	refer(&by_digest, faulty.port, name);
	assert_done(registry_resolve(reg, &by_digest, &arm, &r, &err), &err);
	assert_string_equal(r.root.media_type, MEDIA_OCI_INDEX);
	assert_string_equal(r.manifest.media_type, MEDIA_OCI_MANIFEST);
	assert_true(digest_equal(&r.manifest.digest, &d->digest));
	assert_string_equal(r.manifest.platform.arch, "arm64");
	assert_int_equal(registry_resolve(reg, &ref, &amd, &none, &err), -1);
	assert_non_null(strstr(err.text, "it has linux/arm64"));
}

static void
a_blob_of_another_size_is_refused(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_blob struct blob b = { 0 };
	auto_error struct error first = ERROR_INIT;
	enum push_outcome outcome;

	(void)state;
	server_set("{}");
	blob_make(&b, 100000, 8);
	refer(&ref, faulty.port, "size:1");
	assert_done(push(reg, &ref, &b, NULL, &outcome, &first), &first);
	for (int more = -1; more <= 1; more += 2) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;

		b.d.size = (uint64_t)(100000 + more);
		assert_int_equal(pull(reg, &ref, &b, &got, &err), -1);
		assert_int_equal(err.code, ERR_DAMAGED);
		assert_int_equal(got.n, 0);
	}
	b.d.size = 100000;
}

static int
refusing_sink(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)arg;
	(void)bytes;
	(void)n;
	return error_set(err, ERR_ENVIRONMENT, "the disk is full");
}

static void
a_fault_of_the_sink_ends_the_pull_as_it_is(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_blob struct blob b = { 0 };
	enum push_outcome outcome;

	(void)state;
	server_set("{}");
	blob_make(&b, 100000, 9);
	refer(&ref, faulty.port, "sink:1");
	assert_done(push(reg, &ref, &b, NULL, &outcome, &err), &err);
	assert_int_equal(registry_pull_blob(reg, &ref, &b.d, refusing_sink, buf_restart,
	                                    NULL, NULL, NULL, &err),
	                 -1);
	assert_int_equal(err.code, ERR_ENVIRONMENT);
	assert_string_equal(err.text, "the disk is full");
	assert_int_equal(server_requests("GET", "blobs"), 1);
}

static void
nothing_is_contacted_offline(void **state)
{
	auto_registry struct registry *reg =
	        session((struct registry_options){ .offline = true });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	server_set("{}");
	refer(&ref, faulty.port, "offline:1");
	assert_int_equal(registry_head(reg, &ref, &d, &err), -1);
	assert_non_null(strstr(err.text, "offline"));
	assert_int_equal(server_requests("", ""), 0);
}

static void
a_server_that_is_not_there_is_given_up_soon(void **state)
{
	auto_registry struct registry *reg = session((struct registry_options){ 0 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_error struct error err = ERROR_INIT;
	int64_t started = clock_monotonic_ns();

	(void)state;
	refer(&ref, free_port(), "nobody:1");
	assert_int_equal(registry_head(reg, &ref, &d, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	assert_non_null(strstr(err.text, "refused"));
	assert_non_null(strstr(err.hint, "is the registry running"));
	assert_true(clock_monotonic_ns() - started < 5000000000ll);
}

static void
a_server_that_never_answers_ends_the_program_all_the_same(void **state)
{
	auto_registry struct registry *reg =
	        session((struct registry_options){ .timeout_s = 1, .retries = 1 });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	server_set("{\"rules\":[{\"stall\":6,\"times\":99}]}");
	refer(&ref, faulty.port, "silent:1");
	assert_int_equal(registry_head(reg, &ref, &d, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
}

static void *
cancel_soon(void *arg)
{
	struct timespec pause = { .tv_nsec = 200000000 };

	nanosleep(&pause, NULL);
	cancel_trigger(arg);
	return NULL;
}

static void
cancelling_ends_a_transfer_at_once(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct cancel *cancel = cancel_new(&err);
	struct registry *reg = session((struct registry_options){ .cancel = cancel });
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor d = DESCRIPTOR_INIT;
	int64_t started = clock_monotonic_ns();
	pthread_t thread;

	(void)state;
	server_set("{\"rules\":[{\"stall\":3,\"times\":99}]}");
	refer(&ref, faulty.port, "silent:1");
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, cancel), 0);
	assert_int_equal(registry_head(reg, &ref, &d, &err), -1);
	assert_int_equal(err.code, ERR_CANCELLED);
	assert_true(clock_monotonic_ns() - started < 1500000000ll);
	pthread_join(thread, NULL);
	registry_free(reg);
	cancel_free(cancel);
}

static int
setup(void **state)
{
	(void)state;
	unsetenv("http_proxy");
	unsetenv("HTTP_PROXY");
	setenv("HOME", "/nonexistent", 1);
	event_set_sink(note_event, NULL);
	event_set_debug("http");
	return faulty_registry_start(&faulty, "{}", NULL, NULL) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	server_stop(&faulty);
	server_stop(&docker);
	buf_clear(&said);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_goes_to_docker_registry_and_back),
		cmocka_unit_test(a_blob_crosses_the_wire_once),
		cmocka_unit_test(a_mount_that_is_not_possible_becomes_an_upload),
		cmocka_unit_test(basic_authentication_works_with_docker_registry),
		cmocka_unit_test(pulls_survive_faults),
		cmocka_unit_test(pushes_survive_faults),
		cmocka_unit_test(the_size_that_fits_is_remembered_for_the_next_blob),
		cmocka_unit_test(a_large_upload_that_breaks_sends_almost_nothing_twice),
		cmocka_unit_test(resolving_survives_faults),
		cmocka_unit_test(an_index_leads_to_the_manifest_of_the_platform),
		cmocka_unit_test(a_blob_of_another_size_is_refused),
		cmocka_unit_test(a_fault_of_the_sink_ends_the_pull_as_it_is),
		cmocka_unit_test(nothing_is_contacted_offline),
		cmocka_unit_test(a_server_that_is_not_there_is_given_up_soon),
		cmocka_unit_test(
		        a_server_that_never_answers_ends_the_program_all_the_same),
		cmocka_unit_test(cancelling_ends_a_transfer_at_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
