#include "builder/image/image.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "parser/config.h"

static struct text
copy_string(struct arena *arena, const json_t *value)
{
	return arena_text(arena, (struct text){ json_string_value(value),
	                                        json_string_length(value) });
}

/* A member that is a list of strings; anything else in it is skipped. */
#define READ_LIST(arena, object, name, list)                                             \
	do {                                                                             \
		size_t list_i_ = 0;                                                      \
		json_t *list_item_ = NULL;                                               \
		json_array_foreach(json_object_get(object, name), list_i_, list_item_)   \
		{                                                                        \
			if (json_is_string(list_item_))                                  \
				array_push(list, copy_string(arena, list_item_));        \
		}                                                                        \
	} while (0)

#define READ_KEYS(arena, object, name, list)                                             \
	do {                                                                             \
		const char *key_ = NULL;                                                 \
		json_t *value_ = NULL;                                                   \
		json_object_foreach(json_object_get(object, name), key_, value_)         \
		        array_push(list, arena_text(arena, text_of(key_)));              \
	} while (0)

static void
read_env(struct arena *arena, const json_t *object, struct config *config)
{
	size_t i = 0;
	json_t *item = NULL;

	json_array_foreach(json_object_get(object, "Env"), i, item)
	{
		struct text t, name;

		if (!json_is_string(item))
			continue;
		t = copy_string(arena, item);
		name = text_cut(&t, '=');
		array_push(&config->env,
		           ((struct variable){ arena_text(arena, name),
		                               t.p == NULL ? arena_text(arena, TEXT(""))
		                                           : t }));
	}
}

static void
read_labels(struct arena *arena, const json_t *object, struct config *config)
{
	const char *key = NULL;
	json_t *value = NULL;

	json_object_foreach(json_object_get(object, "Labels"), key, value)
	{
		if (json_is_string(value))
			array_push(&config->labels,
			           ((struct variable){ arena_text(arena, text_of(key)),
			                               copy_string(arena, value) }));
	}
}

static void
read_text(struct arena *arena, const json_t *object, const char *name, struct text *out)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_string(value) && json_string_length(value) > 0)
		*out = copy_string(arena, value);
}

static void
read_health(struct arena *arena, const json_t *object, struct config *config)
{
	const json_t *h = json_object_get(object, "Healthcheck");
	struct health *to = &config->health;

	if (!json_is_object(h))
		return;
	config->has_health = true;
	READ_LIST(arena, h, "Test", &to->test);
	to->interval = json_integer_value(json_object_get(h, "Interval"));
	to->timeout = json_integer_value(json_object_get(h, "Timeout"));
	to->start_period = json_integer_value(json_object_get(h, "StartPeriod"));
	to->start_interval = json_integer_value(json_object_get(h, "StartInterval"));
	to->retries = json_integer_value(json_object_get(h, "Retries"));
}

static void
read_execution(struct arena *arena, const json_t *c, struct config *config)
{
	read_env(arena, c, config);
	READ_LIST(arena, c, "Entrypoint", &config->entrypoint);
	READ_LIST(arena, c, "Cmd", &config->cmd);
	READ_LIST(arena, c, "Shell", &config->shell);
	READ_LIST(arena, c, "OnBuild", &config->onbuild);
	config->has_entrypoint = config->entrypoint.n > 0;
	config->has_cmd = config->cmd.n > 0;
	config->has_shell = config->shell.n > 0;
	config->args_escaped = json_is_true(json_object_get(c, "ArgsEscaped"));
	read_labels(arena, c, config);
	READ_KEYS(arena, c, "ExposedPorts", &config->ports);
	READ_KEYS(arena, c, "Volumes", &config->volumes);
	read_text(arena, c, "User", &config->user);
	read_text(arena, c, "WorkingDir", &config->workdir);
	read_text(arena, c, "StopSignal", &config->stop_signal);
	read_health(arena, c, config);
}

int
image_config_read(struct arena *arena, const json_t *document, struct config *config,
                  struct platform *platform, int64_t *created_ns, struct error *err)
{
	const char *created = json_string_value(json_object_get(document, "created"));
	const json_t *c = json_object_get(document, "config");

	if (!json_is_object(document))
		return error_set(err, ERR_DAMAGED, "image config: not an object");
	platform_set(platform, json_string_value(json_object_get(document, "os")),
	             json_string_value(json_object_get(document, "architecture")),
	             json_string_value(json_object_get(document, "variant")),
	             json_string_value(json_object_get(document, "os.version")));
	if (created == NULL || !clock_parse(text_of(created), created_ns))
		*created_ns = 0;
	read_text(arena, document, "author", &config->author);
	if (json_is_object(c))
		read_execution(arena, c, config);
	return 0;
}
