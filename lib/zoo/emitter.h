/* What the builder and the dialects share: values, arguments, constants and the
 * table of functions that a dialect fills. Private to lib/zoo. */
#ifndef TESSERA_LIB_ZOO_EMITTER_H
#define TESSERA_LIB_ZOO_EMITTER_H

#include "network.h"
#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include "tessera/zoo/zoo.h"
#include <stddef.h>

/* An SSA value. Activations are batch x size x size x channels; for any other
 * shape the three numbers are 0 and the type says all. */
typedef struct tess_zoo_value {
  const char *name; /* with its % */
  const char *type;
  const char *element; /* "f32" or "bf16" */
  int64_t batch, size, channels;
} tess_zoo_value_t;

/* A square convolution. Padding is PyTorch's (the same on both sides) less the
 * pixels at the far side that no window reads; `pad_high` is -1 where even the
 * last input pixel is not read. */
typedef struct tess_zoo_conv {
  bool depthwise, bias;
  int64_t kernel, stride, channels; /* channels of the output */
  int64_t pad_low, pad_high, size;  /* size of the output */
} tess_zoo_conv_t;

typedef struct tess_zoo_emitter {
  const tess_zoo_network_t *network;
  const char *element; /* of data and weights */
  tess_arena_t arena;  /* names and types */
  tess_text_t arguments, constants, body;
  const char **constant_names; /* that stand in `constants` already */
  size_t constant_count, constant_capacity;
  const char *scope; /* prefix of new names: "stage2.block0.expand" */
  tess_zoo_counts_t counts;
  bool overflow; /* some size or count did not fit 64 bits */
} tess_zoo_emitter_t;

typedef tess_zoo_value_t tess_zoo_unary_t(tess_zoo_emitter_t *e,
                                          tess_zoo_value_t x);
typedef tess_zoo_value_t tess_zoo_binary_t(tess_zoo_emitter_t *e,
                                           tess_zoo_value_t x,
                                           tess_zoo_value_t y);

/* A dialect prints one layer a call and declares the weights that the layer
 * needs; shapes and padding were decided before. */
typedef struct tess_zoo_printer {
  const char *header; /* before the module */
  tess_zoo_value_t (*convolve)(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               const tess_zoo_conv_t *conv);
  tess_zoo_unary_t *normalize; /* batch norm of the network's epsilon */
  tess_zoo_value_t (*activate)(tess_zoo_emitter_t *e, tess_zoo_value_t x,
                               tess_zoo_function_t function);
  tess_zoo_unary_t *pool;     /* mean over the pixels, size 1 */
  tess_zoo_binary_t *scale;   /* x times y of size 1 */
  tess_zoo_binary_t *add;     /* residual connection */
  tess_zoo_unary_t *classify; /* size 1 to batch x classes */
} tess_zoo_printer_t;

extern const tess_zoo_printer_t tess_zoo_tosa;
extern const tess_zoo_printer_t tess_zoo_linalg;

/* Product of `count` factors >= 0; 0 and e->overflow if it does not fit. */
int64_t tess_zoo_product(tess_zoo_emitter_t *e, size_t count,
                         const int64_t *factors);

/* "tensor<2x3xf32>" */
const char *tess_zoo_type(tess_zoo_emitter_t *e, const char *element,
                          size_t rank, const int64_t *dims);

/* A new activation "%<scope>.<suffix>" of the network's element type. */
tess_zoo_value_t tess_zoo_activation(tess_zoo_emitter_t *e, const char *suffix,
                                     int64_t batch, int64_t size,
                                     int64_t channels);

/* The same, shaped like the activation `x`. */
tess_zoo_value_t tess_zoo_like(tess_zoo_emitter_t *e, const char *suffix,
                               tess_zoo_value_t x);

/* A new value of any other shape. */
tess_zoo_value_t tess_zoo_tensor(tess_zoo_emitter_t *e, const char *suffix,
                                 const char *element, size_t rank,
                                 const int64_t *dims);

/* Declares the function argument "<scope>.<suffix>"; a trained one counts as
 * parameters. */
tess_zoo_value_t tess_zoo_argument(tess_zoo_emitter_t *e, const char *suffix,
                                   bool trained, size_t rank,
                                   const int64_t *dims);

/* Whether the constant `name` (from the arena, or static) is new: then the
 * caller adds its definition to e->constants. */
bool tess_zoo_constant_is_new(tess_zoo_emitter_t *e, const char *name);

#endif
