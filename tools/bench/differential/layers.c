/* The kinds of layers, each drawn from the layer's own random numbers. */
#include "emit.h"
#include <stdio.h>
#include <string.h>

/* Above this an image is not made larger: models stay quick to run. */
enum { MAX_CHANNELS = 24, MAX_ELEMENTS = 6000 };

/* A value to go on from: the last one as a rule. */
const diff_image_t *diff_choose_input(diff_emitter_t *e) {
  int32_t last = e->image_count - 1;
  return &e->images[diff_chance(e, 80) ? last : diff_pick(e, 0, last)];
}

/* Remembers a value; false where there is no room. */
bool diff_keep(diff_emitter_t *e, const diff_image_t *x) {
  if (e->image_count >= DIFF_VALUES)
    return false;
  e->images[e->image_count++] = *x;
  return true;
}

static bool is_whole(const diff_emitter_t *e) { return e->model->whole; }
static bool is_i8(const diff_emitter_t *e) {
  return e->model->dtype == TESS_I8;
}

/* ---- Convolutions. ---- */

static int64_t draw_kernel(diff_emitter_t *e) {
  static const int64_t kernels[] = {1, 1, 2, 3, 3, 3, 4, 5, 7};
  return kernels[diff_pick(e, 0, 8)];
}

void diff_draw_window(diff_emitter_t *e, diff_conv_t *c) {
  c->kh = c->kw = draw_kernel(e);
  if (diff_chance(e, 20))
    c->kw = draw_kernel(e);
  c->sh = c->sw = diff_chance(e, 55) ? 1 : diff_pick(e, 2, 3);
  if (diff_chance(e, 8))
    c->sw = diff_pick(e, 1, 3);
  c->dh = c->dw = 1;
  if (diff_chance(e, 20) && c->kh > 1)
    c->dh = c->dw = 2;
}

void diff_draw_pads(diff_emitter_t *e, diff_conv_t *c) {
  int64_t fit_h = c->dh * (c->kh - 1), fit_w = c->dw * (c->kw - 1);
  switch (diff_pick(e, 0, 3)) {
  case 0:
    break; /* none */
  case 1:
    c->top = fit_h / 2, c->bottom = fit_h - c->top;
    c->left = fit_w / 2, c->right = fit_w - c->left;
    break;
  case 2:
    c->top = c->bottom = c->kh / 2;
    c->left = c->right = c->kw / 2;
    break;
  default:
    c->top = diff_pick(e, 0, 3), c->bottom = diff_pick(e, 0, 3);
    c->left = diff_pick(e, 0, 3), c->right = diff_pick(e, 0, 3);
  }
}

/* TOSA wants whole strides: more padding after the data. */
static int64_t whole_stride(int64_t size, int64_t low, int64_t high, int64_t k,
                            int64_t dilation, int64_t stride) {
  int64_t room = size + low + high - dilation * (k - 1) - 1;
  if (room < 0)
    high -= room, room = 0;
  return high + (stride - room % stride) % stride;
}

/* The padding after the data such that there is an output. */
void diff_fit_pads(const diff_emitter_t *e, const diff_image_t *x,
                   diff_conv_t *c) {
  bool tosa = e->tosa;
  c->bottom =
      whole_stride(x->h, c->top, c->bottom, c->kh, c->dh, tosa ? c->sh : 1);
  c->right =
      whole_stride(x->w, c->left, c->right, c->kw, c->dw, tosa ? c->sw : 1);
}

static bool conv_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  diff_conv_t c = {.groups = 1, .multiplier = 1};
  diff_draw_window(e, &c);
  diff_draw_pads(e, &c);
  diff_fit_pads(e, x, &c);
  c.outputs = diff_pick(e, 1, 12);
  if (x->c % 2 == 0 && diff_chance(e, 15)) {
    c.groups = x->c % 3 == 0 && diff_chance(e, 50) ? 3 : 2;
    c.outputs = c.groups * diff_pick(e, 1, 4);
  }
  diff_image_t z = diff_convolve(e, x, &c);
  return diff_keep(e, &z);
}

