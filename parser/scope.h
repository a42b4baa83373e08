/*
 * scope: which variables are visible where.
 *
 *	before the first FROM   predefined arguments, then each ARG in order
 *	in FROM                 the same, all of them
 *	in a stage              its environment: the base's, ENV, ARG; global
 *	                        arguments only after "ARG NAME"
 *
 * A build argument replaces the default of any ARG of its name; the default is then not
 * expanded.
 */
#ifndef PARSER_SCOPE_H
#define PARSER_SCOPE_H

#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/planner.h"

/* Sorts the build arguments: predefined ones, proxies, settings. */
void scope_init(struct planner *p);

/* Processes the ARGs before the first FROM. */
int scope_globals(struct planner *p, struct error *err);

/* The variables in a word of FROM. */
struct mentioned {
	struct words set, unset; /* each name once */
};

/* Expands a word of FROM with VARS (p->globals, or their values without build
 * arguments). MENTIONED may be NULL. */
int scope_expand_from(struct planner *p, const struct variables *vars, struct text word,
                      struct text *out, struct mentioned *mentioned, struct error *err);
void mentioned_clear(struct mentioned *m);
#define auto_mentioned __attribute__((cleanup(mentioned_clear)))

/* The globals without any build argument; false if a default cannot be expanded. OUT
 * must be empty. */
bool scope_defaults(struct planner *p, struct variables *out);

/* Expands a word of IN in the stage NODE; reports unset variables to lint. An absent
 * word (p NULL) stays absent. */
int scope_expand(struct planner *p, const struct node *node, const struct instruction *in,
                 struct text word, struct text *out, struct error *err);

/* The same, split at blanks and added to OUT. */
int scope_expand_split(struct planner *p, const struct node *node,
                       const struct instruction *in, struct text word, struct words *out,
                       struct error *err);

/* Expands the body of a heredoc: quotes are literal, and the escape is a backslash. */
int scope_expand_body(struct planner *p, const struct node *node,
                      const struct instruction *in, struct text body, struct text *out,
                      struct error *err);

/* Expands TEXT for display, as far as possible. IS_RUN: keeps quotes and unset
 * variables; variables in HIDDEN (may be NULL) are shown as stars. */
struct text scope_shown(struct planner *p, const struct node *node, struct text text,
                        bool is_run, const struct variables *hidden);

/* Names of arguments that are never part of the environment. */
bool scope_is_setting(struct text name);

#endif
