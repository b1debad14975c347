/* TOSA's convolutions, products, pools and reductions. */
#include "elements.h"
#include "interpret.h"
#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "tessera/ir/reader.h"
#include <math.h>
#include <string.h>

/* The type that a sum is taken in. */
static tess_dtype_t sum_type(const tess_step_t *step) {
  MlirAttribute type = tess_step_attribute(step, "acc_type");
  if (!mlirAttributeIsNull(type) && mlirAttributeIsAType(type))
    return tess_ir_dtype(mlirTypeAttrGetValue(type));
  return tess_dtype_is_float(step->out.dtype) ? step->out.dtype : TESS_I32;
}

/* A sum of products under construction. */
typedef struct sum {
  tess_dtype_t type;
  tess_number_t total;
  double terms;
  bool fractions; /* some term is no integer */
} sum_t;

static void add_term(sum_t *sum, const tess_number_t *x) {
  sum->total.value += x->value;
  sum->total.whole += x->whole;
  sum->total.rounding += x->rounding;
  sum->total.residue += x->residue;
  sum->total.mass += fabs(x->value);
  sum->fractions = sum->fractions || x->value != rint(x->value);
  sum->terms++;
}

static void add_product(sum_t *sum, const tess_number_t *x, int64_t zero_x,
                        const tess_number_t *y, int64_t zero_y) {
  tess_number_t p = {0};
  if (tess_dtype_is_float(sum->type)) {
    p.value = x->value * y->value;
    p.rounding = fabs(x->value) * y->rounding + fabs(y->value) * x->rounding +
                 x->rounding * y->rounding;
    p.residue = fabs(x->value) * y->residue + fabs(y->value) * x->residue +
                x->residue * y->residue;
  } else {
    p.whole = (x->whole - zero_x) * (y->whole - zero_y);
    p.value = (double)p.whole;
  }
  add_term(sum, &p);
}

/* k terms, and as many products: 2 k roundings of the sum's type, then one of
 * the result's. */
static void close_sum(const sum_t *sum, tess_dtype_t type, tess_number_t *z) {
  tess_number_t total = sum->total;
  if (!tess_dtype_is_float(type)) {
    tess_scalar_set_whole(z, type, total.whole);
    return;
  }
  bool exact = !sum->fractions && total.rounding == 0 &&
               total.mass * tess_scalar_unit(sum->type) <= 0.5 &&
               total.mass * tess_scalar_unit(type) <= 0.5;
  if (exact) {
    tess_scalar_finish(z, type, total.value, 0, 0, 0);
    return;
  }
  double units = 2 * (sum->terms + 1);
  total.rounding +=
      units * tess_scalar_unit(sum->type) * (total.mass + total.rounding);
  if (type != sum->type)
    total.rounding += tess_scalar_unit(sum->type) * fabs(total.value);
  total.residue += units * 0x1p-53 * (total.mass + total.residue);
  tess_scalar_finish(z, type, total.value, total.rounding, total.residue, 1);
}

/* ---- Convolutions: data N H W C. ---- */

typedef struct conv {
  const tess_array_t *x, *w, *bias;
  int64_t pad[4], stride[2], dilation[2];
  int64_t zero_x, zero_w, multiplier;
  bool depthwise;
} conv_t;

/* Filters: O KH KW C, or KH KW C M where depthwise. */
static const tess_number_t *tap(const conv_t *c, const int64_t o[4], int64_t ky,
                                int64_t kx, int64_t channel) {
  const int64_t *w = c->w->shape;
  int64_t at = c->depthwise ? ((ky * w[1] + kx) * w[2] + channel) * w[3] +
                                  o[3] % c->multiplier
                            : ((o[3] * w[1] + ky) * w[2] + kx) * w[3] + channel;
  return &c->w->at[at];
}

static void sum_pixel(const conv_t *c, const int64_t o[4], int64_t ky,
                      int64_t kx, sum_t *sum) {
  const int64_t *x = c->x->shape;
  int64_t y = o[1] * c->stride[0] - c->pad[0] + ky * c->dilation[0];
  int64_t col = o[2] * c->stride[1] - c->pad[2] + kx * c->dilation[1];
  if (y < 0 || y >= x[1] || col < 0 || col >= x[2])
    return;
  int64_t first = c->depthwise ? o[3] / c->multiplier : 0;
  int64_t end = c->depthwise ? first + 1 : x[3];
  for (int64_t i = first; i < end; i++)
    add_product(sum, &c->x->at[((o[0] * x[1] + y) * x[2] + col) * x[3] + i],
                c->zero_x, tap(c, o, ky, kx, i), c->zero_w);
}

