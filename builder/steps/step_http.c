#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/redact.h"
#include "builder/steps/internal.h"
#include "builder/steps/source_auth.h"
#include "layers/archive.h"
#include "layers/blob.h"
#include "layers/changes.h"
#include "layers/content.h"
#include "layers/layer.h"
#include "layers/store.h"
#include "layers/tree.h"
#include "parser/step.h"

#define REMEMBERED_MAX ((size_t)64 << 10)
#define DEFAULT_MODE   0600

/* What is known of a URL from an earlier download: contexts/http-<hash of URL>, whoever
 * asked for it. */
struct remembered {
	char *etag;
	struct digest digest; /* of the blob in the store */
	int64_t last_modified_s;
};

static void
remembered_clear(struct remembered *r)
{
	free(r->etag);
	r->etag = NULL;
}
#define auto_remembered __attribute__((cleanup(remembered_clear)))

static char *
remembered_name(struct text url)
{
	auto_buf struct buf shown = BUF_INIT;
	struct digest d;
	char hex[DIGEST_HEX_MAX];

	buf_add_redacted(&shown, url);
	d = digest_of(shown.p, shown.n);
	return mem_print("contexts/http-%s", digest_hex(&d, hex));
}

static int
remembered_parse(const json_t *json, const char *name, struct remembered *out,
                 struct error *err)
{
	const char *etag = NULL, *digest = NULL, *modified = NULL;

	if (jsonio_str(json, "etag", &etag, name, err) <= 0 ||
	    jsonio_str(json, "digest", &digest, name, err) <= 0 ||
	    !digest_parse(&out->digest, text_of(digest)))
		return 0;
	if (jsonio_str(json, "lastModified", &modified, name, err) > 0)
		clock_parse_s(text_of(modified), &out->last_modified_s);
	out->etag = mem_copy(etag);
	return 1;
}

/* True if the file is in the store and can be asked about. Anything wrong with
 * what was remembered means that it is downloaded again. */
static bool
remembered_read(struct store *st, struct text url, struct remembered *out)
{
	auto_free char *name = remembered_name(url);
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *json = NULL;

	return jsonio_read(store_fd(st), name, REMEMBERED_MAX, &json, &ignored) > 0 &&
	       remembered_parse(json, name, out, &ignored) > 0 &&
	       blob_has(st, &out->digest, NULL);
}

static void
remembered_write(struct store *st, struct text url, const struct remembered *r)
{
	auto_free char *name = remembered_name(url);
	auto_free char *text = NULL;
	auto_json json_t *json = json_object();
	auto_error struct error err = ERROR_INIT;
	char digest[DIGEST_TEXT_MAX], modified[CLOCK_TEXT_MAX];

	jsonio_set(json, "etag", jsonio_string(text_of(r->etag)));
	jsonio_set(json, "digest", json_string(digest_text(&r->digest, digest)));
	if (r->last_modified_s != 0)
		jsonio_set(json, "lastModified",
		           json_string(clock_print_s(r->last_modified_s, modified)));
	text = jsonio_print(json);
	if (file_replace(store_fd(st), name, text, strlen(text), 0644, &err) < 0)
		event_warn_error(0, &err, "the download is not noted");
}

/* ------------------------------------------------------------ download */

/* Where the body goes: the store, and another hash if a checksum asks for it. */
struct body {
	struct part *part;
	struct hasher *hasher; /* NULL: SHA-256, which the part does itself */
	enum digest_alg alg;
};

static void
body_clear(struct body *b)
{
	part_drop(b->part);
	hasher_free(b->hasher);
}

static int
body_write(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct body *b = arg;

	if (b->hasher != NULL)
		hasher_add(b->hasher, bytes, n);
	return part_write(b->part, bytes, n, err);
}

static int
body_restart(void *arg, struct error *err)
{
	struct body *b = arg;

	if (b->hasher != NULL) {
		enum digest_alg alg = b->alg;

		hasher_free(b->hasher);
		b->hasher = hasher_new(alg);
	}
	return part_restart(b->part, err);
}

