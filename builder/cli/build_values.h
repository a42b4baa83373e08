/*
 * build_values: what the values of the options of `cooper build` are read with, one
 * function an option. build_limits.h and field_options.h have the others.
 */
#ifndef BUILDER_CLI_BUILD_VALUES_H
#define BUILDER_CLI_BUILD_VALUES_H

#include "builder/cli/options.h"

/* TARGET is a struct build_options. */
option_fn add_allow, add_annotation, add_build_arg, add_context, add_host, add_label,
        add_no_cache_filter, add_output, add_platforms, add_tag, set_call, set_check,
        set_epoch, set_format, set_isolation, set_mode_policy, set_network, set_on_error,
        set_log_dir, set_print_plan, set_progress, set_pull;

#endif
