/*
 * registry_fixture: what the tests of registry share: a faulty registry, a
 * session with it, blobs of made-up bytes, and a record of all events.
 */
#ifndef TESTS_LIB_REGISTRY_FIXTURE_H
#define TESTS_LIB_REGISTRY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/event.h"
#include "registry/registry.h"
#include "tests/lib/loopback.h"

/* ------------------------------------------------------------ server */

static struct server faulty;

/* Everything back to normal, then SETTINGS. */
static inline void
server_set(const char *settings)
{
	server_post(&faulty, "/control",
	            "{\"auth\":null,\"anonymous_pull\":false,\"token_life\":300,"
	            "\"token_methods\":[\"GET\",\"POST\"],\"scope_401\":null,\"max_"
	            "body\":null,\"cut_body\":"
	            "null,\"ranges\":true,"
	            "\"resume\":true,\"forget\":false,\"patch\":true,\"chunk_min\":null,"
	            "\"location\":\"absolute\",\"mount\":true,\"redirect\":null,"
	            "\"digest_header\":true,\"rules\":[]}",
	            NULL);
	server_post(&faulty, "/control", settings, NULL);
	server_post(&faulty, "/count", "", NULL);
}

static inline json_t *
server_counts(void)
{
	auto_buf struct buf text = BUF_INIT;

	server_post(&faulty, "/control", "{}", &text);
	return json_loads(buf_str(&text), 0, NULL);
}

static inline long
server_count(const char *name)
{
	json_t *counts = server_counts();
	long n = (long)json_integer_value(json_object_get(counts, name));

	json_decref(counts);
	return n;
}

/* How many requests begin with METHOD and contain PART. */
static inline int
server_requests(const char *method, const char *part)
{
	json_t *counts = server_counts(), *line;
	int n = 0;
	size_t i;

	json_array_foreach(json_object_get(counts, "requests"), i, line)
	{
		const char *text = json_string_value(line);

		if (strncmp(text, method, strlen(method)) == 0 &&
		    strstr(text, part) != NULL)
			n++;
	}
	json_decref(counts);
	return n;
}

/* ------------------------------------------------------------ events */

static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;
static struct buf said;

static inline void
note_event(void *arg, const struct event *e)
{
	(void)arg;
	pthread_mutex_lock(&said_lock);
	buf_add_text(&said, e->text);
	buf_add_char(&said, '\n');
	pthread_mutex_unlock(&said_lock);
}

/* ------------------------------------------------------------ blobs */

struct blob {
	struct descriptor d;
	char *bytes;
};

/* SIZE bytes that depend on SEED and repeat nowhere near. */
static inline void
blob_make(struct blob *b, size_t size, uint32_t seed)
{
	b->bytes = mem_new(size + 1);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		b->bytes[i] = (char)(seed >> 24);
	}
	b->d = (struct descriptor){ .media_type = mem_copy(MEDIA_OCI_LAYER),
		                    .digest = digest_of(b->bytes, size),
		                    .size = size };
}

static inline void
blob_clear(struct blob *b)
{
	descriptor_clear(&b->d);
	free(b->bytes);
}
#define auto_blob __attribute__((cleanup(blob_clear)))

static inline ssize_t
blob_source(void *arg, uint64_t offset, void *bytes, size_t n, struct error *err)
{
	const struct blob *b = arg;

	(void)err;
	if (n > b->d.size - offset)
		n = (size_t)(b->d.size - offset);
	memcpy(bytes, b->bytes + offset, n);
	return (ssize_t)n;
}

static inline int
buf_sink(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(arg, bytes, n);
	return 0;
}

static inline int
buf_restart(void *arg, struct error *err)
{
	(void)err;
	buf_truncate(arg, 0);
	return 0;
}

/* ------------------------------------------------------------ session */

static inline void
own_registry(struct registry **reg)
{
	registry_free(*reg);
	*reg = NULL;
}
#define auto_registry __attribute__((cleanup(own_registry)))

static inline struct registry *
session(struct registry_options options)
{
	return registry_new(&options);
}

/* "localhost:PORT/NAME" as a reference. */
static inline void
refer(struct reference *ref, int port, const char *name)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *text = mem_print("localhost:%d/%s", port, name);

	assert_int_equal(reference_parse(ref, text_of(text), &err), 0);
}

static inline int
push(struct registry *reg, const struct reference *ref, struct blob *b, const char *mount,
     enum push_outcome *outcome, struct error *err)
{
	return registry_push_blob(reg, ref, &b->d, mount, false, blob_source, b, NULL,
	                          NULL, outcome, err);
}

static inline int
pull(struct registry *reg, const struct reference *ref, const struct blob *b,
     struct buf *out, struct error *err)
{
	return registry_pull_blob(reg, ref, &b->d, buf_sink, buf_restart, out, NULL, NULL,
	                          err);
}

/* Fails the test with the error's text unless RC is 0. */
#define assert_done(rc, err)                                                             \
	do {                                                                             \
		if ((rc) != 0)                                                           \
			fail_msg("%s", (err)->text);                                     \
	} while (0)

/* A manifest with B as config and only layer, put under REF. */
static inline int
push_image(struct registry *reg, const struct reference *ref, struct blob *b,
           struct error *err)
{
	struct manifest m = { .media_type = (char *)(uintptr_t)MEDIA_OCI_MANIFEST,
		              .config = b->d };
	enum push_outcome outcome;
	struct digest digest;
	char *text;
	int rc;

	array_push(&m.layers, b->d);
	text = manifest_write(&m, NULL);
	digest = digest_of(text, strlen(text));
	rc = push(reg, ref, b, NULL, &outcome, err);
	if (rc == 0)
		rc = registry_push_manifest(reg, ref, MEDIA_OCI_MANIFEST, text_of(text),
		                            &digest, err);
	array_clear(&m.layers);
	free(text);
	return rc;
}

#endif
