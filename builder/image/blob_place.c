#include "builder/image/blob_place.h"

#include "base/count.h"

static const struct {
	enum context_kind kind;
	const struct blob_place *place;
} places[] = {
	{ CONTEXT_IMAGE, &place_registry },
	{ CONTEXT_LAYOUT, &place_layout },
};

const struct blob_place *
blob_place_of(enum context_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (places[i].kind == kind)
			return places[i].place;
	return &place_registry;
}
