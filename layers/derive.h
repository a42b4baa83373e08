/*
 * derive: forms of a layer out of the ones it has.
 *
 *	     to  TREE   DIR    TAR    BLOB
 *	from
 *	TAR      yes    yes    -      no: compress.h, on the way out
 *	DIR      yes    -      yes    no
 *	BLOB     yes    yes    yes    -        one pass for all that is wanted
 *	nothing  a pulled layer fetches its BLOB first, or meanwhile (blob_stream.h)
 *
 * A TREE is never made from a DIR: that of a RUN has entries that are not in the
 * layer, that of a user without privileges has not the owners.
 */
#ifndef LAYERS_DERIVE_H
#define LAYERS_DERIVE_H

#include "layers/layer_state.h"

/* Makes the forms of the set WANTED, none of which is there. Only the thread
 * that is busy with L calls this. */
int
derive(struct layer *l, unsigned wanted, const struct cancel *cancel, struct error *err);

#endif
