#include "builder/sandbox/unreaped.h"

#include <errno.h>
#include <sys/wait.h>

void
unreaped_init(struct unreaped *l)
{
	pthread_mutex_init(&l->lock, NULL);
}

/* Under the lock: takes out those that have ended. */
static void
reap(struct unreaped *l, int options)
{
	size_t n = 0;

	for (size_t i = 0; i < l->pids.n; i++) {
		pid_t ended = 0;

		do
			ended = waitpid(l->pids.at[i], NULL, options | __WALL);
		while (ended < 0 && errno == EINTR);
		if (ended == 0)
			l->pids.at[n++] = l->pids.at[i];
	}
	l->pids.n = n;
}

void
unreaped_add(struct unreaped *l, pid_t pid)
{
	pthread_mutex_lock(&l->lock);
	reap(l, WNOHANG);
	array_push(&l->pids, pid);
	pthread_mutex_unlock(&l->lock);
}

void
unreaped_clear(struct unreaped *l)
{
	pthread_mutex_lock(&l->lock);
	reap(l, 0);
	array_clear(&l->pids);
	pthread_mutex_unlock(&l->lock);
	pthread_mutex_destroy(&l->lock);
}
