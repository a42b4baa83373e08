/*
 * emulator: programs of other architectures, run by the emulators of package
 * qemu-user-static. They are registered only in our own user namespace, which
 * Linux 6.7 and newer allow to its root; the machine does not change.
 */
#ifndef BUILDER_MACHINE_EMULATOR_H
#define BUILDER_MACHINE_EMULATOR_H

#include <stdbool.h>

/* True if programs of ARCH ("arm64") do not run here, but an installed emulator could run
 * them. If none is installed, sets *WHY (caller frees). */
bool emulator_is_wanted(const char *arch, char **why);

/* Registers ARCH's emulator. -1 with errno. */
int emulator_register(const char *arch);

#endif