static int
parse_checksum(struct text text, struct digest *out, struct error *err)
{
	ptrdiff_t colon = text_find(text, ':');
	struct text algorithm = text_first(text, colon < 0 ? 0 : (size_t)colon);

	*out = (struct digest){ 0 };
	if (text.p == NULL || digest_parse(out, text))
		return 0;
	if (colon > 0 && !text_is(algorithm, "sha256") && !text_is(algorithm, "sha384") &&
	    !text_is(algorithm, "sha512"))
		return error_set(err, ERR_DOCKERFILE, "unsupported digest algorithm");
	return error_set(err, ERR_DOCKERFILE, "invalid checksum digest format");
}

static int
check(const struct step_http *http, const struct digest *want, const struct digest *got,
      struct error *err)
{
	char a[DIGEST_TEXT_MAX], b[DIGEST_TEXT_MAX];

	if (!digest_known(want) || digest_equal(want, got))
		return 0;
	return error_set(err, ERR_DAMAGED, "digest mismatch for %.*s: %s (expected: %s)",
	                 TEXT_ARG(http->url), digest_text(got, a), digest_text(want, b));
}

static void
show_progress(void *arg, uint64_t done, uint64_t total)
{
	event_status(*(const int *)arg, "downloading", done, total,
	             total > 0 && done >= total);
}

/* Downloads, or finds that the copy in the store is still current. */
static int
fetch_once(const struct step_job *job, const struct digest *want, struct remembered *file,
           struct error *err)
{
	const struct step_http *http = &job->step->http;
	struct store *st = job->env->store;
	auto_source_auth struct source_auth auth = { 0 };
	auto_http_file struct http_file info = { 0 };
	bool other = digest_known(want) && want->alg != DIGEST_SHA256;
	__attribute__((cleanup(body_clear))) struct body body = {
		.part = part_new(st, err),
		.hasher = other ? hasher_new((enum digest_alg)want->alg) : NULL,
		.alg = (enum digest_alg)want->alg
	};
	/* Another hash can only be computed during a download. */
	bool ask = !other && remembered_read(st, http->url, file);
	int vertex = job->vertex;
	struct digest got;

	if (body.part == NULL || source_auth_http(http->url, job->env->secrets,
	                                          job->env->n_secrets, &auth, err) < 0)
		return -1;
	if (registry_fetch_url(job->env->registry, auth.url, auth.authorization,
	                       ask ? file->etag : NULL, body_write, body_restart, &body,
	                       show_progress, &vertex, &info, err) < 0)
		return -1;
	if (info.not_modified && ask)
		return check(http, want, &file->digest, err);
	if (other) {
		got = hasher_end(body.hasher);
		if (check(http, want, &got, err) < 0)
			return -1;
	}
	if (part_keep(take(body.part), NULL, &file->digest, err) < 0 ||
	    (!other && check(http, want, &file->digest, err) < 0))
		return -1;
	file->last_modified_s = info.last_modified_s;
	free(file->etag);
	file->etag = take(info.etag);
	if (file->etag != NULL)
		remembered_write(st, http->url, file);
	return 0;
}

/* A file with a wrong checksum may have been damaged on the way, so it is downloaded once
 * more. */
static int
fetch(const struct step_job *job, const struct digest *want, struct remembered *file,
      struct error *err)
{
	if (fetch_once(job, want, file, err) == 0)
		return 0;
	if (err->code != ERR_DAMAGED || job->env->offline)
		return -1;
	event_warn_error(job->vertex, err, "downloaded again");
	return fetch_once(job, want, file, err);
}

/* A file in the store with the requested digest needs no request. */
static bool
is_pinned(struct store *st, const struct step_http *http, const struct digest *want,
          struct remembered *file)
{
	auto_remembered struct remembered known = { 0 };

	if (!digest_known(want) || !remembered_read(st, http->url, &known) ||
	    !digest_equal(&known.digest, want))
		return false;
	*file = known;
	known.etag = NULL;
	return true;
}

/* ------------------------------------------------------------ step */

int
step_http_preimage(const struct step_job *job, bool content, struct preimage *out,
                   struct error *err)
{
	const struct step_http *http = &job->step->http;

	auto_buf struct buf url = BUF_INIT;

	(void)content;
	(void)err;
	buf_add_redacted(&url, http->url);
	preimage_add_str(out, "step", "http");
	preimage_add(out, "url", buf_text(&url));
	preimage_add(out, "name", http->name);
	if (http->checksum.p != NULL)
		preimage_add(out, "checksum", http->checksum);
	if (http->chmod.p != NULL)
		preimage_add(out, "chmod", http->chmod);
	return 0;
}

