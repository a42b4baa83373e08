/* COPY and ADD with flags, and archives, row by row. */
#include "tests/lib/copy_fixture.h"

#define N(rows) (sizeof(rows) / sizeof(rows)[0])

#define ACCOUNTS                                                                         \
	"d etc\n"                                                                        \
	"f etc/passwd app:x:500:600::/home/app:/bin/sh\n"                                \
	"f etc/group staff:x:700:app\n"

static const struct copy_row owners[] = {
	{ "a number is user and group", "f a A\n", NULL, "COPY --chown=1000 a /b",
	  "f b 1000:1000 S A\n" },
	{ "user and group", "f a A\n", NULL, "COPY --chown=7:8 a /b", "f b 7:8 S A\n" },
	{ "a group alone", "f a A\n", NULL, "COPY --chown=:7 a /b", "f b 0:7 S A\n" },
	{ "a name has its primary group", "f a A\n", ACCOUNTS, "COPY --chown=app a /b",
	  "f b 500:600 S A\n" },
	{ "a name and a group name", "f a A\n", ACCOUNTS, "COPY --chown=app:staff a /b",
	  "f b 500:700 S A\n" },
	{ "a number and a group name", "f a A\n", ACCOUNTS, "COPY --chown=9:staff a /b",
	  "f b 9:700 S A\n" },
	{ "root needs no file", "f a 5:5 A\n", NULL, "COPY --from --chown=root:root a /b",
	  "f b S A\n" },
	{ "an unknown name is 0", "f a A\n", ACCOUNTS, "COPY --chown=nosuch a /b",
	  "f b S A\n" },
	{ "an unknown group is that of the user", "f a A\n", ACCOUNTS,
	  "COPY --chown=3:nosuch a /b", "f b 3:3 S A\n" },
	{ "a name without /etc/passwd is 0", "f a A\n", NULL, "COPY --chown=app a /b",
	  "f b S A\n" },
	{ "/etc/passwd that is a link", "f a A\n",
	  "d etc\nl etc/passwd /usr/passwd\nf usr/passwd app:x:500:600::/:\n",
	  "COPY --chown=app a /b", "f b 500:600 S A\n" },
	{ "created parents have the owner too", "f a A\n", NULL,
	  "COPY --chown=7:8 a /x/y/", "d x 7:8 N\nd x/y 7:8 N\nf x/y/a 7:8 S A\n" },
	{ "existing parents keep theirs", "f a A\n", "d x 3:4\n",
	  "COPY --chown=7:8 a /x/y/", "d x 3:4 N\nd x/y 7:8 N\nf x/y/a 7:8 S A\n" },
	{ "directories and links", "d s\nd s/x\nl s/l x\n", NULL, "COPY --chown=7:8 s /d",
	  "d d 7:8 S\nl d/l 7:8 S x\nd d/x 7:8 S\n" },
	{ "the destination that exists keeps its owner", "d s\nf s/a A\n", "d d 3:4\n",
	  "COPY --chown=7:8 s /d", "d d 3:4 S\nf d/a 7:8 S A\n" },
	{ "an inline file", "", NULL, "COPY --chown=7:8 <<a:A /b", "f b 7:8 N A\n" },
};

