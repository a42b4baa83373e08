#include "builder/order/reach.h"

#include "base/base.h"

struct hosts {
	ARRAY(const char *) list; /* owned */
};

static void
hosts_clear(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->list.n; i++)
		free((char *)(uintptr_t)hosts->list.at[i]);
	array_clear(&hosts->list);
}
#define auto_hosts __attribute__((cleanup(hosts_clear)))

/* The reference of the image NAME; an invalid name is an error where it is used. */
static void
add_host_of(struct hosts *hosts, struct text name)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;

	if (reference_parse(&ref, name, &ignored) == 0)
		array_push(&hosts->list, take(ref.host));
}

/* Where OUTPUT of R goes. */
static void
add_hosts_of(struct hosts *hosts, const struct build_request *r,
             const struct output *output)
{
	for (size_t j = 0; j < r->tags.n; j++)
		add_host_of(hosts, r->tags.at[j]);
	for (size_t j = 0; j < output->names.n; j++)
		add_host_of(hosts, output->names.at[j]);
}

/* --insecure-registry, and where outputs with registry.insecure=true go. */
static void
insecure_hosts(const struct build_request *r, struct hosts *out)
{
	if (r->wishes.insecure_all)
		array_push(&out->list, mem_copy("*"));
	for (size_t i = 0; i < r->insecure_registries.n; i++)
		array_push(&out->list, text_copy(r->insecure_registries.at[i]));
	for (size_t i = 0; i < r->outputs.n; i++)
		if (r->outputs.at[i].insecure)
			add_hosts_of(out, r, &r->outputs.at[i]);
}

struct mirror_list {
	ARRAY(struct registry_mirror) list; /* owned texts */
};

static void
mirror_list_clear(struct mirror_list *m)
{
	for (size_t i = 0; i < m->list.n; i++) {
		free((char *)(uintptr_t)m->list.at[i].prefix);
		free((char *)(uintptr_t)m->list.at[i].location);
	}
	array_clear(&m->list);
}
#define auto_mirror_list __attribute__((cleanup(mirror_list_clear)))

static void
list_mirrors(const struct registry_wishes *w, struct mirror_list *out)
{
	for (size_t i = 0; i < w->mirrors.n; i++)
		array_push(&out->list,
		           ((struct registry_mirror){ mem_copy("docker.io"),
		                                      text_copy(w->mirrors.at[i]) }));
	for (size_t i = 0; i < w->maps.n; i++) {
		struct text from = w->maps.at[i].name;

		if (text_is(from, "index.docker.io"))
			from = TEXT("docker.io");
		array_push(&out->list,
		           ((struct registry_mirror){ text_copy(from),
		                                      text_copy(w->maps.at[i].value) }));
	}
}

static void
give_creds(struct registry *reg, const struct build_request *r)
{
	auto_hosts struct hosts hosts = { 0 };
	struct text password = r->wishes.creds, user = text_cut(&password, ':');
	auto_free char *name = text_copy(user);
	char *word = text_copy(password);

	for (size_t i = 0; i < r->outputs.n; i++)
		if (output_is_pushed(&r->outputs.at[i]))
			add_hosts_of(&hosts, r, &r->outputs.at[i]);
	registry_give(reg, hosts.list.n > 0 ? hosts.list.at[0] : NULL, name, word,
	              "--creds");
	explicit_bzero(word, strlen(word));
	free(word);
}

struct registry *
build_registry(const struct build_request *r)
{
	const struct registry_wishes *w = &r->wishes;
	auto_hosts struct hosts insecure = { 0 };
	auto_mirror_list struct mirror_list mirrors = { 0 };
	struct registry_options options = { .authfile = r->authfile,
		                            .offline = r->offline,
		                            .retries = w->retries,
		                            .retry_delay_ns = w->retry_delay_ns,
		                            .timeout_s = w->timeout_s,
		                            .cert_dir = w->cert_dir,
		                            .certs = w->certs.at,
		                            .n_certs = w->certs.n,
		                            .mirrors_only = w->mirrors_only,
		                            .cancel = r->cancel };
	struct registry *reg = NULL;

	insecure_hosts(r, &insecure);
	list_mirrors(w, &mirrors);
	options.insecure = insecure.list.at;
	options.n_insecure = insecure.list.n;
	options.mirrors = mirrors.list.at;
	options.n_mirrors = mirrors.list.n;
	reg = registry_new(&options);
	if (w->creds.p != NULL)
		give_creds(reg, r);
	return reg;
}
