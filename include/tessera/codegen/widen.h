/* The same program with more digits: 16-bit floats become f32. For comparing
 * what two programs compute apart from how they round. Includes mlir-c. */
#ifndef TESSERA_CODEGEN_WIDEN_H
#define TESSERA_CODEGEN_WIDEN_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes every bf16 and f16 of `module` an f32: arguments, results, constants
 * and accumulators; casts between them go. `widened`: whether there was any.
 * TESS_UNSUPPORTED where the result is no valid program, as where bits of a
 * 16-bit float are taken for an integer's: the module is then of no use. */
TESS_MUST_USE tess_status_t tess_widen(MlirModule module, bool *widened);

#ifdef __cplusplus
}
#endif

#endif