static const struct copy_row modes[] = {
	{ "octal", "f a A\n", NULL, "COPY --chmod=600 a /b", "f b 600 S A\n" },
	{ "octal with special bits", "f a A\n", NULL, "COPY --chmod=4755 a /b",
	  "f b 4755 S A\n" },
	{ "octal goes to created parents, without special bits", "f a A\n", NULL,
	  "COPY --chmod=4700 a /x/y/", "d x 700 N\nd x/y 700 N\nf x/y/a 4700 S A\n" },
	{ "existing parents keep theirs", "f a A\n", "d x 711\n",
	  "COPY --chmod=700 a /x/y", "d x 711 N\nf x/y 700 S A\n" },
	{ "octal to files and directories alike", "d s\nd s/x\nf s/x/a A\n", NULL,
	  "COPY --chmod=640 s /d", "d d 640 S\nd d/x 640 S\nf d/x/a 640 S A\n" },
	{ "a destination that exists keeps its mode", "d s\nf s/a A\n", "d d 711\n",
	  "COPY --chmod=640 s /d", "d d 711 S\nf d/a 640 S A\n" },
	{ "a nested directory that exists gets the mode", "d s\nd s/x\n",
	  "d d\nd d/x 711\n", "COPY --chmod=700 s /d", "d d S\nd d/x 700 S\n" },
	{ "links keep theirs", "d s\nl s/l x\n", NULL, "COPY --chmod=600 s /d",
	  "d d 600 S\nl d/l S x\n" },
	{ "symbolic", "f a 640 A\n", NULL, "COPY --chmod=u+x,go-r a /b",
	  "f b 700 S A\n" },
	{ "symbolic for all", "f a 600 A\n", NULL, "COPY --chmod=a+r a /b", "f b S A\n" },
	{ "symbolic without who", "f a 644 A\n", NULL, "COPY --chmod=+x a /b",
	  "f b 755 S A\n" },
	{ "symbolic set", "f a 777 A\n", NULL, "COPY --chmod=u=rw,go=r a /b",
	  "f b S A\n" },
	{ "capital X on a file without x", "f a 600 A\n", NULL, "COPY --chmod=a+X a /b",
	  "f b 600 S A\n" },
	{ "capital X on a file with x", "f a 700 A\n", NULL, "COPY --chmod=a+X a /b",
	  "f b 711 S A\n" },
	{ "capital X on directories", "d s\nd s/x 700\nf s/x/a 600 A\n", NULL,
	  "COPY --chmod=go=rX s /d", "d d S\nd d/x S\nf d/x/a S A\n" },
	{ "symbolic leaves created parents alone", "f a 600 A\n", NULL,
	  "COPY --chmod=go+r a /x/y/", "d x N\nd x/y N\nf x/y/a S A\n" },
	{ "set-id bits", "f a 755 A\n", NULL, "COPY --chmod=u+s,g+s a /b",
	  "f b 6755 S A\n" },
	{ "capital X goes by what the file had", "f a 755 A\n", NULL,
	  "COPY --chmod=a=r,u+X a /b", "f b 544 S A\n" },
	{ "capital X takes nothing away", "f a 755 A\n", NULL, "COPY --chmod=a-X a /b",
	  "f b 755 S A\n" },
	{ "bits copied and taken away", "f a 751 A\n", NULL, "COPY --chmod=go=u-w a /b",
	  "f b 755 S A\n" },
	{ "bits given and copied", "f a 640 A\n", NULL, "COPY --chmod=o+gx a /b",
	  "f b 645 S A\n" },
	{ "copied bits", "f a 640 A\n", NULL, "COPY --chmod=o=g a /b", "f b S A\n" },
	{ "an inline file", "", NULL, "COPY --chmod=755 <<a:A /b", "f b 755 N A\n" },
	{ "no octal digit", "f a A\n", NULL, "COPY --chmod=64a a /b",
	  "! invalid chmod parameter: '64a'. it should be octal string and between 0 and "
	  "07777" },
	{ "too large", "f a A\n", NULL, "COPY --chmod=10000 a /b",
	  "! invalid chmod parameter: '10000'. it should be octal string and between 0 "
	  "and "
	  "07777" },
	{ "nonsense", "f a A\n", NULL, "COPY --chmod=u~x a /b",
	  "! invalid chmod parameter: 'u x'. it should be octal string and between 0 and "
	  "07777" },
};

#define TREE                                                                             \
	"d s\nf s/a.md A\nf s/b.c B\nd s/x\nf s/x/a.md C\nf s/x/d.c D\nd s/y\nf s/y/e "  \
	"E\n"