static bool depthwise_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  diff_conv_t c = {.groups = x->c, .multiplier = 1, .depthwise = true};
  diff_draw_window(e, &c);
  diff_draw_pads(e, &c);
  diff_fit_pads(e, x, &c);
  if (diff_chance(e, 20) && x->c < 9 && (e->tosa || !e->nchw))
    c.multiplier = diff_pick(e, 2, 3);
  c.outputs = x->c * c.multiplier;
  diff_image_t z = diff_convolve(e, x, &c);
  return diff_keep(e, &z);
}

static bool pointwise_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  diff_conv_t c = {.groups = 1, .multiplier = 1, .kh = 1, .kw = 1};
  c.sh = c.sw = diff_chance(e, 80) ? 1 : 2;
  c.dh = c.dw = 1;
  diff_fit_pads(e, x, &c);
  c.outputs = diff_pick(e, 1, 16);
  diff_image_t z = diff_convolve(e, x, &c);
  return diff_keep(e, &z);
}

/* ---- Element by element. ---- */

/* A table of any content: TOSA's activation of i8. */
static bool table_layer(diff_emitter_t *e, const diff_image_t *x) {
  const int64_t size = 256;
  if (!e->tosa)
    return false;
  tess_text_t list = TESS_TEXT_INIT;
  for (int64_t i = 0; i < size; i++)
    tess_text_add(&list, "%s%lld", i ? ", " : "",
                  (long long)diff_pick(e, -128, 127));
  const char *table = diff_name(e);
  tess_text_add(&e->body,
                "  %s = \"tosa.const\"() <{values = dense<[%s]> : "
                "tensor<256xi8>}> : () -> tensor<256xi8>\n",
                table, tess_text_get(&list));
  tess_text_free(&list);
  diff_image_t z = diff_like(e, x);
  diff_line(e, "%s = tosa.table %s, %s : (%s, tensor<256xi8>) -> %s", z.name,
            x->name, table, diff_type(e, x), diff_type(e, &z));
  return diff_keep(e, &z);
}

static bool activation_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  if (is_i8(e))
    return table_layer(e, x);
  diff_image_t z = diff_activate(e, x);
  return diff_keep(e, &z);
}

static bool norm_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  if (is_i8(e))
    return false;
  diff_image_t z = diff_norm(e, x);
  return diff_keep(e, &z);
}

static bool same_size(const diff_image_t *x, const diff_image_t *y) {
  return x->n == y->n && x->h == y->h && x->w == y->w && x->c == y->c;
}

/* The last value and one of its size, itself if there is none. */
static bool residual_layer(diff_emitter_t *e) {
  const diff_image_t *x = &e->images[e->image_count - 1], *y = x;
  for (int32_t i = 0; i + 1 < e->image_count; i++)
    if (same_size(x, &e->images[i]))
      y = &e->images[i];
  if (is_i8(e))
    return false;
  diff_image_t z = diff_sum(e, x, y);
  return diff_keep(e, &z);
}

/* ---- Pools. ---- */

