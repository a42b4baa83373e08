#include "base/base.h"
#include "base/http/url.h"
#include "base/jsonio.h"
#include "registry/api.h"

#define PAGE_MAX  ((size_t)4 << 20)
#define PAGES_MAX 1000
#define TAGS_MAX  100000

static int
add_page(const struct http_response *response, struct tag_names *out, struct error *err)
{
	auto_json json_t *page = jsonio_parse(buf_text(&response->body), "list of tags",
	                                      err);
	json_t *tags = NULL;

	if (page == NULL || jsonio_array(page, "tags", &tags, "list of tags", err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *tag = json_string_value(json_array_get(tags, i));

		if (tag == NULL || out->list.n == TAGS_MAX)
			return error_set(
			        err, ERR_DAMAGED,
			        "list of tags: not a list of texts, or too long");
		array_push(&out->list, mem_copy(tag));
	}
	return 0;
}

int
registry_tags(struct registry *reg, const struct reference *ref, struct tag_names *out,
              struct error *err)
{
	auto_free char *where = mem_copy("/tags/list?n=1000");
	struct call call;

	if (call_init(&call, reg, ref->host, ref->repo, "pull", err) < 0)
		return -1;
	for (int page = 0; where != NULL; page++) {
		auto_response struct http_response response = HTTP_RESPONSE_INIT;
		struct http_request request = { .method = "GET", .body_max = PAGE_MAX };

		if (page == PAGES_MAX)
			return error_set(err, ERR_DAMAGED,
			                 "%s/%s: the list of tags does not end",
			                 ref->host, ref->repo);
		if (api_perform(&call, where, &request, &response, err) < 0)
			return -1;
		if (response.status != 200)
			return api_refuse(&call, " tags", &response, err);
		if (add_page(&response, out, err) < 0)
			return error_wrap(err, "%s/%s", ref->host, ref->repo);
		free(where);
		where = api_next_page(&response);
	}
	return 0;
}

void
tag_names_clear(struct tag_names *names)
{
	for (size_t i = 0; i < names->list.n; i++)
		free(names->list.at[i]);
	array_clear(&names->list);
}
