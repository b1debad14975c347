/* A module under construction: values, arguments, constants, results and
 * counts. Private to lib/zoo; what it hands out lives in the emitter's arena.
 */
#ifndef TESSERA_LIB_ZOO_EMITTER_H
#define TESSERA_LIB_ZOO_EMITTER_H

#include "network.h"
#include "tessera/base/arena.h"
#include "tessera/base/text.h"
#include "tessera/zoo/zoo.h"
#include <stddef.h>

#define TESS_ZOO_RANK 5

/* An SSA value. A vector is stored with one dimension and counts as a tensor of
 * `rank` dimensions that are 1 but for `axis`. */
typedef struct tess_zoo_value {
  const char *name; /* with its % */
  const char *type;
  const char *element; /* "f32", "bf16", "f16", "i8", "i32" or "i1" */
  size_t rank;
  int64_t dims[TESS_ZOO_RANK];
  bool vector;
  size_t axis;
  double scale; /* what 1 of an i8 or i32 stands for; 0: of other elements */
} tess_zoo_value_t;

typedef struct tess_zoo_emitter {
  const tess_zoo_network_t *network;
  const struct tess_zoo_printer *printer; /* the dialect */
  int64_t batch, resolution, sequence;
  int64_t width, depth; /* in TESS_ZOO_ONE, the network's own included */
  bool nchw, quantised;
  const char *element; /* of data and weights */
  const char *real;    /* where element-wise arithmetic is not quantised */
  double epsilon;      /* of the norms */
  tess_arena_t arena;  /* names and types */
  tess_text_t header, inputs, constants, body;
  tess_zoo_value_t *results;
  size_t result_count, result_capacity;
  const char **constant_names; /* that stand in `constants` or `header` */
  size_t constant_count, constant_capacity;
  const char *scope; /* prefix of new names: "stage2.block0.expand" */
  tess_zoo_counts_t counts;
  bool overflow; /* some size or count did not fit 64 bits */
} tess_zoo_emitter_t;

void tess_zoo_emitter_free(tess_zoo_emitter_t *e);

/* Enters a scope: new names start with it. */
void tess_zoo_scope(tess_zoo_emitter_t *e, const char *format, ...)
    TESS_PRINTF(2, 3);

/* Product of `count` factors >= 0; 0 and e->overflow if it does not fit. */
int64_t tess_zoo_product(tess_zoo_emitter_t *e, size_t count,
                         const int64_t *factors);

/* The elements of a value. */
int64_t tess_zoo_elements(tess_zoo_emitter_t *e, const tess_zoo_value_t *x);

void tess_zoo_count_macs(tess_zoo_emitter_t *e, size_t count,
                         const int64_t *factors);

/* "tensor<2x3xf32>" */
const char *tess_zoo_type(tess_zoo_emitter_t *e, const char *element,
                          size_t rank, const int64_t *dims);

/* A new value "%<scope>.<suffix>". Its size must fit 64 bits, in bytes of the
 * widest element. */
tess_zoo_value_t tess_zoo_tensor(tess_zoo_emitter_t *e, const char *suffix,
                                 const char *element, size_t rank,
                                 const int64_t *dims);

/* The same with the shape of `x`. */
tess_zoo_value_t tess_zoo_like(tess_zoo_emitter_t *e, const char *suffix,
                               const char *element, tess_zoo_value_t x);

/* A new value as large as `count` parts behind each other along `axis`. */
tess_zoo_value_t tess_zoo_joined(tess_zoo_emitter_t *e, const char *suffix,
                                 size_t axis, size_t count,
                                 const tess_zoo_value_t *parts);

/* A new vector that counts as `rank` dimensions. */
tess_zoo_value_t tess_zoo_vector(tess_zoo_emitter_t *e, const char *suffix,
                                 const char *element, size_t rank, size_t axis,
                                 int64_t length);

/* What an argument of the function is for. */
typedef enum tess_zoo_use {
  TESS_ZOO_TRAINED,   /* counts as parameters */
  TESS_ZOO_STATISTIC, /* batch norm's mean or variance */
  TESS_ZOO_INPUT      /* named, and said to be data */
} tess_zoo_use_t;

/* Declares `value` as the function argument of its name. */
void tess_zoo_declare(tess_zoo_emitter_t *e, tess_zoo_use_t use,
                      const tess_zoo_value_t *value);

/* Declares the function's first argument, which needs no attribute to be known
 * as data. */
void tess_zoo_declare_image(tess_zoo_emitter_t *e,
                            const tess_zoo_value_t *value);

/* Declares the argument "<scope>.<suffix>" of the element type of data. */
tess_zoo_value_t tess_zoo_argument(tess_zoo_emitter_t *e, const char *suffix,
                                   tess_zoo_use_t use, size_t rank,
                                   const int64_t *dims);

/* Adds a result of the function, behind or before those there are. */
void tess_zoo_return(tess_zoo_emitter_t *e, tess_zoo_value_t value);
void tess_zoo_return_first(tess_zoo_emitter_t *e, tess_zoo_value_t value);

/* Whether the constant or alias `name` (from the arena, or static) is new: then
 * the caller adds its definition. */
bool tess_zoo_constant_is_new(tess_zoo_emitter_t *e, const char *name);

/* Appends `count` numbers separated by ", ". */
void tess_zoo_add_list(tess_text_t *text, size_t count, const int64_t *list);

/* Layout of images: the dimension of the channels, the channels, the side. */
size_t tess_zoo_channel_axis(const tess_zoo_emitter_t *e);
int64_t tess_zoo_channels(const tess_zoo_emitter_t *e,
                          const tess_zoo_value_t *x);
int64_t tess_zoo_side(const tess_zoo_emitter_t *e, const tess_zoo_value_t *x);

/* A new image in the layout asked for. */
tess_zoo_value_t tess_zoo_image(tess_zoo_emitter_t *e, const char *suffix,
                                const char *element, int64_t side,
                                int64_t channels);

#endif
