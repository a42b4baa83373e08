/*
 * cmd: the commands, one file each.
 */
#ifndef BUILDER_CLI_CMD_H
#define BUILDER_CLI_CMD_H

#include "builder/cli/options.h"

extern struct command cmd_build, cmd_pull, cmd_push, cmd_images, cmd_rmi, cmd_tag,
        cmd_inspect, cmd_prune, cmd_du, cmd_doctor, cmd_shell, cmd_completion,
        cmd_version, cmd_login, cmd_logout, cmd_image_inspect, cmd_image, cmd_system,
        cmd_history, cmd_explain, cmd_info, cmd_save, cmd_load, cmd_run, cmd_copy,
        cmd_index, cmd_digest, cmd_diff, cmd_rebase;

/* `cooper build` for those who are used to another builder; in no list. */
extern struct command cmd_docker_build, cmd_buildah_build, cmd_podman_build, cmd_kaniko,
        cmd_buildctl_build;

/* Commands of docker and podman, in no list either. */
extern struct command cmd_imagetools, cmd_manifest;

#endif
