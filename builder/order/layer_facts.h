/*
 * layer_facts: the layers of finished images for the record: what made them, how large
 * they are, and how much of them is of no use. Internal to order.
 */
#ifndef BUILDER_ORDER_LAYER_FACTS_H
#define BUILDER_ORDER_LAYER_FACTS_H

#include <jansson.h>
#include <stdbool.h>

#include "builder/image/image.h"

/* An element for each image. LOOKS: reads the indexes of layers that have one, to tell the
 * bytes that later layers replace or remove ("wasted"). */
json_t *layer_facts_images(const struct image *images, size_t n, bool looks);

#endif