static const struct copy_row excludes[] = {
	{ "a file", TREE, NULL, "COPY --exclude=b.c s /d",
	  "d d S\nf d/a.md S A\nd d/x S\nf d/x/a.md S C\nf d/x/d.c S D\nd d/y S\n"
	  "f d/y/e S E\n" },
	{ "a directory", TREE, NULL, "COPY --exclude=x s /d",
	  "d d S\nf d/a.md S A\nf d/b.c S B\nd d/y S\nf d/y/e S E\n" },
	{ "a pattern at the top only", TREE, NULL, "COPY --exclude=*.md s /d",
	  "d d S\nf d/b.c S B\nd d/x S\nf d/x/a.md S C\nf d/x/d.c S D\nd d/y S\n"
	  "f d/y/e S E\n" },
	{ "a pattern at any depth", TREE, NULL, "COPY --exclude=**/*.md s /d",
	  "d d S\nf d/b.c S B\nd d/x S\nf d/x/d.c S D\nd d/y S\nf d/y/e S E\n" },
	{ "two patterns", TREE, NULL, "COPY --exclude=x --exclude=y s /d",
	  "d d S\nf d/a.md S A\nf d/b.c S B\n" },
	{ "an exception below an excluded directory", TREE, NULL,
	  "COPY --exclude=x --exclude=!x/d.c --exclude=y s /d",
	  "d d S\nf d/a.md S A\nf d/b.c S B\nd d/x N\nf d/x/d.c S D\n" },
	{ "an exception that matches nothing keeps no directory", TREE, NULL,
	  "COPY --exclude=x --exclude=!x/zz --exclude=y s /d",
	  "d d S\nf d/a.md S A\nf d/b.c S B\n" },
	{ "everything", TREE, NULL, "COPY --exclude=* s /d", "d d S\n" },
	{ "the content of a directory but not itself", TREE, NULL,
	  "COPY --exclude=x/** --exclude=y s /d",
	  "d d S\nf d/a.md S A\nf d/b.c S B\nd d/x S\n" },
	{ "a single file is never excluded", TREE, NULL, "COPY --exclude=b.c s/b.c /d/",
	  "d d N\nf d/b.c S B\n" },
	{ "what a pattern matched is never excluded", TREE, NULL,
	  "COPY --exclude=*.md s/*.md /d/", "d d N\nf d/a.md S A\n" },
	{ "below a matched directory it is", TREE, NULL, "COPY --exclude=*.md s/x* /d/",
	  "d d S\nf d/d.c S D\n" },
};

