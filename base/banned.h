/*
 * banned: functions nobody may call. Each becomes a compile error that says
 * what to use. Included by the compiler's command line in every file.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets atoi atol  \
        atoll

#endif
