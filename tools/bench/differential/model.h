/* Random models: what a seed stands for, and its text. A model is a list of
 * layers, each with a seed of its own that decides all about it, so that one
 * can be left out without changing what the others want. */
#ifndef TESSERA_BENCH_DIFFERENTIAL_MODEL_H
#define TESSERA_BENCH_DIFFERENTIAL_MODEL_H

#include "tessera/base/dtype.h"
#include "tessera/base/random.h"
#include "tessera/base/text.h"
#include "tessera/measure/reference.h"

enum { DIFF_LAYERS = 8, DIFF_ARGUMENTS = 96, DIFF_VALUES = 64 };

typedef enum diff_form { DIFF_TOSA, DIFF_LINALG } diff_form_t;

typedef struct diff_model {
  uint64_t seed;
  diff_form_t form;
  tess_dtype_t dtype; /* TESS_F32, TESS_BF16, TESS_F16 or TESS_I8 */
  bool nchw;
  bool whole;     /* small integers, and nothing but sums and products */
  bool constants; /* weights inside, as far as they are small */
  bool called;    /* by another function */
  bool named;     /* weights carry names */
  int64_t n, h, w, c;
  int32_t layer_count;
  uint64_t layers[DIFF_LAYERS];
} diff_model_t;

/* The model of a seed. */
diff_model_t diff_model_make(uint64_t seed);

/* How an argument is drawn. */
typedef enum diff_draw {
  DIFF_DATA,
  DIFF_FILTER,  /* by fan-in */
  DIFF_OFFSET,  /* small */
  DIFF_POSITIVE /* about 1 */
} diff_draw_t;

typedef struct diff_argument {
  diff_draw_t draw;
  int64_t fan_in;
  char type[64];
} diff_argument_t;

typedef struct diff_program {
  tess_text_t text;
  diff_argument_t arguments[DIFF_ARGUMENTS];
  int32_t argument_count;
  bool whole; /* nothing in it divides, or is a curve */
  bool dead;  /* it may have values that nobody reads */
  bool curve; /* nothing but one activation of the input */
} diff_program_t;

/* The model's module: @model, and @main where it is called. Release the text.
 */
void diff_model_emit(const diff_model_t *model, diff_program_t *program);

/* One draw of an argument, which the element type holds exactly. */
double diff_draw_number(tess_random_t *random, const diff_argument_t *argument,
                        tess_dtype_t dtype, bool whole);

/* "tosa f32 nhwc" and the like, for reports and coverage. */
const char *diff_form_name(diff_form_t form);

#endif
