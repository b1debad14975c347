/* What rounding alone may change in a model's outputs: private to
 * lib/measure. */
#ifndef TESSERA_LIB_MEASURE_NOISE_H
#define TESSERA_LIB_MEASURE_NOISE_H

#include "sides.h"

/* Moves every real input by one unit in the last place, up or down, and runs
 * again. `moved`: the greatest change of a's outputs against their last run,
 * relative to the output's greatest magnitude. Inputs and outputs are changed
 * afterwards. */
TESS_MUST_USE tess_status_t tess_noise_measure(
    const tess_sides_t *sides, const tess_verify_options_t *options,
    tess_verify_report_t *report, double *moved);

#endif
