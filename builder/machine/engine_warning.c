/*
 * What users are told of the engine of their build: nothing if it is the usual one, or
 * the one that they asked for.
 */
#include <string.h>

#include "base/event.h"
#include "builder/machine/doctor_advice.h"
#include "builder/machine/machine.h"
#include "builder/machine/userns.h"
#include "builder/sandbox/inside/confine.h"

static void
warn_of_trap(const char *reason)
{
	struct doctor_scene scene;

	doctor_scene_look(&scene);
	scene.failed[DOCTOR_USER] = strncmp(reason, USERNS_REFUSED,
	                                    strlen(USERNS_REFUSED)) == 0;
	event_warn(0,
	           "RUN uses engine \"trap\"%s, which is slower than others: %s; for a "
	           "faster one: %s",
	           confine_version() >= CONFINE_VERSION_MIN ? "" : " (without Landlock)",
	           reason, doctor_advice(DOCTOR_FASTER, &scene, 0));
}

void
machine_warn(enum isolation wanted, const char *mapping_why, const struct sandbox *sb,
             const char *why)
{
	const bool is_trap = sb != NULL && strcmp(sandbox_engine(sb), "trap") == 0;

	if (is_trap && wanted == ISOLATION_AUTO) {
		warn_of_trap(mapping_why != NULL ? mapping_why : why);
		return;
	}
	if (mapping_why != NULL)
		event_warn(0, "%s", mapping_why);
	if (why != NULL)
		event_warn(0, "%s", why);
}
