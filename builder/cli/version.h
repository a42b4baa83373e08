/*
 * version: the version of the program.
 */
#ifndef BUILDER_CLI_VERSION_H
#define BUILDER_CLI_VERSION_H

#define COOPER_VERSION "0.1.0"

#endif
