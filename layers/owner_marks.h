/*
 * owner_marks: emulated owners of files, for users with a single id.
 */
#ifndef LAYERS_OWNER_MARKS_H
#define LAYERS_OWNER_MARKS_H

#include <endian.h>
#include <stdint.h>

/* In a user namespace with a single id, this attribute has the emulated owner of a file
 * or directory in a layer directory or an upper … */
#define LAYER_OWNER "user.cooper.owner"
struct layer_owner_mark {
	uint32_t uid, gid;
};

/* … and this one for links, pipes and sockets, which cannot have user attributes. The
 * kernel takes it as a file capability, which has no effect on them. Overlayfs copies
 * both up. Marks count only if the file UPPER ".owners" exists.
 */
#define LAYER_OWNER_SPECIAL  "security.capability"
#define LAYER_OWNER_REVISION htole32(0x02000000)
#define LAYER_OWNER_SIGN     UINT32_C(0x6e776f63)
struct layer_owner_special {
	uint32_t revision, uid, gid, sign, unused;
};

#endif
