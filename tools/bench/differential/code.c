/* Compiled code against the interpreter. */
#include "tessera/base/half.h"
#include "tessera/codegen/jit.h"
#include "trial.h"
#include <math.h>
#include <string.h>

static void *pack(tess_arena_t *arena, const tess_array_t *array,
                  int64_t bytes) {
  void *data = tess_arena_array(arena, (size_t)array->count + 1, (size_t)bytes);
  for (int64_t i = 0; i < array->count; i++) {
    double x = array->at[i].value;
    switch (array->dtype) {
    case TESS_F32:
      ((float *)data)[i] = (float)x;
      break;
    case TESS_BF16:
    case TESS_F16:
      ((uint16_t *)data)[i] = tess_half_bits(array->dtype, x);
      break;
    case TESS_I32:
      ((int32_t *)data)[i] = (int32_t)x;
      break;
    default:
      ((int8_t *)data)[i] = (int8_t)x;
    }
  }
  return data;
}

static double unpack(const tess_tensor_t *tensor, int64_t i) {
  switch (tensor->dtype) {
  case TESS_F32:
    return (double)((const float *)tensor->data)[i];
  case TESS_BF16:
  case TESS_F16:
    return tess_half_value(tensor->dtype, ((const uint16_t *)tensor->data)[i]);
  case TESS_I32:
    return ((const int32_t *)tensor->data)[i];
  default:
    return ((const int8_t *)tensor->data)[i];
  }
}

/* Code against the interpreter's bounds on the same module. */
static void compare_code(diff_trial_t *t, const char *candidate,
                         const tess_array_t *want, const tess_tensor_t *got,
                         int32_t count) {
  for (int32_t i = 0; i < count; i++)
    for (int64_t e = 0; e < want[i].count; e++) {
      const tess_number_t *x = &want[i].at[e];
      double y = unpack(&got[i], e), bound = x->rounding + x->residue;
      if (!isfinite(bound) || (isnan(x->value) && isnan(y)) || x->value == y ||
          fabs(x->value - y) <= bound)
        continue;
      diff_fail(t, candidate,
                "compiled, result %d, element %lld: %.9g, interpreted %.17g; "
                "rounding explains %.3g",
                i, (long long)e, y, x->value, bound);
      return;
    }
}

tess_status_t diff_run_code(diff_trial_t *t, MlirModule module,
                            const char *candidate, const tess_array_t *want) {
  tess_jit_t *jit;
  tess_arena_t arena = TESS_ARENA_INIT;
  TESS_TRY(tess_jit_create(module, diff_entry(t), &jit));
  int32_t in = tess_jit_input_count(jit), out = tess_jit_output_count(jit);
  tess_tensor_t *inputs =
      tess_arena_array(&arena, (size_t)in + 1, sizeof *inputs);
  tess_tensor_t *outputs =
      tess_arena_array(&arena, (size_t)out + 1, sizeof *outputs);
  for (int32_t i = 0; i < in; i++) {
    inputs[i] = *tess_jit_input(jit, i);
    inputs[i].data =
        pack(&arena, &t->inputs[i], tess_dtype_bytes(inputs[i].dtype));
  }
  for (int32_t i = 0; i < out; i++) {
    outputs[i] = *tess_jit_output(jit, i);
    size_t bytes =
        (size_t)(outputs[i].elements * tess_dtype_bytes(outputs[i].dtype));
    outputs[i].data = tess_arena_alloc(&arena, bytes + 1);
    memset(outputs[i].data, 0xff, bytes); /* NaN */
  }
  tess_status_t status = tess_jit_run(jit, inputs, outputs);
  if (!status)
    compare_code(t, candidate, want, outputs, out);
  t->tally->jit_runs++;
  tess_jit_destroy(jit);
  tess_arena_free(&arena);
  return status;
}