static diff_image_t tosa_pool(diff_emitter_t *e, const diff_image_t *x,
                              const diff_conv_t *c, bool mean) {
  diff_image_t in = diff_to_nhwc(e, x);
  diff_image_t z = diff_sized(
      e, &in, diff_conv_size(x->h, c->top, c->bottom, c->kh, 1, c->sh),
      diff_conv_size(x->w, c->left, c->right, c->kw, 1, c->sw), x->c);
  const char *zero = mean ? diff_zero(e, e->element) : "";
  const char *zeros = mean ? diff_format(e, ", %s, %s", zero, zero) : "";
  const char *types = mean ? diff_format(e, ", tensor<1x%s>, tensor<1x%s>",
                                         e->element, e->element)
                           : "";
  diff_line(e,
            "%s = tosa.%s_pool2d %s%s {%skernel = array<i64: %lld, %lld>, pad "
            "= array<i64: %lld, %lld, %lld, %lld>, stride = array<i64: %lld, "
            "%lld>} : (%s%s) -> %s",
            z.name, mean ? "avg" : "max", in.name, zeros,
            mean ? diff_format(e, "acc_type = %s, ", e->sum) : "",
            (long long)c->kh, (long long)c->kw, (long long)c->top,
            (long long)c->bottom, (long long)c->left, (long long)c->right,
            (long long)c->sh, (long long)c->sw, diff_type_nhwc(e, &in), types,
            diff_type_nhwc(e, &z));
  return diff_from_nhwc(e, &z);
}

static diff_image_t linalg_pool(diff_emitter_t *e, const diff_image_t *x,
                                const diff_conv_t *c) {
  const int64_t pads[] = {c->top, c->bottom, c->left, c->right};
  const int64_t window[] = {c->kh, c->kw};
  const char *least = is_i8(e) ? "-128" : "-6.0e4";
  diff_image_t in = diff_pad(e, x, pads, least);
  diff_image_t z =
      diff_sized(e, &in, diff_conv_size(in.h, 0, 0, c->kh, 1, c->sh),
                 diff_conv_size(in.w, 0, 0, c->kw, 1, c->sw), x->c);
  const char *type = diff_type(e, &z);
  const char *start = diff_filled(e, type, e->element, least);
  const char *empty = diff_name(e);
  const char *kernel = diff_tensor(e, e->element, 2, window);
  diff_line(e, "%s = tensor.empty() : %s", empty, kernel);
  diff_line(e,
            "%s = linalg.pooling_%s_max {dilations = dense<1> : vector<2xi64>, "
            "strides = dense<[%lld, %lld]> : vector<2xi64>} ins(%s, %s : %s, "
            "%s) outs(%s : %s) -> %s",
            z.name, e->nchw ? "nchw" : "nhwc", (long long)c->sh,
            (long long)c->sw, in.name, empty, diff_type(e, &in), kernel, start,
            type, type);
  return z;
}

static bool pool_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  diff_conv_t c = {.dh = 1, .dw = 1};
  c.kh = c.kw = diff_pick(e, 2, 3);
  c.sh = c.sw = diff_pick(e, 1, 2);
  bool mean = e->tosa && !is_whole(e) && diff_chance(e, 50);
  diff_fit_pads(e, x, &c);
  if (c.bottom >= c.kh || c.right >= c.kw)
    return false;
  diff_image_t z = e->tosa ? tosa_pool(e, x, &c, mean) : linalg_pool(e, x, &c);
  if (mean && !is_i8(e))
    e->program->whole = false;
  return diff_keep(e, &z);
}

/* ---- Squeeze-and-excite. ---- */

static diff_image_t tosa_sum(diff_emitter_t *e, const diff_image_t *x) {
  diff_image_t rows = diff_sized(e, x, 1, x->w, x->c);
  diff_image_t z = diff_sized(e, x, 1, 1, x->c);
  int axis = e->nchw ? 2 : 1;
  diff_line(e, "%s = tosa.reduce_sum %s {axis = %d : i32} : (%s) -> %s",
            rows.name, x->name, axis, diff_type(e, x), diff_type(e, &rows));
  diff_line(e, "%s = tosa.reduce_sum %s {axis = %d : i32} : (%s) -> %s", z.name,
            rows.name, axis + 1, diff_type(e, &rows), diff_type(e, &z));
  return z;
}