static const struct copy_row parents[] = {
	{ "a file keeps its directories", "d a 711 5:6\nd a/b 700\nf a/b/c C\n", NULL,
	  "COPY --parents a/b/c /d/",
	  "d d N\nd d/a 711 N\nd d/a/b 700 N\nf d/a/b/c S C\n" },
	{ "their owners from a stage", "d a 711 5:6\nf a/c C\n", NULL,
	  "COPY --from --parents a/c /d/", "d d N\nd d/a 711 5:6 N\nf d/a/c S C\n" },
	{ "a leading dot is harmless", "d a\nf a/c C\n", NULL, "COPY --parents ./a/c /d/",
	  "d d N\nd d/a N\nf d/a/c S C\n" },
	{ "a directory with all below it", "d a\nd a/b\nf a/b/c C\nf a/x X\n", NULL,
	  "COPY --parents a/b /d/", "d d N\nd d/a N\nd d/a/b S\nf d/a/b/c S C\n" },
	{ "a pivot cuts the front off", "d a\nd a/b\nf a/b/c C\n", NULL,
	  "COPY --parents a/./b/c /d/", "d d S\nd d/b N\nf d/b/c S C\n" },
	{ "a pivot with a link in front", "d a\nd a/b\nf a/b/c C\nl l a\n", NULL,
	  "COPY --parents l/./b/c /d/", "d d S\nd d/b N\nf d/b/c S C\n" },
	{ "a pattern behind the pivot", "d a\nf a/1.c A\nf a/2.h B\n", NULL,
	  "COPY --parents a/./*.c /d/", "d d S\nf d/1.c S A\n" },
	{ "a pattern in front of the pivot",
	  "d a\nd a/x\nf a/x/f A\nd b\nd b/x\nf b/x/g B\n", NULL,
	  "COPY --parents */./x /d/", "d d S\nd d/x S\nf d/x/f S A\nf d/x/g S B\n" },
	{ "any depth", "d a\nd a/b\nf a/b/1.c A\nf a/2.c B\nf a/b/3.h C\nd e\n", NULL,
	  "COPY --parents **/*.c /d/",
	  "d d N\nd d/a N\nf d/a/2.c S B\nd d/a/b N\n"
	  "f d/a/b/1.c S A\n" },
	{ "a star for one level", "d a\nf a/1.c A\nd b\nf b/2.c B\nf b/3.h C\n", NULL,
	  "COPY --parents */*.c /d/",
	  "d d N\nd d/a N\nf d/a/1.c S A\nd d/b N\nf d/b/2.c S B\n" },
	{ "a pattern without a match creates the destination only", "f a A\n", NULL,
	  "COPY --parents *.c /d/", "d d N\n" },
	{ "a missing file", "d a\nf a/c C\n", NULL, "COPY --parents a/d /d/",
	  "! \"/a/d\": not found" },
	{ "a missing file behind a pivot", "d a\nf a/c C\n", NULL,
	  "COPY --parents a/./d /d/", "! \"/a/d\": not found" },
	{ "a link among the directories is not followed", "d a\nf a/c C\nl l a\n", NULL,
	  "COPY --parents l/c /d/", "! \"/l/c\": not found" },
	{ "a link is copied as one", "d a\nl a/l x\n", NULL, "COPY --parents a/l /d/",
	  "d d N\nd d/a N\nl d/a/l S x\n" },
	{ "existing directories get the mode", "d a 711\nf a/c C\n", "d d\nd d/a 700\n",
	  "COPY --parents a/c /d/", "d d N\nd d/a 711 N\nf d/a/c S C\n" },
	{ "two sources", "d a\nf a/c C\nd b\nf b/e E\n", NULL,
	  "COPY --parents a/c b/e /d/",
	  "d d N\nd d/a N\nf d/a/c S C\nd d/b N\nf d/b/e S E\n" },
	{ "with an exclusion", "d a\nf a/c C\nf a/e E\n", NULL,
	  "COPY --parents --exclude=a/e a /d/", "d d N\nd d/a S\nf d/a/c S C\n" },
	{ "to the root", "d a\nf a/c C\n", NULL, "COPY --parents a/c /",
	  "d a N\nf a/c S C\n" },
	{ "a directory over an existing one", "d a 711\nf a/c C\n",
	  "d d\nd d/a 700 3:4\n", "COPY --parents a /d/",
	  "d d N\nd d/a 711 S\nf d/a/c S C\n" },
	{ "a file in front of the pivot", "f a1 A\nd a2\nf a2/x B\n", NULL,
	  "COPY --parents a*/./x /d/", "d d S\nf d/a1 S A\nf d/x S B\n" },
	{ "with a mode", "d a 711\nf a/c C\n", NULL, "COPY --parents --chmod=700 a/c /d/",
	  "d d 700 N\nd d/a 700 N\nf d/a/c 700 S C\n" },
};

static const struct copy_row independent[] = {
	{ "parents are made anew", "f a A\n", "d x 711 3:4\n", "COPY --link a /x/y",
	  "d x N\nf x/y S A\n" },
	{ "a link on the way is replaced", "f a A\n", "l x y\nd y\n", "COPY --link a /x/",
	  "d x N\nf x/a S A\n" },
	{ "an existing directory is not seen", "f a A\n", "d x\n", "COPY --link a /x",
	  "f x S A\n" },
	{ "an existing file is not in the way", "d s\nf s/a A\n", "f x old\n",
	  "COPY --link s /x", "d x S\nf x/a S A\n" },
	{ "an owner by number", "f a A\n", NULL, "COPY --link --chown=7:8 a /x/",
	  "d x 7:8 N\nf x/a 7:8 S A\n" },
	{ "root is a number", "f a A\n", NULL, "COPY --link --chown=root a /x",
	  "f x S A\n" },
	{ "an owner by name", "f a A\n", ACCOUNTS, "COPY --link --chown=app a /x",
	  "! invalid user index: -1" },
};

