/* What 16-bit floats cost two models that are equal without rounding: private
 * to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_ROUNDING_H
#define TESSERA_LIB_MEASURE_ROUNDING_H

#include "sides.h"
#include "strength.h"

/* Runs `narrow` as written and `wide`, the same models without 16-bit floats,
 * on the same inputs. Sets `report`'s rounding figures, and `equal` to false
 * where the second model rounds more than the first (verify.h). */
TESS_MUST_USE tess_status_t tess_rounding_compare(
    const tess_sides_t *narrow, const tess_sides_t *wide,
    tess_strength_t strength, const tess_verify_options_t *options,
    tess_verify_report_t *report);

#endif