static diff_image_t linalg_sum(diff_emitter_t *e, const diff_image_t *x) {
  diff_image_t z = diff_sized(e, x, 1, 1, x->c);
  const char *start = diff_filled(e, diff_type(e, &z), e->element, "0.0");
  diff_line(e,
            "%s = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) "
            "-> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (%s)>], "
            "iterator_types = [%s]} ins(%s : %s) outs(%s : %s) {",
            z.name, e->nchw ? "d0, d1, 0, 0" : "d0, 0, 0, d3",
            e->nchw
                ? "\"parallel\", \"parallel\", \"reduction\", \"reduction\""
                : "\"parallel\", \"reduction\", \"reduction\", \"parallel\"",
            x->name, diff_type(e, x), start, diff_type(e, &z));
  diff_line(e, "^bb0(%%x: %s, %%o: %s):", e->element, e->element);
  diff_line(e, "  %%s = arith.addf %%o, %%x : %s", e->element);
  diff_line(e, "  linalg.yield %%s : %s", e->element);
  diff_line(e, "} -> %s", diff_type(e, &z));
  return z;
}

diff_image_t diff_one_by_one(diff_emitter_t *e, const diff_image_t *x,
                             int64_t outputs) {
  const diff_conv_t c = {.groups = 1,
                         .multiplier = 1,
                         .kh = 1,
                         .kw = 1,
                         .sh = 1,
                         .sw = 1,
                         .dh = 1,
                         .dw = 1,
                         .outputs = outputs};
  return diff_convolve(e, x, &c);
}

diff_image_t diff_squeeze(diff_emitter_t *e, const diff_image_t *x) {
  diff_image_t s = e->tosa ? tosa_sum(e, x) : linalg_sum(e, x);
  if (!is_whole(e)) {
    diff_map_t mean = {.operands = 0};
    int sum = diff_operand(&mean, &s);
    double share = 1.0 / (double)(x->h * x->w);
    diff_step(&mean, DIFF_MUL, sum, diff_number(&mean, share));
    s = diff_finish(e, &mean, &s);
  }
  s = diff_one_by_one(e, &s, diff_pick(e, 1, 4));
  diff_map_t relu = {.operands = 0};
  diff_clamp(&relu, diff_operand(&relu, &s), 0, is_whole(e) ? 2 : 3e38);
  s = diff_finish(e, &relu, &s);
  s = diff_one_by_one(e, &s, x->c);
  diff_map_t gate = {.operands = 0};
  int v = diff_operand(&gate, &s);
  if (is_whole(e))
    diff_clamp(&gate, v, 0, 2);
  else if (diff_chance(e, 70))
    diff_step(&gate, DIFF_SIGMOID, v, 0);
  else
    diff_hard_sigmoid(&gate, v);
  s = diff_finish(e, &gate, &s);
  diff_map_t scale = {.operands = 0};
  int data = diff_operand(&scale, x), factor = diff_operand(&scale, &s);
  diff_step(&scale, DIFF_MUL, data, factor);
  return diff_finish(e, &scale, x);
}

static bool squeeze_layer(diff_emitter_t *e) {
  if (is_i8(e))
    return false;
  diff_image_t z = diff_squeeze(e, diff_choose_input(e));
  return diff_keep(e, &z);
}

/* ---- Moving data. ---- */

diff_image_t diff_concat(diff_emitter_t *e, const diff_image_t *x,
                         const diff_image_t *y) {
  diff_image_t z = diff_sized(e, x, x->h, x->w, x->c + y->c);
  int axis = e->nchw ? 1 : 3;
  if (e->tosa)
    diff_line(e, "%s = tosa.concat %s, %s {axis = %d : i32} : (%s, %s) -> %s",
              z.name, x->name, y->name, axis, diff_type(e, x), diff_type(e, y),
              diff_type(e, &z));
  else
    diff_line(e, "%s = tensor.concat dim(%d) %s, %s : (%s, %s) -> %s", z.name,
              axis, x->name, y->name, diff_type(e, x), diff_type(e, y),
              diff_type(e, &z));
  return z;
}

