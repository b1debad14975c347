/* Generic systolic arrays by name, "systolic:128x128:ws". Private to
 * lib/target. */
#ifndef TESSERA_LIB_TARGET_SYSTOLIC_H
#define TESSERA_LIB_TARGET_SYSTOLIC_H

#include "tessera/base/status.h"
#include "tessera/base/text.h"

/* Whether the name is one of an array, well formed or not. */
bool tess_systolic_is_name(const char *name);

/* The target file of the array. Errors: TESS_INVALID, with what to write. */
TESS_MUST_USE tess_status_t tess_systolic_write(const char *name,
                                                tess_text_t *json);

#endif
