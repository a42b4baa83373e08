#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/record/page_parts.h"

/* Tiles that are smaller get no text. */
#define LABEL_SHARE 0.02

struct tile {
	const json_t *layer;
	double bytes;
};

struct tiles {
	ARRAY(struct tile) list;
	double bytes;
};

struct area {
	double x, y, w, h; /* percent */
};

static int
compare_tiles(const void *a, const void *b)
{
	const struct tile *left = a, *right = b;

	return left->bytes < right->bytes ? 1 : left->bytes > right->bytes ? -1 : 0;
}

static void
draw_tile(struct buf *out, const struct tile *t, const struct area *at, double share)
{
	double wasted = t->bytes > 0 ? page_number(t->layer, "wasted") / t->bytes : 0;

	buf_print(out,
	          "<div%s style=\"left:%.2f%%;top:%.2f%%;width:%.2f%%;height:%.2f%%\" "
	          "title=\"",
	          json_is_true(json_object_get(t->layer, "base")) ? " class=\"base\""
	                                                          : "",
	          at->x, at->y, at->w, at->h);
	page_add_short(out, jsonio_text(t->layer, "createdBy"), 300);
	buf_add_str(out, "\">");
	if (wasted > 0.001)
		buf_print(out, "<i style=\"height:%.1f%%\"></i>",
		          wasted > 1 ? 100 : 100 * wasted);
	if (share >= LABEL_SHARE) {
		buf_add_str(out, "<b>");
		page_add_bytes(out, t->bytes);
		buf_add_str(out, "</b> ");
		page_add_short(out, jsonio_text(t->layer, "createdBy"), 80);
	}
	buf_add_str(out, "</div>");
}

/* Halves the tiles by size, and the area along its longer side. */
static void
draw_tiles(struct buf *out, const struct tile *tiles, size_t n, double bytes,
           struct area at, double all)
{
	bool is_wide = at.w * 2.2 >= at.h;
	struct area rest = at;
	double part = 0;
	size_t k = 0;

	if (n == 1) {
		draw_tile(out, tiles, &at, tiles->bytes / all);
		return;
	}
	while (k < n - 1 && (k == 0 || part + tiles[k].bytes / 2 < bytes / 2))
		part += tiles[k++].bytes;
	if (is_wide) {
		at.w *= part / bytes;
		rest.x += at.w;
		rest.w -= at.w;
	} else {
		at.h *= part / bytes;
		rest.y += at.h;
		rest.h -= at.h;
	}
	draw_tiles(out, tiles, k, part, at, all);
	draw_tiles(out, tiles + k, n - k, bytes - part, rest, all);
}

static void
add_table(struct buf *out, const json_t *layers)
{
	buf_add_str(
	        out,
	        "<table><tr><th>layer<th class=\"r\">size<th class=\"r\">wasted</tr>");
	for (size_t i = 0; i < json_array_size(layers); i++) {
		const json_t *layer = json_array_get(layers, i);

		buf_add_str(out, "<tr><td>");
		page_add_short(out, jsonio_text(layer, "createdBy"), 160);
		if (json_is_true(json_object_get(layer, "base")))
			buf_add_str(out, " <span class=\"soft\">of the base</span>");
		buf_add_str(out, "<td class=\"r\">");
		page_add_bytes(out, page_number(layer, "bytes"));
		buf_add_str(out, "<td class=\"r\">");
		if (page_number(layer, "wasted") > 0)
			page_add_bytes(out, page_number(layer, "wasted"));
		buf_add_str(out, "</tr>");
	}
	buf_add_str(out, "</table>");
}

static void
add_image(struct buf *out, const json_t *image)
{
	const json_t *layers = json_object_get(image, "layers");
	struct tiles tiles = { 0 };
	double wasted = 0;

	for (size_t i = 0; i < json_array_size(layers); i++) {
		const json_t *layer = json_array_get(layers, i);
		double bytes = page_number(layer, "bytes");

		wasted += page_number(layer, "wasted");
		tiles.bytes += bytes;
		if (bytes > 0)
			array_push(&tiles.list, ((struct tile){ layer, bytes }));
	}
	array_sort(&tiles.list, compare_tiles);
	buf_add_str(out, "<p><b>");
	page_add_short(out, jsonio_text(image, "platform"), 60);
	buf_add_str(out, "</b> <span class=\"soft\">");
	page_add_bytes(out, tiles.bytes);
	buf_print(out, " in %zu layers", json_array_size(layers));
	if (wasted > 0) {
		buf_add_str(out, ", wasted: ");
		page_add_bytes(out, wasted);
	}
	buf_add_str(out, "</span></p><div class=\"card\">");
	if (tiles.list.n > 0) {
		buf_add_str(out, "<div class=\"m\">");
		draw_tiles(out, tiles.list.at, tiles.list.n, tiles.bytes,
		           (struct area){ 0, 0, 100, 100 }, tiles.bytes);
		buf_add_str(out, "</div>");
	}
	add_table(out, layers);
	buf_add_str(out, "</div>\n");
	array_clear(&tiles.list);
}

void
page_layers(struct buf *out, const json_t *document)
{
	const json_t *images = json_object_get(document, "images");

	if (json_array_size(images) == 0)
		return;
	buf_add_str(out,
	            "<h2>Layers</h2><p class=\"soft\">Grey layers are those of the base. "
	            "Hatched are bytes that a later layer replaces or removes.</p>");
	for (size_t i = 0; i < json_array_size(images); i++)
		add_image(out, json_array_get(images, i));
}