static tess_status_t open_conv(const tess_step_t *step, conv_t *c) {
  *c = (conv_t){.x = step->in[0],
                .w = step->in[1],
                .bias = step->in[2],
                .depthwise = strcmp(step->name, "tosa.depthwise_conv2d") == 0};
  if (tess_step_list(step, "pad", c->pad) != 4 ||
      tess_step_list(step, "stride", c->stride) != 2 ||
      tess_step_list(step, "dilation", c->dilation) != 2)
    return tess_error(TESS_UNSUPPORTED, "a convolution of an odd kind");
  if (step->in_count > 4) {
    c->zero_x = step->in[3]->at[0].whole;
    c->zero_w = step->in[4]->at[0].whole;
  }
  c->multiplier = c->depthwise ? c->w->shape[3] : 1;
  return TESS_SUCCESS;
}

static tess_status_t convolve(tess_step_t *step) {
  conv_t c;
  int64_t o[4] = {0};
  TESS_TRY(open_conv(step, &c));
  const int64_t *w = c.w->shape;
  for (int64_t e = 0; e < step->out.count; e++) {
    sum_t sum = {.type = sum_type(step)};
    for (int64_t ky = 0; ky < w[c.depthwise ? 0 : 1]; ky++)
      for (int64_t kx = 0; kx < w[c.depthwise ? 1 : 2]; kx++)
        sum_pixel(&c, o, ky, kx, &sum);
    /* The bias may be added after rounding to the result's type. */
    bool narrows = step->out.dtype != sum.type && sum.fractions;
    double early = narrows ? fabs(sum.total.value) + sum.total.rounding : 0;
    sum.total.rounding += tess_scalar_unit(step->out.dtype) * early;
    add_term(&sum, &c.bias->at[c.bias->count > 1 ? o[3] : 0]);
    close_sum(&sum, step->out.dtype, &step->out.at[e]);
    tess_next_index(4, step->out.shape, o);
  }
  return TESS_SUCCESS;
}

/* N H C by N C W. */
static tess_status_t multiply(tess_step_t *step) {
  const tess_array_t *a = step->in[0], *b = step->in[1];
  int64_t zero_a = step->in_count > 3 ? step->in[2]->at[0].whole : 0;
  int64_t zero_b = step->in_count > 3 ? step->in[3]->at[0].whole : 0;
  int64_t o[3] = {0}, depth = a->shape[2];
  for (int64_t e = 0; e < step->out.count; e++) {
    sum_t sum = {.type = sum_type(step)};
    for (int64_t k = 0; k < depth; k++)
      add_product(&sum, &a->at[(o[0] * a->shape[1] + o[1]) * depth + k], zero_a,
                  &b->at[(o[0] * depth + k) * b->shape[2] + o[2]], zero_b);
    close_sum(&sum, step->out.dtype, &step->out.at[e]);
    tess_next_index(3, step->out.shape, o);
  }
  return TESS_SUCCESS;
}

tess_status_t tess_run_tosa_contraction(tess_frame_t *frame, tess_step_t *step,
                                        bool *known) {
  (void)frame;
  *known = true;
  if (strcmp(step->name, "tosa.conv2d") == 0 ||
      strcmp(step->name, "tosa.depthwise_conv2d") == 0)
    return convolve(step);
  if (strcmp(step->name, "tosa.matmul") == 0)
    return multiply(step);
  *known = false;
  return TESS_SUCCESS;
}

/* ---- Windows and reductions. ---- */

static tess_number_t greatest_of(tess_dtype_t type, const tess_number_t *x,
                                 const tess_number_t *y) {
  const tess_scalar_t op = {.kind = tess_scalar_find(tess_dtype_is_float(type)
                                                         ? "arith.maximumf"
                                                         : "arith.maxsi"),
                            .from = type,
                            .to = type};
  const tess_number_t in[3] = {*x, *y};
  tess_number_t z;
  op.kind->run(&op, in, &z);
  return z;
}

/* TOSA's average of i8: the specification's reciprocal_scale and
 * apply_scale_32. */
static int64_t average(int64_t sum, int64_t count) {
  int k = 0;
  while (count > 1 && ((count - 1) >> k) > 0)
    k++;
  int64_t multiplier =
      (int64_t)((((__int128)1 << 30) + 1) * ((__int128)1 << k) / count);
  int64_t shift = 30 + k;
  return (
      int64_t)(((__int128)sum * multiplier + ((__int128)1 << (shift - 1))) >>
               shift);
}

