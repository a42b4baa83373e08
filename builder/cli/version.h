/*
 * version: the version of the program, and of everything in it that affects digests.
 */
#ifndef BUILDER_CLI_VERSION_H
#define BUILDER_CLI_VERSION_H

#define COOPER_VERSION "0.1.0"
#define OUTPUT_PROFILE 1 /* docs/output-profile.md */

#endif
