/*
 * parser: a Dockerfile's text → instructions → stages → a plan.
 *
 *	text ──dockerfile_parse──► struct dockerfile    typed instructions, by stage
 *	                                 │
 *	options, base configs ──plan_make──► struct plan   a DAG of steps, plain data,
 *	                                                   and one image per platform
 *
 * This is the overview. Each part has a header of its own; include it directly:
 *
 *	parser/dockerfile.h   text → instructions, by stage
 *	parser/plan.h         instructions and options → a DAG of steps; warnings
 *	parser/step.h         what a step is
 *	parser/mount_types.h  the types of RUN --mount
 *	parser/config.h       an image's configuration for running it
 *	parser/expand.h       variables in a word
 *	parser/pattern.h      wildcards
 *	parser/ignore.h       .dockerignore and --exclude
 *	parser/git_url.h      addresses of repositories
 *	parser/subrequests.h  outline, targets, describe, check: answers without a build
 *	parser/frame.h        the lines around a mistake
 *
 * All other headers of the folder are internal.
 *
 * The folder does no I/O: it reads the text it is given. It gets facts about base
 * images (environment, shell, triggers …) as plain data: plan_make() lists the images
 * that it lacks, the caller looks them up and calls it again, until nothing is missing
 * (ONBUILD triggers may name more images). It parses and matches a .dockerignore; the
 * code that scans the context applies it.
 *
 * The language is that of BuildKit's Dockerfile frontend: docs/dockerfile.md.
 *
 * Ownership: everything that a dockerfile or a plan points to is in its arena and is
 * freed with it. A plan borrows from its dockerfile and from the options, which must
 * outlive it. Both are immutable after they were made, so threads may share them. struct
 * text views are NUL-terminated only if a comment says so.
 */
#ifndef PARSER_PARSER_H
#define PARSER_PARSER_H
#endif