static void close_average(const tess_step_t *step, sum_t *sum,
                          tess_number_t *z) {
  if (tess_dtype_is_float(step->out.dtype)) {
    tess_number_t total;
    double count = sum->terms;
    close_sum(sum, sum->type, &total);
    tess_scalar_finish(z, step->out.dtype, total.value / count,
                       total.rounding / count, total.residue / count, 2);
    return;
  }
  int64_t count = (int64_t)sum->terms;
  int64_t zero_in = step->in[1]->at[0].whole;
  int64_t mean = average(sum->total.whole - count * zero_in, count) +
                 step->in[2]->at[0].whole;
  tess_scalar_set_whole(z, step->out.dtype,
                        mean < -128  ? -128
                        : mean > 127 ? 127
                                     : mean);
}

typedef struct pool {
  int64_t kernel[2], stride[2], pad[4];
} pool_t;

/* Visits the pixels of the window of an output. */
static void pool_pixels(const tess_step_t *step, const pool_t *p,
                        const int64_t o[4], sum_t *sum, tess_number_t *best) {
  const tess_array_t *x = step->in[0];
  for (int64_t k = 0; k < p->kernel[0] * p->kernel[1]; k++) {
    int64_t y = o[1] * p->stride[0] - p->pad[0] + k / p->kernel[1];
    int64_t col = o[2] * p->stride[1] - p->pad[2] + k % p->kernel[1];
    if (y < 0 || y >= x->shape[1] || col < 0 || col >= x->shape[2])
      continue;
    const tess_number_t *pixel =
        &x->at[((o[0] * x->shape[1] + y) * x->shape[2] + col) * x->shape[3] +
               o[3]];
    *best =
        sum->terms == 0 ? *pixel : greatest_of(step->out.dtype, best, pixel);
    add_term(sum, pixel);
  }
}

static tess_status_t pool(tess_step_t *step, bool mean) {
  pool_t p;
  int64_t o[4] = {0};
  if (tess_step_list(step, "kernel", p.kernel) != 2 ||
      tess_step_list(step, "stride", p.stride) != 2 ||
      tess_step_list(step, "pad", p.pad) != 4)
    return tess_error(TESS_UNSUPPORTED, "a pool of an odd kind");
  for (int64_t e = 0; e < step->out.count; e++) {
    sum_t sum = {.type = sum_type(step)};
    tess_number_t best = {0};
    pool_pixels(step, &p, o, &sum, &best);
    if (mean)
      close_average(step, &sum, &step->out.at[e]);
    else
      step->out.at[e] = best;
    tess_next_index(4, step->out.shape, o);
  }
  return TESS_SUCCESS;
}

/* One element of a reduction along an axis. */
static tess_status_t reduce(tess_step_t *step, bool sums) {
  const tess_array_t *in = step->in[0];
  int64_t axis = tess_step_integer(step, "axis", 0), strides[8], index[8] = {0};
  tess_array_strides(in, strides);
  for (int64_t e = 0; e < step->out.count; e++) {
    sum_t sum = {.type = step->out.dtype};
    tess_number_t best = {0};
    int64_t first = 0;
    for (int32_t d = 0; d < in->rank; d++)
      first += index[d] * strides[d];
    for (int64_t i = 0; i < in->shape[axis]; i++) {
      const tess_number_t *x = &in->at[first + i * strides[axis]];
      best = i == 0 ? *x : greatest_of(step->out.dtype, &best, x);
      add_term(&sum, x);
    }
    if (sums)
      close_sum(&sum, step->out.dtype, &step->out.at[e]);
    else
      step->out.at[e] = best;
    tess_next_index(step->out.rank, step->out.shape, index);
  }
  return TESS_SUCCESS;
}

tess_status_t tess_run_tosa_window(tess_frame_t *frame, tess_step_t *step,
                                   bool *known) {
  (void)frame;
  *known = true;
  if (strcmp(step->name, "tosa.avg_pool2d") == 0)
    return pool(step, true);
  if (strcmp(step->name, "tosa.max_pool2d") == 0)
    return pool(step, false);
  if (strcmp(step->name, "tosa.reduce_sum") == 0)
    return reduce(step, true);
  if (strcmp(step->name, "tosa.reduce_max") == 0)
    return reduce(step, false);
  *known = false;
  return TESS_SUCCESS;
}
