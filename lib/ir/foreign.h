/* Dialects of other projects, and how to get from them to what is read here.
 * Private to lib/ir. */
#ifndef TESSERA_IR_FOREIGN_H
#define TESSERA_IR_FOREIGN_H

#include <stddef.h>

/* What to run for a dialect, or for an op of it ("stablehlo", "torch.aten"),
 * or NULL where nothing is known. */
const char *tess_foreign_advice(const char *name, size_t length);

#endif