static struct layer *
one_file(const struct step_job *job, const struct remembered *file, struct error *err)
{
	const struct step_http *http = &job->step->http;
	char hex[DIGEST_HEX_MAX];
	auto_free char *path = mem_print("blobs/sha256/%s",
	                                 digest_hex(&file->digest, hex));
	struct entry entry = { .path = http->name,
		               .type = ENTRY_FILE,
		               .mode = DEFAULT_MODE };
	struct content content = { .kind = CONTENT_FILE,
		                   .dir_fd = store_fd(job->env->store),
		                   .path = text_of(path) };
	uint32_t mode = 0;

	if (!blob_has(job->env->store, &file->digest, &entry.size)) {
		error_set(err, ERR_INTERNAL, "%.*s: gone from the store",
		          TEXT_ARG(http->url));
		return NULL;
	}
	content.size = entry.size;
	/* Without Last-Modified, the time is 1970, so that the layer is the same next
	 * time. */
	entry.mtime = file->last_modified_s;
	if (http->chmod.p != NULL && number_octal(http->chmod, &mode))
		entry.mode = (uint16_t)(mode & 07777);
	return layer_of_files(&entry, 1, -1, &content);
}

/* *FILE is in the store then, and what is wanted. */
static int
get(const struct step_job *job, struct remembered *file, struct error *err)
{
	const struct step_http *http = &job->step->http;
	struct digest want;

	if (parse_checksum(http->checksum, &want, err) < 0)
		return -1;
	return is_pinned(job->env->store, http, &want, file)
	               ? 0
	               : fetch(job, &want, file, err);
}

int
step_http_execute(const struct step_job *job, struct result *out, struct error *err)
{
	auto_remembered struct remembered file = { 0 };

	if (get(job, &file, err) < 0)
		return -1;
	out->source = one_file(job, &file, err);
	if (out->source == NULL)
		return -1;
	out->content = file.digest;
	array_push(&out->layers, out->source);
	return 0;
}

/* FILE was removed, being damaged: it is fetched anew. */
static int
fetch_again(const struct step_job *job, const struct digest *digest, struct error *err)
{
	const struct step_http *http = &job->step->http;
	auto_remembered struct remembered file = { 0 };
	struct digest want;

	if (parse_checksum(http->checksum, &want, err) < 0 ||
	    fetch(job, &want, &file, err) < 0)
		return -1;
	if (digest_equal(&file.digest, digest))
		return 0;
	error_set(err, ERR_DAMAGED, "%.*s: damaged in the store, and another file by now",
	          TEXT_ARG(http->url));
	return error_hint(err, "build again: the new one is taken");
}

int
step_http_verify(const struct step_job *job, size_t input, struct error *err)
{
	struct step_job source = *job;
	const struct digest *digest = &job->inputs[input]->content;
	int sound = 0;

	source.step = &job->plan->steps.at[job->step->inputs.at[input]];
	if (source.step->kind != STEP_HTTP)
		return 0;
	sound = blob_check(job->env->store, digest, job->env->cancel, err);
	if (sound != 0)
		return sound < 0 ? -1 : 0;
	return fetch_again(&source, digest, err);
}

/* Of the files of the archive FD; -1 if it is none. */
static int
newest_in(const struct build_env *env, int fd, int64_t *newest, struct error *err)
{
	const struct archive_options options = { env->unpack_max, env->cancel };
	struct archive_index *archive = NULL;
	int found = archive_open(env->store, fd, &options, &archive, err);

	*newest = -1;
	for (size_t i = 0; found > 0 && i < archive_count(archive); i++) {
		struct change c;

		archive_get(archive, i, &c);
		if (c.entry.type == ENTRY_FILE && c.entry.mtime > *newest)
			*newest = c.entry.mtime;
	}
	archive_close(archive);
	return found < 0 ? -1 : 0;
}

int
step_http_time(const struct build_env *env, const struct step *step, int64_t *time,
               struct error *err)
{
	const struct step_job job = { .env = env, .step = step };
	auto_remembered struct remembered file = { 0 };
	auto_fd int fd = -1;

	if (get(&job, &file, err) < 0)
		return -1;
	*time = file.last_modified_s;
	if (file.last_modified_s != 0)
		return 0;
	fd = blob_open(env->store, &file.digest, err);
	return fd < 0 ? -1 : newest_in(env, fd, time, err);
}
