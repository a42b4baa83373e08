#include "builder/sandbox/inside/recipe.h"

#include <string.h>

char **
recipe_vector(struct recipe *p, struct recipe_list list)
{
	uint64_t *places = (uint64_t *)(void *)((char *)p + list.at);
	char **vector = (char **)(void *)places;

	_Static_assert(sizeof(char *) <= sizeof(uint64_t), "pointers replace places");
	for (uint32_t i = 0; i < list.n; i++)
		vector[i] = (char *)p + places[i];
	vector[list.n] = NULL;
	return vector;
}

const char *
recipe_list_get(const struct recipe *p, struct recipe_list list, uint32_t i)
{
	const uint64_t *places =
	        (const uint64_t *)(const void *)((const char *)p + list.at);

	return (const char *)p + places[i];
}

int
recipe_fail(struct recipe *p, enum recipe_stage stage, int sys, const char *text)
{
	struct recipe_report *report = recipe_report(p);
	size_t n = text == NULL ? 0 : strlen(text);

	if (report->stage != STAGE_NONE)
		return -1;
	if (n >= RECIPE_TEXT_MAX)
		n = RECIPE_TEXT_MAX - 1;
	if (n > 0)
		memcpy(report->text, text, n);
	report->text[n] = '\0';
	report->sys = sys;
	report->stage = stage;
	return -1;
}
