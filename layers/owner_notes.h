/*
 * owner_notes: owners, modes, devices and capabilities of files where this process has
 * no privilege at all: the disk has what every user may make, notes have the rest (see
 * owner_marks.h). Paths of layers, uppers and plain trees only.
 *
 * IMAGE is a stat as in the image. A file that is another user's has no notes.
 */
#ifndef LAYERS_OWNER_NOTES_H
#define LAYERS_OWNER_NOTES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"

/* What the disk has for an owner. Each form has layer directories of its own. */
enum owner_form {
	OWNER_FORM_REAL,  /* the owner */
	OWNER_FORM_MARKS, /* our only id; a mark */
	OWNER_FORM_NOTES, /* our id; a note */
};
enum owner_form owner_form(void);

/* The same as OWNER_FORM_NOTES, but cheap. If false, the other functions do nothing,
 * except for owner_give() and owner_give_same(). */
bool owner_is_noted(void);

/* Changes ST, of the open file or directory FD, or of NAME in DIR_FD, to what the image
 * has. The time of access of a link or pipe becomes that of the modification. */
void owner_image(int fd, struct stat *st);
void owner_image_at(int dir_fd, const char *name, struct stat *st);

/* Whether NAME, which is ST on the disk, is a device, or the file that stands for one. */
bool owner_is_device_at(int dir_fd, const char *name, const struct stat *st);

/* Makes the notes of FD or NAME, which has the mode layer_mark_disk_mode(). IS_NEW: it has
 * none yet. -1 with errno, for owner_advise(). */
int owner_note(int fd, const struct stat *image, bool is_new);
int owner_note_at(int dir_fd, const char *name, const struct stat *image);

/* Gives the open file or directory FD the owner and mode of IMAGE, or the notes; with a
 * single id, the mark. -1 with errno. */
int owner_give(int fd, const struct stat *image);

/* Gives TO the owner and mode of FROM, in every form; both are open files or directories.
 * -1 with errno. */
int owner_give_same(int from, int to);

/* Warns if reading links and pipes below DIR_FD, the store's directory PATH, changes their
 * time of access, and so their noted owners. */
void owner_warn_of_times(int dir_fd, const char *path);

/* ERR says that a call of these failed with SYS, about something in DIR_FD. Adds what the
 * user can do. Always -1. */
int owner_advise(int sys, int dir_fd, struct error *err);

#endif
