#include "parser/mount_types.h"

#define MOUNT_ROW(constant, type, ...)                                                   \
	[MOUNT_##constant] = { .name = #type, __VA_ARGS__ },
#define SHARING_NAME(constant, sharing) [SHARING_##constant] = #sharing,

const struct mount_row mount_rows[N_MOUNT_TYPES] = { MOUNT_TYPES(MOUNT_ROW) };
const char *const mount_sharings[N_MOUNT_SHARINGS] = { MOUNT_SHARINGS(SHARING_NAME) };
