/* Compares two tensors element by element. */
#include "compare.h"
#include "elements.h"
#include <math.h>
#include <string.h>

/* Relative to the largest magnitude of the output. Exact rewrites of
 * EfficientNet-B0's 82 layers differ by 1e-7 to 2e-6 in f32 under the inputs
 * that verify draws, a change of one activation by 1e-3 and more: 1e-4 lies
 * between. Shorter types keep the ratio to their precision. Integers are
 * exact. */
double tess_compare_tolerance(tess_dtype_t type) {
  switch (type) {
  case TESS_F32:
    return 1e-4;
  case TESS_F64:
    return 1e-10;
  case TESS_F16:
    return 1e-2;
  case TESS_BF16:
    return 3e-2;
  default:
    return 0;
  }
}

static double magnitude(const tess_tensor_t *tensor) {
  double greatest = 0;
  for (int64_t i = 0; i < tensor->elements; i++)
    greatest = fmax(greatest, fabs(tess_element_get(tensor, i)));
  return greatest;
}

static void note(tess_difference_t *difference, double error, int64_t element,
                 double a, double b) {
  if (!(error > difference->greatest))
    return;
  difference->greatest = error;
  difference->element = element;
  difference->a = a;
  difference->b = b;
}

tess_difference_t tess_compare(const tess_tensor_t *a, const tess_tensor_t *b) {
  tess_difference_t difference = {.all_zero = true};
  double scale = magnitude(a);
  for (int64_t i = 0; i < a->elements; i++) {
    double x = tess_element_get(a, i), y = tess_element_get(b, i);
    difference.all_zero = difference.all_zero && x == 0 && y == 0;
    bool finite = isfinite(x) && isfinite(y);
    difference.not_finite += !finite;
    if (!finite)
      note(&difference, (double)INFINITY, i, x, y);
    else if (x != y)
      note(&difference, fabs(x - y) / scale, i, x, y);
  }
  if (a->elements > 0 && difference.greatest == 0) {
    difference.a = tess_element_get(a, 0);
    difference.b = tess_element_get(b, 0);
  }
  return difference;
}

void tess_poison(const tess_tensor_t *tensor, int side) {
  int pattern = tess_dtype_is_float(tensor->dtype) || side == 0 ? 0xff : 0x54;
  memset(tensor->data, pattern,
         (size_t)(tensor->elements * tess_dtype_bytes(tensor->dtype)));
}
