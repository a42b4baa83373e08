/*
 * dialect_values: what options of other builders do here. See dialect.h.
 */
#ifndef BUILDER_CLI_DIALECT_VALUES_H
#define BUILDER_CLI_DIALECT_VALUES_H

#include "builder/cli/options.h"

/* TARGET is a struct build_options. Those of flags get "" or true or false. */
option_fn add_certificate, add_client_cert, add_destination, add_layout_context,
        add_insecure_registry, add_local, add_oci_layout, add_opt, add_tar_path, set_arch,
        set_cache, set_cache_repo, set_config, set_context, set_dockerfile, set_frontend,
        set_insecure, set_insecure_push, set_letter_b, set_letter_c, set_letter_debug,
        set_dry_run, set_letter_host, set_letter_level, set_letter_v, set_log_format,
        set_no_push, set_no_push_cache, set_os, set_pull_always, set_pull_never,
        set_registries_conf, set_reproducible, set_rewrite, set_single_snapshot,
        set_squash_all, set_sub_path, set_variant, set_verbosity;

#endif