static const struct copy_row archives[] = {
	{ "files", "t x.tar f a 600 5:6 A|d d 700 7:8|f d/b B\n", NULL, "ADD x.tar /t/",
	  "d t N\nf t/a 600 5:6 A A\nd t/d 700 7:8 A\nf t/d/b A B\n" },
	{ "a destination without a slash is a directory too", "t x.tar f a A\n", NULL,
	  "ADD x.tar /t", "d t N\nf t/a A A\n" },
	{ "to the root", "t x.tar f a A\n", NULL, "ADD x.tar /", "f a A A\n" },
	{ "an entry for the root is passed over", "t x.tar d ./ 700 9:9|f ./a A\n", NULL,
	  "ADD x.tar /t/", "d t N\nf t/a A A\n" },
	{ "names that climb stay inside", "t x.tar f ../x X|f /abs Y\n", NULL,
	  "ADD x.tar /t/", "d t N\nf t/abs A Y\nf t/x A X\n" },
	{ "implied parents", "t x.tar f p/q/a A\n", NULL, "ADD --chown=7:8 x.tar /t/",
	  "d t 7:8 N\nd t/p N\nd t/p/q N\nf t/p/q/a 7:8 A A\n" },
	{ "the owner given wins", "t x.tar f a 5:6 A\n", NULL,
	  "ADD --chown=7:8 x.tar /t/", "d t 7:8 N\nf t/a 7:8 A A\n" },
	{ "a mode has no effect", "t x.tar f a 640 A\n", NULL,
	  "ADD --chmod=777 x.tar /t/", "d t N\nf t/a 640 A A\n" },
	{ "an exclusion has no effect", "t x.tar f a A\n", NULL,
	  "ADD --exclude=a x.tar /t/", "d t N\nf t/a A A\n" },
	{ "links", "t x.tar f a A|l s ../etc|h h a\n", NULL, "ADD x.tar /t/",
	  "d t N\nf t/a A A\nh t/h A t/a\nl t/s A ../etc\n" },
	{ "a hard link that sorts first", "t x.tar f z 600 Z|h a z\n", NULL,
	  "ADD x.tar /t/", "d t N\nf t/a A Z\nh t/z A t/a\n" },
	{ "a hard link to a file of the base", "t x.tar h a old\n",
	  "d t\nf t/old 600 O\n", "ADD x.tar /t/", "d t N\nf t/a A O\nh t/old A t/a\n" },
	{ "a hard link to nothing", "t x.tar h a b\n", NULL, "ADD x.tar /t/",
	  "! unpack a: /t/b: no file to link to" },
	{ "a file over a file and a link", "t x.tar f a A|f b B\n", "f a old\nl b a\n",
	  "ADD x.tar /", "f a A A\nf b A B\n" },
	{ "a file over a directory with content", "t x.tar f d D\n",
	  "d d\nf d/a\nf d/b\n", "ADD x.tar /", "f d A D\n" },
	{ "a directory over a file", "t x.tar d a|f a/b B\n", "f a old\n", "ADD x.tar /",
	  "d a A\nf a/b A B\n" },
	{ "a directory over a link to one", "t x.tar d a|f a/b B\n", "l a real\nd real\n",
	  "ADD x.tar /", "d a A\nf a/b A B\n" },
	{ "a directory over a directory", "t x.tar d a 700 5:6\n", "d a 755\nf a/b B\n",
	  "ADD x.tar /", "d a 700 5:6 A\n" },
	{ "a directory that was replaced meanwhile", "t x.tar f d D|d d 700|f d/n N\n",
	  "d d\nf d/old O\n", "ADD x.tar /", "o d 700 A\nf d/n A N\n" },
	{ "a file that comes twice", "t x.tar f a A|f a 600 B\n", NULL, "ADD x.tar /",
	  "f a 600 A B\n" },
	{ "a tree replaced by a file", "t x.tar d d|f d/a A|f d D\n", NULL, "ADD x.tar /",
	  "f d A D\n" },
	{ "through a link of the base", "t x.tar f l/a A\n", "l l real\nd real\n",
	  "ADD x.tar /", "d real N\nf real/a A A\n" },
	{ "through an absolute link: what is unpacked to is the root",
	  "t x.tar f l/a A\n", "d t\nl t/l /real\nd t/real\nd real\n", "ADD x.tar /t/",
	  "d t B\nd t/real N\nf t/real/a A A\n" },
	{ "through a climbing link of the archive",
	  "t x.tar d out|l l ../../out|f l/a A\n", NULL, "ADD x.tar /t/",
	  "d t N\nl t/l A ../../out\nd t/out A\nf t/out/a A A\n" },
	{ "through a link to nothing", "t x.tar f l/a A\n", "d t\nl t/l /real\nd real\n",
	  "ADD x.tar /t/", "! unpack l/a: /l: a link leads to nothing" },
	{ "below new directories of a linked one", "t x.tar f l/p/a A\n",
	  "d t\nl t/l real\nd t/real\n", "ADD x.tar /t/",
	  "d t B\nd t/real N\nd t/real/p N\nf t/real/p/a A A\n" },
	{ "a hard link to a symbolic one", "t x.tar l l a|h m l\n", NULL, "ADD x.tar /t/",
	  "d t N\nl t/l A a\nl t/m A a\n" },
	{ "whiteout names are left out", "t x.tar f .wh.a|f b B|f c/.wh..wh..opq\n",
	  "f a A\n", "ADD x.tar /", "f b A B\n" },
	{ "a fifo", "t x.tar p p 600\n", NULL, "ADD x.tar /", "p p 600 A\n" },
	{ "the device that stands for deleted", "t x.tar c c 600|p p 600\n", NULL,
	  "ADD x.tar /",
	  "! /c: no layer can have the device 0:0: it stands for \"deleted\"" },
	{ "an empty archive is copied", "t x.tar\n", NULL, "ADD x.tar /t/",
	  "d t N\nf t/x.tar S " },
	{ "no archive is copied", "f x.tar text\n", NULL, "ADD x.tar /t/",
	  "d t N\nf t/x.tar S text\n" },
	{ "each match of a pattern", "t x1.tar f a A\nt x2.tar f b B\nf x3.tar no\n",
	  NULL, "ADD x*.tar /t/", "d t N\nf t/a A A\nf t/b A B\nf t/x3.tar S no\n" },
	{ "a link to an archive", "t x.tar f a A\nl y x.tar\n", NULL, "ADD y /t/",
	  "d t N\nf t/a A A\n" },
	{ "COPY does not unpack", "t x.tar\n", NULL, "COPY x.tar /t/",
	  "d t N\nf t/x.tar S " },
	{ "a directory is copied", "d s\nf s/a A\n", NULL, "ADD s /t",
	  "d t S\nf t/a S A\n" },
	{ "a missing archive", "", NULL, "ADD x.tar /t/", "! \"/x.tar\": not found" },
	{ "a file in place of the destination", "t x.tar f a A\n", "f t old\n",
	  "ADD x.tar /t/", "! mkdir /t: not a directory" },
};

static void
chown_says_who_owns_copies_and_parents(void **state)
{
	copy_rows_check(*state, owners, N(owners));
}

static void
chmod_is_octal_or_symbolic(void **state)
{
	copy_rows_check(*state, modes, N(modes));
}

static void
exclusions_apply_below_the_source(void **state)
{
	copy_rows_check(*state, excludes, N(excludes));
}

static void
parents_keep_the_path(void **state)
{
	copy_rows_check(*state, parents, N(parents));
}

static void
a_linked_layer_knows_nothing_of_its_base(void **state)
{
	copy_rows_check(*state, independent, N(independent));
}

static void
archives_are_unpacked_by_add(void **state)
{
	copy_rows_check(*state, archives, N(archives));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(chown_says_who_owns_copies_and_parents),
		fixture_test(chmod_is_octal_or_symbolic),
		fixture_test(exclusions_apply_below_the_source),
		fixture_test(parents_keep_the_path),
		fixture_test(a_linked_layer_knows_nothing_of_its_base),
		fixture_test(archives_are_unpacked_by_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
