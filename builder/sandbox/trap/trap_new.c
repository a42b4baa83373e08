#include "builder/sandbox/trap/trap_new.h"

#include <string.h>

#include "builder/sandbox/inside/owner_note.h"
#include "builder/sandbox/inside/sys.h"
#include "layers/owner_marks.h"

void
trap_new(const struct trap_call *c, int parent_fd, mode_t mode, struct trap_new *out)
{
	const struct credentials *who = trap_who(c);
	struct stat parent;

	*out = (struct trap_new){ 0 };
	out->image.st_uid = who->uid[ROLE_FILES];
	out->image.st_gid = who->gid[ROLE_FILES];
	out->image.st_mode = S_ISLNK(mode) ? mode : mode & ~(mode_t)(who->mask & 0777);
	if (sys_fstat(parent_fd, &parent) == 0) {
		owner_note_of_fd(parent_fd, &parent);
		if ((parent.st_mode & S_ISGID) != 0) {
			out->image.st_gid = parent.st_gid;
			if (S_ISDIR(mode))
				out->image.st_mode |= S_ISGID;
		}
	}
	out->disk = layer_mark_disk_mode(out->image.st_mode) & 07777;
}

int
trap_new_note(const struct trap_new *new, int fd)
{
	return owner_note_new_fd(fd, &new->image);
}

int
trap_new_note_at(const struct trap_new *new, int parent_fd, const char *name)
{
	char bare[NAME_MAX + 1];
	const size_t n = strcspn(name, "/");
	int fd = -1, result = -1;

	if (new->image.st_uid == 0 && new->image.st_gid == 0 &&
	    new->image.st_mode == ((new->image.st_mode & S_IFMT) | new->disk))
		return 0;
	if (n > NAME_MAX)
		return -1;
	/* With its slash, a link that has come meanwhile would be followed. */
	memcpy(bare, name, n);
	bare[n] = '\0';
	fd = sys_openat(parent_fd, bare, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return -1;
	result = trap_new_note(new, fd);
	sys_close(fd);
	return result;
}
