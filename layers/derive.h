/*
 * derive: makes forms of a layer from the forms that it has.
 *
 *	     to  TREE   DIR    TAR    BLOB
 *	from
 *	TAR      yes    yes    -      no: compress.h, on the way out
 *	DIR      yes    -      yes    no
 *	BLOB     yes    yes    yes    -        one pass for all requested forms
 *	nothing  a pulled layer fetches its BLOB first, or meanwhile (blob_stream.h)
 *
 * A TREE is never made from a DIR: a RUN's DIR has entries that are not in the
 * layer, and a normal user's DIR lacks the owners.
 */
#ifndef LAYERS_DERIVE_H
#define LAYERS_DERIVE_H

#include "layers/layer_state.h"

/* Makes the forms of the set WANTED, none of which exists. Only the thread
 * that is busy with L calls this. */
int
derive(struct layer *l, unsigned wanted, const struct cancel *cancel, struct error *err);

#endif
