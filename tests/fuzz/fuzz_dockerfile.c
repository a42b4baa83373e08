/* Any bytes as a Dockerfile, and its ONBUILD triggers once more on their own. */
#include <assert.h>

#include "base/base.h"
#include "parser/dockerfile.h"
#include "parser/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void
check_error(struct text bytes, const struct error *err)
{
	auto_buf struct buf frame = BUF_INIT;

	assert(err->code == ERR_DOCKERFILE && err->text != NULL && err->file != NULL);
	frame_print(&frame, bytes, err->file, err->at, err->n_at);
}

static void
read_trigger(struct dockerfile *df, const struct instruction *in)
{
	auto_error struct error err = ERROR_INIT;
	struct instruction out;

	if (in->kind != INSTR_ONBUILD)
		return;
	if (dockerfile_parse_trigger(df, in->trigger, in->at, &out, &err) < 0)
		check_error(df->bytes, &err);
	else
		assert(out.at.line == in->at.line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct text text = { (const char *)bytes, n };
	auto_error struct error err = ERROR_INIT;
	struct dockerfile *df = dockerfile_parse(text, "Dockerfile", &err);

	if (df == NULL) {
		check_error(text, &err);
		return 0;
	}
	assert(err.code == ERR_NONE && df->stages.n > 0);
	for (size_t i = 0; i < df->stages.n; i++)
		for (size_t k = 0; k < df->stages.at[i].instructions.n; k++)
			read_trigger(df, &df->stages.at[i].instructions.at[k]);
	dockerfile_free(df);
	return 0;
}
