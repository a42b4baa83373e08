/*
 * build_run_values: options of `cooper build` about what surrounds RUN steps.
 */
#ifndef BUILDER_CLI_BUILD_RUN_VALUES_H
#define BUILDER_CLI_BUILD_RUN_VALUES_H

#include "builder/cli/options.h"

/* TARGET is a struct build_options. */
option_fn add_cap_added, add_cap_dropped, add_dns, add_dns_option, add_dns_search,
        add_left_out, add_volume;

#endif
