#include "builder/sandbox/trap/trap_queue.h"

static bool
has_room(struct trap *t, const struct trap_shape *shape)
{
	if (shape->answer == trap_exec)
		return redo_has_room(&t->redo) && exec_has_room(&t->exec);
	if (shape->answer == trap_chdir || shape->answer == trap_address ||
	    shape->answer == trap_message || shape->answer == trap_watch)
		return redo_has_room(&t->redo);
	return true;
}

bool
trap_queue_takes(const struct trap_call *c)
{
	struct trap_queue *q = &c->trap->queue;

	if (has_room(c->trap, c->shape) || q->n == TRAP_QUEUE_MAX)
		return false;
	q->at[(q->first + q->n++) % TRAP_QUEUE_MAX] = *c->asked;
	return true;
}

void
trap_queue_go_on(struct trap *t)
{
	struct trap_queue *q = &t->queue;

	while (q->n > 0) {
		struct notification next = q->at[q->first];

		/* Its caller may be gone. */
		if (notify_is_current(&next) && !has_room(t, t->shapes[next.number]))
			return;
		q->first = (q->first + 1) % TRAP_QUEUE_MAX;
		q->n--;
		if (notify_is_current(&next))
			trap_answer(t, &next);
	}
}
