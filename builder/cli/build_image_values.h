/*
 * build_image_values: options of `cooper build` about the image and where it goes.
 */
#ifndef BUILDER_CLI_BUILD_IMAGE_VALUES_H
#define BUILDER_CLI_BUILD_IMAGE_VALUES_H

#include "builder/cli/options.h"

/* TARGET is a struct build_options. */
option_fn add_build_arg_file, add_cache_from, add_cache_to, add_env, add_mirror, add_map,
        add_unset_env, add_unset_label, set_cache_ttl, set_compression,
        set_compression_level, set_creds, set_from, set_http_proxy, set_inherit_labels,
        set_manifest, set_retry, set_retry_delay, set_timeout, set_squash, set_timestamp,
        set_tls_verify;

#endif