/* Values of equal height and width, side by side. */
static bool concat_layer(diff_emitter_t *e) {
  const diff_image_t *x = &e->images[e->image_count - 1], *y = x;
  for (int32_t i = 0; i + 1 < e->image_count; i++)
    if (e->images[i].h == x->h && e->images[i].w == x->w)
      y = &e->images[i];
  if (x->c + y->c > MAX_CHANNELS)
    return false;
  diff_image_t z = diff_concat(e, x, y);
  return diff_keep(e, &z);
}

static bool slice_layer(diff_emitter_t *e) {
  const diff_image_t *x = diff_choose_input(e);
  diff_image_t z = diff_sized(e, x, diff_pick(e, (x->h + 1) / 2, x->h),
                              diff_pick(e, (x->w + 1) / 2, x->w),
                              diff_pick(e, (x->c + 1) / 2, x->c));
  int64_t at[] = {0, diff_pick(e, 0, x->h - z.h), diff_pick(e, 0, x->w - z.w),
                  diff_pick(e, 0, x->c - z.c)};
  int64_t by[] = {z.n, z.h, z.w, z.c};
  if (e->nchw) {
    int64_t turned[] = {at[0], at[3], at[1], at[2]};
    int64_t sizes[] = {by[0], by[3], by[1], by[2]};
    memcpy(at, turned, sizeof at);
    memcpy(by, sizes, sizeof by);
  }
  if (e->tosa) {
    const char *start = diff_shape(e, 4, at), *size = diff_shape(e, 4, by);
    diff_line(e,
              "%s = tosa.slice %s, %s, %s : (%s, !tosa.shape<4>, "
              "!tosa.shape<4>) -> %s",
              z.name, x->name, start, size, diff_type(e, x), diff_type(e, &z));
  } else {
    diff_line(e,
              "%s = tensor.extract_slice %s[%lld, %lld, %lld, %lld] [%lld, "
              "%lld, %lld, %lld] [1, 1, 1, 1] : %s to %s",
              z.name, x->name, (long long)at[0], (long long)at[1],
              (long long)at[2], (long long)at[3], (long long)by[0],
              (long long)by[1], (long long)by[2], (long long)by[3],
              diff_type(e, x), diff_type(e, &z));
  }
  return diff_keep(e, &z);
}

/* ---- Products. ---- */

/* The pixels as rows: 1 x N H W x C in TOSA, N H W x C in linalg. */
static const char *rows_type(diff_emitter_t *e, const diff_image_t *x,
                             const char *element, int64_t columns) {
  const int64_t dims[] = {1, x->n * x->h * x->w, columns};
  return e->tosa ? diff_tensor(e, element, 3, dims)
                 : diff_tensor(e, element, 2, dims + 1);
}

static const char *to_rows(diff_emitter_t *e, const diff_image_t *x) {
  const char *made = diff_name(e), *type = rows_type(e, x, x->element, x->c);
  const int64_t dims[] = {1, x->n * x->h * x->w, x->c};
  if (e->tosa) {
    const char *shape = diff_shape(e, 3, dims);
    diff_line(e, "%s = tosa.reshape %s, %s : (%s, !tosa.shape<3>) -> %s", made,
              x->name, shape, diff_type_nhwc(e, x), type);
  } else {
    diff_line(e, "%s = tensor.collapse_shape %s [[0, 1, 2], [3]] : %s into %s",
              made, x->name, diff_type_nhwc(e, x), type);
  }
  return made;
}

static diff_image_t from_rows(diff_emitter_t *e, const char *rows,
                              const diff_image_t *like) {
  diff_image_t z = diff_like(e, like);
  const int64_t dims[] = {z.n, z.h, z.w, z.c};
  const char *type = rows_type(e, &z, z.element, z.c);
  if (e->tosa) {
    const char *shape = diff_shape(e, 4, dims);
    diff_line(e, "%s = tosa.reshape %s, %s : (%s, !tosa.shape<4>) -> %s",
              z.name, rows, shape, type, diff_type_nhwc(e, &z));
  } else {
    diff_line(e,
              "%s = tensor.expand_shape %s [[0, 1, 2], [3]] output_shape "
              "[%lld, %lld, %lld, %lld] : %s into %s",
              z.name, rows, (long long)z.n, (long long)z.h, (long long)z.w,
              (long long)z.c, type, diff_type_nhwc(e, &z));
  }
  return z;
}

