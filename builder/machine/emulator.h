/*
 * emulator: programs of other architectures, run by the emulators of package
 * qemu-user-static. They are registered for our own user name space alone, which
 * Linux 6.7 and newer let its root do; the machine does not change.
 */
#ifndef BUILDER_MACHINE_EMULATOR_H
#define BUILDER_MACHINE_EMULATOR_H

#include <stdbool.h>

/* True if programs of ARCH ("arm64") do not run here, but would with an emulator that is
 * installed. *WHY (caller frees) is set if there is none. */
bool emulator_is_wanted(const char *arch, char **why);

/* Registers ARCH's emulator. -1 with errno. */
int emulator_register(const char *arch);

#endif
