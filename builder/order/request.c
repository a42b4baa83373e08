#include "builder/order/order.h"

#include "base/base.h"

void
build_request_clear(struct build_request *r)
{
	for (size_t i = 0; i < r->outputs.n; i++)
		output_clear(&r->outputs.at[i]);
	array_clear(&r->tags);
	array_clear(&r->build_args);
	array_clear(&r->labels);
	annotations_clear(&r->annotations);
	destination_drop(r->iid);
	destination_drop(r->metadata);
	destination_drop(r->digest);
	destination_drop(r->name);
	destination_drop(r->name_tag);
	destination_drop(r->report);
	array_clear(&r->results);
	array_clear(&r->contexts);
	array_clear(&r->hosts);
	array_clear(&r->secrets);
	array_clear(&r->agents);
	array_clear(&r->outputs);
	for (size_t i = 0; i < r->cache_from.n; i++)
		cache_place_clear(&r->cache_from.at[i]);
	for (size_t i = 0; i < r->cache_to.n; i++)
		cache_place_clear(&r->cache_to.at[i]);
	array_clear(&r->cache_from);
	array_clear(&r->cache_to);
	array_clear(&r->no_cache_stages);
	array_clear(&r->platforms);
	array_clear(&r->insecure_registries);
	array_clear(&r->limits.list);
	array_clear(&r->surroundings.volumes);
	array_clear(&r->surroundings.dns);
	array_clear(&r->surroundings.dns_search);
	array_clear(&r->surroundings.dns_options);
	array_clear(&r->surroundings.left_out);
	array_clear(&r->wishes.mirrors);
	array_clear(&r->wishes.maps);
	array_clear(&r->wishes.certs);
	array_clear(&r->env);
	array_clear(&r->unset_env);
	array_clear(&r->unset_labels);
}
