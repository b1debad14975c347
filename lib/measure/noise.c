/* A model's own sensitivity to rounding, found by nudging its inputs. */
#include "noise.h"
#include "compare.h"
#include "elements.h"
#include "tessera/base/arena.h"
#include "tessera/base/random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The bits of a float next to `x` are those of an integer next to its own. */
static void nudge(const tess_tensor_t *tensor, int64_t index, bool up) {
  int64_t bytes = tess_dtype_bytes(tensor->dtype);
  char *place = (char *)tensor->data + index * bytes;
  double before = tess_element_get(tensor, index);
  if (before == 0 || !isfinite(before))
    return;
  uint64_t bits = 0;
  memcpy(&bits, place, (size_t)bytes);
  bits = up ? bits + 1 : bits - 1;
  memcpy(place, &bits, (size_t)bytes);
  if (!isfinite(tess_element_get(tensor, index)))
    tess_element_set(tensor, index, before);
}

static void nudge_inputs(const tess_sides_t *sides, uint64_t seed) {
  for (int32_t i = 0; i < sides->input_count; i++) {
    const tess_tensor_t *input = &sides->inputs[i];
    tess_random_t random = tess_random_make(seed, (uint64_t)i);
    for (int64_t e = 0; e < input->elements; e++)
      if (tess_dtype_is_float(input->dtype))
        nudge(input, e, tess_random_below(&random, 2) == 1);
  }
}

static tess_tensor_t *copy_outputs(const tess_sides_t *sides) {
  tess_tensor_t *copies =
      tess_alloc(((size_t)sides->output_count + 1) * sizeof *copies);
  for (int32_t i = 0; i < sides->output_count; i++) {
    const tess_tensor_t *output = &sides->a.outputs[i];
    copies[i] = tess_tensor_allocate(output);
    memcpy(copies[i].data, output->data,
           (size_t)(output->elements * tess_dtype_bytes(output->dtype)));
  }
  return copies;
}

tess_status_t tess_noise_measure(const tess_sides_t *sides,
                                 const tess_verify_options_t *options,
                                 tess_verify_report_t *report, double *moved) {
  tess_tensor_t *before = copy_outputs(sides);
  nudge_inputs(sides, options->first_seed);
  tess_status_t status = tess_sides_run(sides, options, report);
  *moved = 0;
  for (int32_t i = 0; i < sides->output_count; i++) {
    double change = tess_compare(&before[i], &sides->a.outputs[i]).greatest;
    *moved = fmax(*moved, change);
    free(before[i].data);
  }
  free(before);
  return status;
}
