/*
 * owner_marks: owners of files where there is but one id.
 */
#ifndef LAYERS_OWNER_MARKS_H
#define LAYERS_OWNER_MARKS_H

#include <endian.h>
#include <stdint.h>

/* Owners in a user name space with a single id: what a file or directory in a layer
 * directory or an upper should belong to is in this attribute … */
#define LAYER_OWNER "user.cooper.owner"
struct layer_owner_mark {
	uint32_t uid, gid;
};

/* … and for links, pipes and sockets, which can have none of users, in this one: to the
 * kernel it is the capability of a program that is none. All copies of a file up from
 * lower layers have it, too. That a file UPPER ".owners" is there says that marks count.
 */
#define LAYER_OWNER_SPECIAL  "security.capability"
#define LAYER_OWNER_REVISION htole32(0x02000000)
#define LAYER_OWNER_SIGN     UINT32_C(0x6e776f63)
struct layer_owner_special {
	uint32_t revision, uid, gid, sign, unused;
};

#endif