static const char *product(diff_emitter_t *e, const diff_image_t *x,
                           const char *rows, int64_t outputs,
                           const char *element) {
  const char *made = diff_name(e), *from = rows_type(e, x, e->element, x->c);
  const char *to = rows_type(e, x, element, outputs);
  if (e->tosa) {
    const int64_t filter[] = {1, x->c, outputs};
    const char *w = diff_weight(e, DIFF_FILTER, x->c, e->element, 3, filter);
    const char *zero = diff_zero(e, e->element);
    diff_line(e,
              "%s = tosa.matmul %s, %s, %s, %s : (%s, %s, tensor<1x%s>, "
              "tensor<1x%s>) -> %s",
              made, rows, w, zero, zero, from,
              diff_tensor(e, e->element, 3, filter), e->element, e->element,
              to);
    return made;
  }
  const int64_t filter[] = {x->c, outputs};
  const char *w = diff_weight(e, DIFF_FILTER, x->c, e->element, 2, filter);
  const char *start = diff_filled(e, to, element, "0.0");
  diff_line(e, "%s = linalg.matmul ins(%s, %s : %s, %s) outs(%s : %s) -> %s",
            made, rows, w, from, diff_tensor(e, e->element, 2, filter), start,
            to, to);
  return made;
}

/* One to three products of the same rows. */
static bool product_layer(diff_emitter_t *e) {
  diff_image_t x = *diff_choose_input(e);
  if (is_i8(e))
    return false;
  x = diff_to_nhwc(e, &x);
  const char *rows = to_rows(e, &x);
  int64_t count = diff_pick(e, 1, 3), outputs = diff_pick(e, 1, 8);
  bool wide = !e->tosa && diff_chance(e, 50);
  for (int64_t i = 0; i < count; i++) {
    diff_image_t like = x;
    like.c = diff_chance(e, 70) ? outputs : diff_pick(e, 1, 8);
    like.element = wide ? e->sum : e->element;
    const char *made = product(e, &x, rows, like.c, like.element);
    diff_image_t z = from_rows(e, made, &like);
    z = diff_from_nhwc(e, &z);
    z = diff_narrow(e, &z, x.c);
    if (!diff_keep(e, &z))
      return false;
  }
  return true;
}

/* ---- All of them. ---- */

bool diff_layer(diff_emitter_t *e) {
  static bool (*const layers[])(diff_emitter_t * e) = {
      conv_layer,        conv_layer,       conv_layer,       depthwise_layer,
      depthwise_layer,   depthwise_layer,  pointwise_layer,  pointwise_layer,
      norm_layer,        norm_layer,       activation_layer, activation_layer,
      residual_layer,    pool_layer,       squeeze_layer,    concat_layer,
      slice_layer,       diff_unit_layer,  diff_unit_layer,  diff_unit_layer,
      diff_mbconv_layer, diff_twins_layer, diff_chain_layer, diff_pad_layer,
      diff_i8_sum_layer, product_layer};
  const diff_image_t *last = &e->images[e->image_count - 1];
  int64_t kind = diff_pick(e, 0, sizeof layers / sizeof *layers - 1);
  if (e->image_count + 3 >= DIFF_VALUES ||
      e->program->argument_count + 8 >= DIFF_ARGUMENTS ||
      last->n * last->h * last->w * last->c > MAX_ELEMENTS)
    return false;
  bool added = layers[kind](e);
  e->only_curves =
      e->only_curves && (!added || layers[kind] == activation_layer);
  return added;
}

bool diff_plain_layer(diff_emitter_t *e) { return conv_layer(e); }
