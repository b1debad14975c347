/* Two compiled models with inputs and outputs: private to lib/measure. */
#ifndef TESSERA_LIB_MEASURE_SIDES_H
#define TESSERA_LIB_MEASURE_SIDES_H

#include "inputs.h"
#include "tessera/measure/verify.h"

/* One of the two. The name is owned. */
typedef struct tess_side {
  MlirOperation function;
  char *name;
  tess_jit_t *jit;
  tess_tensor_t *outputs;
} tess_side_t;

/* Both, with one set of inputs and another that differs in what tess_draw_t
 * calls data and shares the memory of all else. */
typedef struct tess_sides {
  tess_side_t a, b;
  tess_tensor_t *inputs, *others;
  tess_draw_t *draws;
  int32_t input_count, output_count;
} tess_sides_t;

/* Compiles the functions (NULL: the only one) of two modules and allocates
 * what they read and write. TESS_MISMATCH where their types differ,
 * TESS_UNSUPPORTED where only b has some arguments. Release also after an
 * error. */
TESS_MUST_USE tess_status_t
tess_sides_open(MlirModule a, MlirModule b,
                const tess_verify_options_t *options, tess_sides_t *sides);
void tess_sides_release(tess_sides_t *sides);

/* Runs both on the inputs at the same time, each on a core where there are
 * two. Counts the runs in `report` and keeps the least time of each;
 * TESS_INTERRUPTED before them. */
TESS_MUST_USE tess_status_t tess_sides_run(const tess_sides_t *sides,
                                           const tess_verify_options_t *options,
                                           tess_verify_report_t *report);

/* The same with a alone: on the inputs, and on the others into b's outputs. */
TESS_MUST_USE tess_status_t tess_sides_run_first(
    const tess_sides_t *sides, const tess_verify_options_t *options,
    tess_verify_report_t *report);

#endif
