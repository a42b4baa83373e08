#include "builder/ui/log_tail.h"

#include "base/base.h"

#define LINE_MAX_BYTES 4096

void
log_tail_add(struct log_tail *t, struct text line, int64_t time_ns)
{
	struct log_line *at = &t->lines[t->n % LOG_TAIL_LINES];

	line = text_first(line, line.n < LINE_MAX_BYTES ? line.n : LINE_MAX_BYTES);
	if (at->size <= line.n) {
		free(at->text);
		at->size = line.n + 1;
		at->text = mem_new(at->size);
	}
	memcpy(at->text, line.p, line.n);
	at->text[line.n] = '\0';
	at->time_ns = time_ns;
	t->n++;
}

size_t
log_tail_count(const struct log_tail *t)
{
	return t->n < LOG_TAIL_LINES ? t->n : LOG_TAIL_LINES;
}

const struct log_line *
log_tail_get(const struct log_tail *t, size_t i)
{
	size_t first = t->n < LOG_TAIL_LINES ? 0 : t->n % LOG_TAIL_LINES;

	return &t->lines[(first + i) % LOG_TAIL_LINES];
}

void
log_tail_clear(struct log_tail *t)
{
	for (size_t i = 0; i < LOG_TAIL_LINES; i++)
		free(t->lines[i].text);
	*t = (struct log_tail){ 0 };
}
