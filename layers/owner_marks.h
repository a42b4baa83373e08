/*
 * owner_marks: emulated owners of files, for users with a single id, and further facts
 * about files for users without any privilege.
 *
 *	                 single id in a user namespace   no privilege at all
 *	file, directory  LAYER_OWNER, 8 bytes            LAYER_OWNER, 8 or 20 bytes
 *	device           LAYER_OWNER_SPECIAL             an empty file; LAYER_OWNER, 20 bytes
 *	link, pipe       LAYER_OWNER_SPECIAL             time of access
 *	capability       security.capability             LAYER_CAPABILITY
 *
 * Marks count in a layer directory of such a user, and in an upper if the file UPPER
 * ".owners" exists. Whatever has no mark belongs to root there.
 */
#ifndef LAYERS_OWNER_MARKS_H
#define LAYERS_OWNER_MARKS_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The attribute with the emulated owner of a file or directory … */
#define LAYER_OWNER "user.cooper.owner"
struct layer_owner_mark {
	uint32_t uid, gid;
};

/* … which is longer if the disk has another mode or type than the image. The disk always
 * has u+rw (directories u+rwx), so that we can read everything, and no set-id bits. MODE
 * has S_IFMT and 07777 bits. */
struct layer_node_mark {
	struct layer_owner_mark owner;
	uint32_t mode, major, minor;
};

/* The value of security.capability that we may not set. */
#define LAYER_CAPABILITY "user.cooper.capability"

/* Links, pipes and sockets cannot have user attributes. In a user namespace the kernel
 * takes this one as a file capability, which has no effect on them. Overlayfs copies it
 * up, like LAYER_OWNER. */
#define LAYER_OWNER_SPECIAL  "security.capability"
#define LAYER_OWNER_REVISION htole32(0x02000000)
#define LAYER_OWNER_SIGN     UINT32_C(0x6e776f63)
struct layer_owner_special {
	uint32_t revision, uid, gid, sign, unused;
};

/* Without privilege, their owner is in the time of access: its seconds are this plus the
 * uid, its nanoseconds the gid, which must be less than 1e9. The time is far in the
 * future, so relatime does not change it. */
#define LAYER_OWNER_TIME    (INT64_C(1) << 33)
#define LAYER_OWNER_GID_MAX 999999999

/* ------------------------------------------------------------ without privilege
 *
 * IMAGE is a stat as in the image. These functions make no system call.
 */

static inline bool
layer_mark_is_attribute(mode_t mode)
{
	return !S_ISLNK(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode);
}

/* Type and bits that the disk gets for MODE, which has both. */
static inline mode_t
layer_mark_disk_mode(mode_t mode)
{
	if (S_ISDIR(mode))
		return (mode & ~(mode_t)06000) | 0700;
	if (S_ISREG(mode))
		return (mode & ~(mode_t)06000) | 0600;
	return S_ISCHR(mode) || S_ISBLK(mode) ? S_IFREG | 0600 : mode;
}

/* Fills in OUT, the value of LAYER_OWNER. Returns its size, 0 if none is needed. */
static inline size_t
layer_mark_of(const struct stat *image, struct layer_node_mark *out)
{
	*out = (struct layer_node_mark){ .owner = { image->st_uid, image->st_gid },
		                         .mode = image->st_mode,
		                         .major = major(image->st_rdev),
		                         .minor = minor(image->st_rdev) };
	if (layer_mark_disk_mode(image->st_mode) != image->st_mode)
		return sizeof *out;
	return image->st_uid == 0 && image->st_gid == 0 ? 0 : sizeof out->owner;
}

/* Changes ST, as it is on the disk, to what MARK of SIZE bytes says. Other sizes are no
 * mark: then the owner is root. */
static inline void
layer_mark_apply(const struct layer_node_mark *mark, long size, struct stat *st)
{
	const bool is_node = size == (long)sizeof *mark;
	const bool is_mark = is_node || size == (long)sizeof mark->owner;

	st->st_uid = is_mark ? mark->owner.uid : 0;
	st->st_gid = is_mark ? mark->owner.gid : 0;
	if (!is_node)
		return;
	st->st_mode = mark->mode;
	st->st_rdev = makedev(mark->major, mark->minor);
}

/* The same for a link, pipe or socket, whose ST has all there is. The time of access
 * becomes that of the modification. */
static inline void
layer_mark_apply_time(struct stat *st)
{
	const int64_t uid = st->st_atim.tv_sec - LAYER_OWNER_TIME;
	const bool is_mark = uid >= 0 && uid <= UINT32_MAX;

	st->st_uid = is_mark ? (uid_t)uid : 0;
	st->st_gid = is_mark ? (gid_t)st->st_atim.tv_nsec : 0;
	if (is_mark)
		st->st_atim = st->st_mtim;
}

/* The time of access for the owner. False if there is none for this gid. */
static inline bool
layer_mark_time_of(uint32_t uid, uint32_t gid, struct timespec *out)
{
	*out = (struct timespec){ .tv_sec = LAYER_OWNER_TIME + uid, .tv_nsec = gid };
	return gid <= LAYER_OWNER_GID_MAX;
}

#endif
