/*
 * ci: what the pages of GitHub Actions and GitLab understand of a log.
 *
 *	GitHub    ::group::#5 [build 2/3] RUN make  …  ::endgroup::
 *	          ::error file=Dockerfile,line=3::text
 *	GitLab    ESC[0Ksection_start:TIME:cooper_5_1 CR ESC[0K#5 [build 2/3] RUN make
 *
 * On GitHub, any line of a log can be a command. So commands are stopped
 * (::stop-commands::TOKEN, with a random token) whenever the text is not ours.
 */
#ifndef BUILDER_UI_CI_H
#define BUILDER_UI_CI_H

#include "base/event.h"
#include "base/text.h"

enum ci_kind { CI_NONE, CI_GITHUB, CI_GITLAB };

#define CI_TOKEN_DIGITS 32

struct ci {
	enum ci_kind kind;
	char token[CI_TOKEN_DIGITS + 1];
	bool is_stopped; /* GitHub: commands are */
	bool is_open;    /* a section */
	int number;      /* its step, and how often it was opened */
	int n_opened;
};

/* COOPER_CI says it (none, github, gitlab), else the variables of the services. */
void ci_init(struct ci *c);

/* The directory DIR as annotations name it: from the root of the repository
 * (GITHUB_WORKSPACE, else the working directory), with "/" at its end; "" for that root.
 * NULL: it is no directory. Caller frees. */
char *ci_directory(const char *dir);

/* Begins the section of step NUMBER, with TITLE (safe to show), after the end of the one
 * before. NOW: seconds since 1970. */
void ci_open(struct ci *c, struct buf *out, int number, struct text title, int64_t now);
void ci_close(struct ci *c, struct buf *out, int64_t now);

/* "error" or "warning" at the lines of FILE; nothing on GitLab. */
void ci_annotate(struct ci *c, struct buf *out, const char *word, const char *file,
                 int line, int last, struct text message);

/* Commands are obeyed (or not) after this; the last call of a program obeys them. */
void ci_obey(struct ci *c, struct buf *out, bool obeys);

#endif
