#include "base/link_walk.h"

#include "base/base.h"
#include "base/path.h"

void
link_walk_start(struct link_walk *w, struct text top, struct text path)
{
	*w = (struct link_walk){ .top = top.n, .own = path.n };
	buf_add_text(&w->done, top);
	buf_add_text(&w->rest, path);
	w->left = buf_text(&w->rest);
}

void
link_walk_clear(struct link_walk *w)
{
	buf_clear(&w->done);
	buf_clear(&w->rest);
}

static void
step_up(struct link_walk *w)
{
	size_t n = path_dir(buf_text(&w->done)).n;

	buf_truncate(&w->done, n > w->top ? n : w->top);
}

bool
link_walk_next(struct link_walk *w, struct text *name)
{
	while (path_next(&w->left, name)) {
		if (text_is(*name, "."))
			continue;
		if (text_is(*name, "..")) {
			step_up(w);
			continue;
		}
		if (w->done.n > 0)
			buf_add_char(&w->done, '/');
		buf_add_text(&w->done, *name);
		return true;
	}
	return false;
}

bool
link_walk_follow(struct link_walk *w, struct text target)
{
	struct buf next = BUF_INIT;

	if (w->links == LINK_WALK_MAX)
		return false;
	w->links++;
	if (w->left.n < w->own)
		w->own = w->left.n;
	buf_add_text(&next, target);
	buf_add_char(&next, '/');
	buf_add_text(&next, w->left);
	if (target.p[0] == '/')
		buf_truncate(&w->done, w->top);
	else
		step_up(w);
	buf_clear(&w->rest);
	w->rest = next;
	w->left = buf_text(&w->rest);
	return true;
}

bool
link_walk_is_in_link(const struct link_walk *w)
{
	return w->links > 0 && w->left.n >= w->own;
}
