/*
 * base: the tools that parser, layers, registry and builder share. It knows
 * nothing about images. Files include its headers one by one. This header is
 * the table of contents and includes the five that every file needs.
 *
 *	error    errors, passed up to main      digest      content addresses
 *	own      auto_* attributes and take()   descriptor  OCI descriptors, media types
 *	mem      allocation, arenas             platform    os/arch/variant
 *	text     views and byte strings         jsonio      typed JSON
 *	array    typed growing arrays           file, path  files, texts of paths
 *	map      bytes → pointer                inroot      opening below a root only
 *	number   strict number parsing          process     helper programs
 *	draft    files named when complete      job, cancel worker pool, stop token
 *	clock    time, RFC 3339                 listing     the names in a directory
 *	suggest  "did you mean"                 event       progress and logs, for the ui
 *	csv      lists of attributes            base64      RFC 4648
 *	link_walk  paths through symbolic links that the caller looks up
 *	name_hint  what is wrong with a name
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "base/array.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/text.h"

#endif
