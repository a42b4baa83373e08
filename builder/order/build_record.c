#include "builder/order/build_record.h"

#include <string.h>

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "base/path.h"
#include "base/platform.h"
#include "builder/export/export.h"
#include "builder/order/layer_facts.h"
#include "builder/record/kept.h"
#include "builder/record/page.h"
#include "builder/record/trace.h"

/* Bytes of a Dockerfile that are kept. */
#define SOURCE_MAX ((size_t)256 << 10)

struct record *
build_record_start(const struct build_request *r)
{
	bool builds = r->call == CALL_BUILD && r->print_plan == PLAN_NOT_PRINTED &&
	              !r->dry_run;

	if (!builds || (!r->keeps_record && r->report == NULL && !trace_is_wanted()))
		return NULL;
	return record_start();
}

/* ------------------------------------------------------------ facts */

/* The first tag, the target, or the last part of the context's path. */
static struct text
name_of(const struct build_facts *f)
{
	const char *slash = NULL;

	if (f->request->tags.n > 0)
		return f->request->tags.at[0];
	if (f->request->target.n > 0)
		return f->request->target;
	slash = f->context == NULL ? NULL : strrchr(f->context, '/');
	if (slash != NULL && slash[1] != '\0')
		return text_of(slash + 1);
	return f->context == NULL ? TEXT("build") : text_of(f->context);
}

/* The values of build arguments may be secrets. */
static json_t *
names_of_args(const struct build_request *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->build_args.n; i++)
		json_array_append_new(list, jsonio_string(r->build_args.at[i].name));
	return list;
}

static json_t *
tags_of(const struct build_request *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->tags.n; i++)
		json_array_append_new(list, jsonio_string(r->tags.at[i]));
	return list;
}

static json_t *
platforms_of(const struct build_facts *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->n_platforms; i++) {
		auto_free char *platform = platform_print(&f->platforms[i]);

		json_array_append_new(list, jsonio_string(text_of(platform)));
	}
	return list;
}

static void
tell_outcome(struct record *r, const struct build_outcome *out)
{
	char text[DIGEST_TEXT_MAX];

	if (digest_known(&out->image_id))
		record_set(r, "imageId", json_string(digest_text(&out->image_id, text)));
	if (digest_known(&out->root.digest))
		record_set(r, "digest",
		           json_string(digest_text(&out->root.digest, text)));
}

static json_t *
masked(const char *text)
{
	auto_buf struct buf b = BUF_INIT;

	return jsonio_string(event_masked(text_of(text), &b));
}

static void
tell_error(struct record *r, const struct error *error)
{
	json_t *json = NULL;

	if (error->code == ERR_NONE)
		return;
	json = json_object();
	jsonio_set(json, "text", masked(error->text == NULL ? "unknown" : error->text));
	if (error->hint != NULL)
		jsonio_set(json, "hint", masked(error->hint));
	if (error->file != NULL)
		jsonio_set(json, "file", jsonio_string(text_of(error->file)));
	if (error->n_at > 0 && error->at[0].line > 0) {
		int last = error->at[0].last;

		jsonio_set(json, "line", json_integer(error->at[0].line));
		jsonio_set(json, "last",
		           json_integer(last > error->at[0].line ? last
		                                                 : error->at[0].line));
	}
	record_set(r, "error", json);
}

static void
tell_facts(struct record *r, const struct build_facts *f)
{
	record_set_text(r, "name", name_of(f));
	record_set_text(r, "context", text_of(f->context));
	record_set_text(r, "dockerfile", text_of(f->dockerfile));
	if (f->request->target.n > 0)
		record_set_text(r, "target", f->request->target);
	record_set(r, "platforms", platforms_of(f));
	record_set(r, "tags", tags_of(f->request));
	record_set(r, "buildArgs", names_of_args(f->request));
	if (trace_parent() != NULL)
		record_set_text(r, "traceParent", text_of(trace_parent()));
	tell_outcome(r, f->outcome);
	tell_error(r, f->error);
	if (f->source.n > 0)
		record_set_text(r, "source",
		                text_first(f->source, f->source.n < SOURCE_MAX
		                                              ? f->source.n
		                                              : SOURCE_MAX));
	if (f->n_images > 0 && f->error->code == ERR_NONE)
		record_set(r, "images",
		           layer_facts_images(f->images, f->n_images,
		                              f->request->report != NULL));
}

/* ------------------------------------------------------------ where it goes */

static int
write_report(const struct build_request *r, const json_t *document, struct error *err)
{
	auto_buf struct buf b = BUF_INIT;
	bool is_page = false;

	if (record_form("--report", r->report_path, &is_page, err) < 0)
		return -1;
	if (is_page) {
		record_page(&b, document);
	} else {
		auto_free char *text = jsonio_print_pretty(document);

		buf_print(&b, "%s\n", text);
	}
	return destination_put(r->report, buf_text(&b), err);
}

static const char *
status_of(const struct error *error)
{
	return error->code == ERR_NONE        ? "done"
	       : error->code == ERR_CANCELLED ? "cancelled"
	                                      : "failed";
}

int
build_record_end(struct record *r, const struct build_facts *f, struct error *err)
{
	auto_error struct error ignored = ERROR_INIT, report = ERROR_INIT;
	auto_json json_t *document = NULL;
	int failed = 0;

	if (r == NULL)
		return 0;
	tell_facts(r, f);
	document = record_end(r, status_of(f->error));
	record_free(r);
	if (f->request->keeps_record && f->store != NULL &&
	    kept_write(f->store, document, &ignored) < 0 && f->error->code == ERR_NONE)
		event_warn_error(0, &ignored, "the build is not recorded");
	if (f->request->report != NULL)
		failed = write_report(f->request, document, &report);
	if (!f->request->offline)
		trace_send(document);
	if (failed == 0)
		return 0;
	if (f->error->code == ERR_NONE)
		error_move(err, &report);
	else
		event_warn_error(0, &report, "no report");
	return -1;
}
