/* A model's text under construction: images, vectors, arguments. */
#ifndef TESSERA_BENCH_DIFFERENTIAL_EMIT_H
#define TESSERA_BENCH_DIFFERENTIAL_EMIT_H

#include "model.h"
#include "tessera/base/arena.h"

/* A tensor with the sizes of an image, whatever its layout. */
typedef struct diff_image {
  const char *name;
  const char *element;
  int64_t n, h, w, c;
} diff_image_t;

typedef struct diff_emitter {
  const diff_model_t *model;
  diff_program_t *program;
  tess_arena_t arena;
  tess_text_t inputs, body;
  tess_random_t random; /* of the layer at hand */
  diff_image_t images[DIFF_VALUES];
  int32_t image_count, name_count;
  struct diff_weight {
    const char *name, *type;
    diff_draw_t draw;
  } weights[DIFF_ARGUMENTS];
  int32_t weight_count;
  const char *element, *sum; /* of data; of accumulators */
  bool tosa, nchw;
  bool only_curves; /* no layer but activations */
} diff_emitter_t;

/* ---- Chance. ---- */

int64_t diff_pick(diff_emitter_t *e, int64_t low, int64_t high); /* both in */
bool diff_chance(diff_emitter_t *e, int percent);

/* ---- Names and types. ---- */

const char *diff_name(diff_emitter_t *e);
const char *diff_format(diff_emitter_t *e, const char *format, ...)
    TESS_PRINTF(2, 3);
const char *diff_tensor(diff_emitter_t *e, const char *element, int rank,
                        const int64_t *dims);
/* In the model's layout. */
const char *diff_type(diff_emitter_t *e, const diff_image_t *x);
/* N H W C whatever the model's layout. */
const char *diff_type_nhwc(diff_emitter_t *e, const diff_image_t *x);
diff_image_t diff_like(diff_emitter_t *e, const diff_image_t *x);
diff_image_t diff_sized(diff_emitter_t *e, const diff_image_t *x, int64_t h,
                        int64_t w, int64_t c);
/* Adds a line of the body. */
void diff_line(diff_emitter_t *e, const char *format, ...) TESS_PRINTF(2, 3);

/* ---- Weights. ---- */

/* An argument or a constant of this type, or one that there is already. */
const char *diff_weight(diff_emitter_t *e, diff_draw_t draw, int64_t fan_in,
                        const char *element, int rank, const int64_t *dims);
/* A tosa.const of one element and `rank` dimensions, or an arith.constant. */
const char *diff_zero(diff_emitter_t *e, const char *element);
const char *diff_shape(diff_emitter_t *e, int count, const int64_t *list);

/* ---- Element by element. ---- */

typedef enum diff_kind {
  DIFF_OPERAND,
  DIFF_NUMBER,
  DIFF_ADD,
  DIFF_SUB,
  DIFF_MUL,
  DIFF_DIV,
  DIFF_MAX,
  DIFF_MIN,
  DIFF_CLAMP, /* a between low and high */
  DIFF_SIGMOID,
  DIFF_TANH,
  DIFF_EXP,
  DIFF_ERF,
  DIFF_RSQRT,
  DIFF_NEG
} diff_kind_t;

enum { DIFF_STEPS = 24 };

typedef struct diff_map {
  diff_image_t operand[6]; /* those of size 1 somewhere are broadcast */
  bool vector[6];          /* operand: one dimension, the channels */
  int operands, steps;
  struct {
    diff_kind_t kind;
    int a, b;
    double low, high;
  } step[DIFF_STEPS];
} diff_map_t;

/* Each adds a step and returns its number. */
int diff_operand(diff_map_t *map, const diff_image_t *x);
int diff_vector(diff_emitter_t *e, diff_map_t *map, diff_draw_t draw,
                int64_t channels);
int diff_number(diff_map_t *map, double value);
int diff_step(diff_map_t *map, diff_kind_t kind, int a, int b);
int diff_clamp(diff_map_t *map, int a, double low, double high);
/* Prints it: the last step's value, of the size of `like`. */
diff_image_t diff_finish(diff_emitter_t *e, const diff_map_t *map,
                         const diff_image_t *like);

/* ---- Layers. ---- */

typedef struct diff_conv {
  int64_t kh, kw, sh, sw, dh, dw;
  int64_t top, bottom, left, right;
  int64_t outputs, groups; /* depthwise: groups = channels */
  bool depthwise;
  int64_t multiplier; /* of a depthwise */
  /* The zero point of the data, for further convolutions of it; NULL: each
   * draws its own (TOSA). */
  const char **zero;
} diff_conv_t;

/* The output's size; 0: none. */
int64_t diff_conv_size(int64_t size, int64_t low, int64_t high, int64_t k,
                       int64_t dilation, int64_t stride);
diff_image_t diff_convolve(diff_emitter_t *e, const diff_image_t *x,
                           const diff_conv_t *conv);
/* Transposes to N H W C and back, where the model is in the other layout. */
diff_image_t diff_to_nhwc(diff_emitter_t *e, const diff_image_t *x);
diff_image_t diff_from_nhwc(diff_emitter_t *e, const diff_image_t *x);
/* A sum as data: f32 and i32 are narrowed. */
diff_image_t diff_narrow(diff_emitter_t *e, const diff_image_t *x,
                         int64_t fan_in);
/* tensor.pad; `value` as MLIR writes it. */
diff_image_t diff_pad(diff_emitter_t *e, const diff_image_t *x,
                      const int64_t pads[4], const char *value);
/* A tensor.empty filled with `value`. */
const char *diff_filled(diff_emitter_t *e, const char *type,
                        const char *element, const char *value);

/* ---- What layers are put together from. ---- */

const diff_image_t *diff_choose_input(diff_emitter_t *e);
/* Remembers a value; false where there is no room. */
bool diff_keep(diff_emitter_t *e, const diff_image_t *x);
void diff_draw_window(diff_emitter_t *e, diff_conv_t *c);
void diff_draw_pads(diff_emitter_t *e, diff_conv_t *c);
/* The padding after the data such that there is an output. */
void diff_fit_pads(const diff_emitter_t *e, const diff_image_t *x,
                   diff_conv_t *c);
diff_image_t diff_one_by_one(diff_emitter_t *e, const diff_image_t *x,
                             int64_t outputs);
diff_image_t diff_norm(diff_emitter_t *e, const diff_image_t *x);
diff_image_t diff_activate(diff_emitter_t *e, const diff_image_t *x);
int diff_hard_sigmoid(diff_map_t *map, int x);
diff_image_t diff_sum(diff_emitter_t *e, const diff_image_t *x,
                      const diff_image_t *y);
diff_image_t diff_squeeze(diff_emitter_t *e, const diff_image_t *x);
diff_image_t diff_concat(diff_emitter_t *e, const diff_image_t *x,
                         const diff_image_t *y);

/* Layers of several operations; see patterns.c. */
bool diff_unit_layer(diff_emitter_t *e);
bool diff_mbconv_layer(diff_emitter_t *e);
bool diff_twins_layer(diff_emitter_t *e);
bool diff_chain_layer(diff_emitter_t *e);
bool diff_pad_layer(diff_emitter_t *e);
bool diff_i8_sum_layer(diff_emitter_t *e);

/* Adds one layer; false if it does not fit what there is. */
bool diff_layer(diff_emitter_t *e);
/* One that fits everywhere: a convolution. */
bool diff_plain_layer(diff_emitter_t *e);

#endif
