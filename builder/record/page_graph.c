#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/record/page_parts.h"

/* More would be a wall, not a picture. */
#define NODES_MAX 300

enum {
	NODE_W = 148,
	NODE_H = 38,
	GAP_X = 34,
	GAP_Y = 10,
	LANE_TOP = 18,
	MARGIN = 2,
	LABEL_BYTES = 20,
	LEAST_PERCENT = 65, /* of its size, before it scrolls */
};

struct node {
	const json_t *step;
	int depth; /* column: steps of the longest way to it */
	int lane, row;
};

/* The steps of one stage and platform. */
struct lane {
	const char *stage, *platform;
	int rows, top;
	ARRAY(int) filled; /* of each column: rows with a node */
};

struct graph {
	ARRAY(struct node) nodes;
	ARRAY(struct lane) lanes;
	int columns;
};

static struct node *
node_of(struct graph *g, json_int_t id)
{
	for (size_t i = 0; i < g->nodes.n; i++)
		if (json_integer_value(json_object_get(g->nodes.at[i].step, "id")) == id)
			return &g->nodes.at[i];
	return NULL;
}

static int
lane_of(struct graph *g, const json_t *step)
{
	const char *stage = jsonio_text(step, "stage");
	const char *platform = jsonio_text(step, "platform");
	struct lane *lane = NULL;

	for (size_t i = 0; i < g->lanes.n; i++)
		if (strcmp(g->lanes.at[i].stage, stage) == 0 &&
		    strcmp(g->lanes.at[i].platform, platform) == 0)
			return (int)i;
	lane = array_add(&g->lanes);
	lane->stage = stage;
	lane->platform = platform;
	return (int)g->lanes.n - 1;
}

static void
place(struct graph *g, const json_t *step)
{
	const json_t *inputs = json_object_get(step, "inputs");
	struct node node = { .step = step, .lane = lane_of(g, step) };
	struct lane *lane = &g->lanes.at[node.lane];

	for (size_t i = 0; i < json_array_size(inputs); i++) {
		json_int_t id = json_integer_value(json_array_get(inputs, i));
		const struct node *before = node_of(g, id);

		if (before != NULL && before->depth >= node.depth)
			node.depth = before->depth + 1;
	}
	while (lane->filled.n <= (size_t)node.depth)
		array_push(&lane->filled, 0);
	node.row = lane->filled.at[node.depth]++;
	if (node.row >= lane->rows)
		lane->rows = node.row + 1;
	if (node.depth >= g->columns)
		g->columns = node.depth + 1;
	array_push(&g->nodes, node);
}

static int
x_of(const struct node *n)
{
	return MARGIN + n->depth * (NODE_W + GAP_X);
}

static int
y_of(const struct graph *g, const struct node *n)
{
	return g->lanes.at[n->lane].top + LANE_TOP + n->row * (NODE_H + GAP_Y);
}

static void
draw_edges(struct buf *out, struct graph *g, const struct node *to)
{
	const json_t *inputs = json_object_get(to->step, "inputs");
	int x2 = x_of(to), y2 = y_of(g, to) + NODE_H / 2;

	for (size_t i = 0; i < json_array_size(inputs); i++) {
		json_int_t id = json_integer_value(json_array_get(inputs, i));
		const struct node *from = node_of(g, id);
		bool is_critical = false;
		int x1 = 0, y1 = 0;

		if (from == NULL)
			continue;
		is_critical = json_is_true(json_object_get(from->step, "critical")) &&
		              json_is_true(json_object_get(to->step, "critical"));
		x1 = x_of(from) + NODE_W;
		y1 = y_of(g, from) + NODE_H / 2;
		buf_print(out, "<path%s d=\"M%d %dC%d %d %d %d %d %d\"/>",
		          is_critical ? " class=\"crit\"" : "", x1, y1, x1 + GAP_X / 2,
		          y1, x2 - GAP_X / 2, y2, x2, y2);
	}
}

static void
draw_node(struct buf *out, const struct graph *g, const struct node *n)
{
	const char *command = jsonio_text(n->step, "command");
	const char *blank = NULL;
	int x = x_of(n), y = y_of(g, n);

	if (*command == '\0')
		command = jsonio_text(n->step, "name");
	blank = strchr(command, ' ');
	buf_print(out, "<g class=\"%s%s\"><title>", page_class(n->step),
	          json_is_true(json_object_get(n->step, "critical")) ? " crit" : "");
	page_add_short(out, jsonio_text(n->step, "name"), 200);
	buf_print(out,
	          "</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>"
	          "<text class=\"k\" x=\"%d\" y=\"%d\">",
	          x, y, NODE_W, NODE_H, x + 8, y + 15);
	page_add_short(out, jsonio_text(n->step, "kind"), LABEL_BYTES);
	if (page_number(n->step, "seconds") >= 0.05) {
		buf_add_str(out, " · ");
		page_add_seconds(out, page_number(n->step, "seconds"));
	}
	buf_print(out, "</text><text x=\"%d\" y=\"%d\">", x + 8, y + 30);
	page_add_short(out, blank != NULL ? blank + 1 : command, LABEL_BYTES);
	buf_add_str(out, "</text></g>");
}

static void
draw(struct buf *out, struct graph *g)
{
	int height = 0, width = g->columns * (NODE_W + GAP_X) - GAP_X + 2 * MARGIN;

	for (size_t i = 0; i < g->lanes.n; i++) {
		g->lanes.at[i].top = height;
		height += LANE_TOP + g->lanes.at[i].rows * (NODE_H + GAP_Y) + 6;
	}
	buf_print(out,
	          "<div class=\"card wide\"><svg viewBox=\"0 0 %d %d\" "
	          "style=\"width:100%%;min-width:%dpx;max-width:%dpx\" role=\"img\" "
	          "aria-label=\"steps and what they wait for\">",
	          width, height, width * LEAST_PERCENT / 100, width);
	for (size_t i = 0; i < g->nodes.n; i++)
		draw_edges(out, g, &g->nodes.at[i]);
	for (size_t i = 0; i < g->lanes.n; i++) {
		buf_print(out, "<text class=\"lane\" x=\"%d\" y=\"%d\">", MARGIN,
		          g->lanes.at[i].top + 12);
		page_add_short(out,
		               *g->lanes.at[i].stage == '\0' ? "sources"
		                                             : g->lanes.at[i].stage,
		               60);
		buf_add_str(out, "  ");
		page_add_short(out, g->lanes.at[i].platform, 60);
		buf_add_str(out, "</text>");
	}
	for (size_t i = 0; i < g->nodes.n; i++)
		draw_node(out, g, &g->nodes.at[i]);
	buf_add_str(out, "</svg></div>\n");
}

void
page_graph(struct buf *out, const json_t *document)
{
	const json_t *steps = json_object_get(document, "steps");
	struct graph g = { 0 };

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const char *kind = jsonio_text(step, "kind");

		if (strcmp(kind, "internal") != 0 && strcmp(kind, "export") != 0 &&
		    strcmp(kind, "other") != 0 && g.nodes.n < NODES_MAX)
			place(&g, step);
	}
	if (g.nodes.n > 0) {
		buf_add_str(out, "<h2>Steps and what they wait for</h2><p class=\"soft\">"
		                 "The thick way is the critical path: only a faster step "
		                 "on it makes the build faster.</p>");
		draw(out, &g);
	}
	for (size_t i = 0; i < g.lanes.n; i++)
		array_clear(&g.lanes.at[i].filled);
	array_clear(&g.lanes);
	array_clear(&g.nodes);
}
