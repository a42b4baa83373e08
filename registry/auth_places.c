#include "registry/auth_places.h"

#include <stdbool.h>

#include "base/base.h"

/* USUAL: new credentials go there, if no place before it is one for them. */
static void
add(struct auth_places *p, bool *usual, const char *dir, const char *name)
{
	if (dir == NULL || *dir == '\0')
		return;
	if (usual != NULL && !*usual) {
		p->usual = p->list.n;
		*usual = true;
	}
	array_push(&p->list, mem_print("%s%s", dir, name));
}

void
auth_places_list(const char *authfile, struct auth_places *out)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	bool usual = false;

	if (authfile != NULL) {
		add(out, &usual, authfile, "");
		return;
	}
	add(out, &usual, getenv("REGISTRY_AUTH_FILE"), "");
	add(out, &usual, getenv("DOCKER_CONFIG"), "/config.json");
	add(out, NULL, getenv("XDG_RUNTIME_DIR"), "/containers/auth.json");
	if (config != NULL && *config == '/')
		add(out, NULL, config, "/containers/auth.json");
	else
		add(out, NULL, home, "/.config/containers/auth.json");
	add(out, &usual, home, "/.docker/config.json");
	add(out, NULL, home, "/.dockercfg");
	if (!usual)
		out->usual = out->list.n;
}

void
auth_places_clear(struct auth_places *places)
{
	for (size_t i = 0; i < places->list.n; i++)
		free(places->list.at[i]);
	array_clear(&places->list);
}
