/*
 * base: the tool box that parser, layers, registry and builder share. It
 * knows nothing of images being built. Headers are included one by one; this
 * one is the table of contents and brings the five that every file needs.
 *
 *	error    what went wrong, handed up     digest      content addresses
 *	own      auto_* attributes and take()   descriptor  OCI descriptors, media types
 *	mem      allocation, arenas             platform    os/arch/variant
 *	text     views and byte strings         jsonio      typed JSON
 *	array    typed growing arrays           file, path  files, texts of paths
 *	map      bytes → pointer                inroot      opening below a root only
 *	number   strict number parsing          process     helper programs
 *	draft    files named when complete      job, cancel worker pool, stop token
 *	clock    time, RFC 3339
 *	suggest  "did you mean"                 event       progress and log, sideways
 *	csv      lists of attributes            base64      RFC 4648
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "base/array.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/text.h"

#endif
