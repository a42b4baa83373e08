/*
 * recipe_draft: a recipe (inside/recipe.h) while the builder writes it.
 */
#ifndef BUILDER_SANDBOX_RECIPE_DRAFT_H
#define BUILDER_SANDBOX_RECIPE_DRAFT_H

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/sandbox/inside/recipe.h"

struct recipe_draft {
	struct recipe head;
	struct buf bytes; /* what follows the head */
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

/* A memfd with the recipe in *OUT, and its memory (recipe_unmap() it). */
struct recipe *recipe_seal(struct recipe_draft *d, int *out, struct error *err);
void recipe_unmap(struct recipe *recipe);

#endif
