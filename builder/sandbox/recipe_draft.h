/*
 * recipe_draft: the builder's side of a recipe (inside/recipe.h): writing it.
 */
#ifndef BUILDER_SANDBOX_RECIPE_DRAFT_H
#define BUILDER_SANDBOX_RECIPE_DRAFT_H

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/sandbox/inside/recipe.h"

struct recipe_draft {
	struct recipe head;
	struct buf bytes; /* the part after the head */
	ARRAY(struct recipe_op) ops;
	ARRAY(int) fds; /* of binds; owned */
};

recipe_at recipe_add_bytes(struct recipe_draft *d, const void *bytes, size_t n);
recipe_at recipe_add_text(struct recipe_draft *d, const char *text); /* NULL: none */
struct recipe_list
recipe_add_list(struct recipe_draft *d, const char *const *texts, size_t n);
struct recipe_op *
recipe_add_op(struct recipe_draft *d, enum recipe_op_kind kind, const char *target);
void recipe_draft_clear(struct recipe_draft *d);
#define auto_recipe_draft __attribute__((cleanup(recipe_draft_clear)))

/* Returns a memfd with the recipe, and its memory in *OUT (release it by
 * recipe_unmap()). */
struct recipe *recipe_seal(struct recipe_draft *d, int *out, struct error *err);
void recipe_unmap(struct recipe *recipe);

#endif
