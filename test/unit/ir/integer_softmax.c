/* A softmax in integers: one writer of TOSA after the structure that the
 * converter from TFLite gives it (TensorFlow's legalize_common.cc, and its
 * successor), as it is, lowered to linalg by upstream's own passes, and fused
 * by them; with near misses; and the one in each exported int8 network. */
#include "../load.h"
#include "tessera/base/text.h"
#include "whole_pattern.h"

typedef enum inverse {
  NEWTON,  /* three steps of it */
  LOOKUP,  /* a table of 1 / (1 + x) */
  NO_ZEROS /* a table, but of the sum as it is */
} inverse_t;

typedef struct example {
  const char *name;
  int max_axis, sum_axis; /* -1: no maximum is subtracted */
  int tables;             /* that the exponential is the sum of */
  inverse_t inverse;
  bool other_numerator; /* not what was summed */
  int found;
} example_t;

/* Of equal sides, so that a wrong dimension has the right size. */
#define SIDE 8
static const example_t examples[] = {
    {"four tables and Newton's method", 2, 2, 4, NEWTON, false, 1},
    {"one table and a table", 2, 2, 1, LOOKUP, false, 1},
    {"two tables and Newton's method", 2, 2, 2, NEWTON, false, 1},
    {"over rows", 1, 1, 4, NEWTON, false, 1},
    {"over rows, by table", 1, 1, 1, LOOKUP, false, 1},
    {"a sum that lies across", 2, 1, 4, NEWTON, false, 0},
    {"a maximum that lies across", 1, 2, 1, LOOKUP, false, 0},
    {"no maximum", -1, 2, 4, NEWTON, false, 0},
    {"no leading zeros", 2, 2, 1, NO_ZEROS, false, 0},
    {"another numerator", 2, 2, 1, LOOKUP, true, 0},
};

typedef struct writer {
  tess_text_t text;
  int next; /* %v<next> is the next value */
} writer_t;

static void type(char *to, const char *element, int reduced) {
  sprintf(to, "tensor<4x%dx%dx%s>", reduced == 1 ? 1 : SIDE,
          reduced == 2 ? 1 : SIDE, element);
}

static int constant(writer_t *w, const char *type_text, int value) {
  tess_text_add(&w->text,
                "%%v%d = \"tosa.const\"() <{values = dense<%d> : %s}> : () -> "
                "%s\n",
                w->next, value, type_text, type_text);
  return w->next++;
}

static int number(writer_t *w, int value) {
  return constant(w, "tensor<1x1x1xi32>", value);
}

/* 513 samples of a function that falls, none alike. */
static int table(writer_t *w, int part) {
  tess_text_add(&w->text, "%%v%d = \"tosa.const\"() <{values = dense<[",
                w->next);
  for (int i = 0; i < 513; i++)
    tess_text_add(&w->text, "%s%d", i ? ", " : "",
                  (int)lround(32767 * exp((i - 512) / 64.0)) >> part);
  tess_text_add(&w->text, "]> : tensor<513xi16>}> : () -> tensor<513xi16>\n");
  return w->next++;
}

static int rescale(writer_t *w, int a, int reduced, const char *from,
                   const char *to, int shift) {
  char in[64], out[64], zero_in[64], zero_out[64], scale[64];
  type(in, from, reduced);
  type(out, to, reduced);
  sprintf(zero_in, "tensor<1x%s>", from);
  sprintf(zero_out, "tensor<1x%s>", to);
  sprintf(scale, "tensor<1xi32>");
  int multiplier = constant(w, scale, 1 << 30);
  int by = constant(w, "tensor<1xi8>", shift);
  int zero_a = constant(w, zero_in, 0), zero_b = constant(w, zero_out, 0);
  tess_text_add(&w->text,
                "%%v%d = tosa.rescale %%v%d, %%v%d, %%v%d, %%v%d, %%v%d "
                "{input_unsigned = false, output_unsigned = false, per_channel "
                "= false, rounding_mode = SINGLE_ROUND, scale32 = true} : (%s, "
                "%s, tensor<1xi8>, %s, %s) -> %s\n",
                w->next, a, multiplier, by, zero_a, zero_b, in, scale, zero_in,
                zero_out, out);
  return w->next++;
}

/* i32 of i32; what is reduced is -1 for all, 3 for a number. */
static int two(writer_t *w, const char *op, int a, int left, int b, int right) {
  char in[2][64];
  int result = left == 3 || (left >= 0 && right == -1) ? right : left;
  const int reduced[] = {left, right};
  for (int i = 0; i < 2; i++)
    if (reduced[i] == 3)
      sprintf(in[i], "tensor<1x1x1xi32>");
    else
      type(in[i], "i32", reduced[i]);
  char out[64];
  type(out, "i32", result);
  bool mul = strcmp(op, "mul") == 0;
  int shift = mul ? constant(w, "tensor<1xi8>", 31) : 0;
  tess_text_add(&w->text, "%%v%d = tosa.%s %%v%d, %%v%d", w->next, op, a, b);
  if (mul)
    tess_text_add(&w->text, ", %%v%d", shift);
  tess_text_add(&w->text, "%s : (%s, %s%s) -> %s\n",
                strncmp(op, "arith", 5) == 0 ? " {round = true}" : "", in[0],
                in[1], mul ? ", tensor<1xi8>" : "", out);
  return w->next++;
}

static int reduce(writer_t *w, const char *op, int a, int axis) {
  char in[64], out[64];
  type(in, "i32", -1);
  type(out, "i32", axis);
  tess_text_add(&w->text,
                "%%v%d = tosa.reduce_%s %%v%d {axis = %d : i32} : (%s) -> %s\n",
                w->next, op, a, axis, in, out);
  return w->next++;
}

/* The table's value at an i16 index. */
static int look_up(writer_t *w, int index, int reduced, int of) {
  char in[64], out[64];
  type(in, "i16", reduced);
  type(out, "i32", reduced);
  tess_text_add(&w->text,
                "%%v%d = tosa.table %%v%d, %%v%d : (%s, tensor<513xi16>) -> "
                "%s\n",
                w->next, index, of, in, out);
  return w->next++;
}

static int zeros(writer_t *w, int a, int reduced) {
  char t[64];
  type(t, "i32", reduced);
  tess_text_add(&w->text, "%%v%d = tosa.clz %%v%d : (%s) -> %s\n", w->next, a,
                t, t);
  return w->next++;
}

#define SHIFT_RIGHT "arithmetic_right_shift"
#define SHIFT_LEFT "logical_left_shift"

static int exponential(writer_t *w, const example_t *e, int difference) {
  int index = rescale(w, difference, -1, "i32", "i16", 23), sum = 0;
  for (int i = 0; i < e->tables; i++) {
    int part = look_up(w, index, -1, table(w, i));
    bool last = i + 1 == e->tables;
    part = two(w, last ? SHIFT_RIGHT : SHIFT_LEFT, part, -1,
               number(w, last ? 7 : 9 - i), 3);
    sum = i ? two(w, "add", sum, -1, part, -1) : part;
  }
  return sum;
}

static int newton(writer_t *w, int sum, int axis) {
  int x = two(w, "mul", sum, axis, number(w, -1010580540), 3);
  x = two(w, "add", x, axis, number(w, 1515870810), 3);
  for (int i = 0; i < 3; i++) {
    int error = two(w, "mul", x, axis, sum, axis);
    error = two(w, "sub", number(w, 536870912), 3, error, axis);
    int step = two(w, "mul", x, axis, error, axis);
    x = two(w, "add", x, axis, step, axis);
  }
  return x;
}

static int by_table(writer_t *w, int sum, int axis) {
  int index = rescale(w, sum, axis, "i32", "i16", 30);
  return look_up(w, index, axis, table(w, 0));
}

/* The text's result is an i8 softmax of %v0. */
static void write_example(writer_t *w, const example_t *e) {
  char t[64];
  type(t, "i8", -1);
  tess_text_add(&w->text,
                "func.func @f(%%v0: %s {tessera.role = \"input\"}) -> %s {\n",
                t, t);
  w->next = 1;
  int x = rescale(w, 0, -1, "i8", "i32", 30), shift = 0;
  int difference =
      e->max_axis < 0
          ? two(w, "sub", x, -1, number(w, 127), 3)
          : two(w, "sub", x, -1, reduce(w, "max", x, e->max_axis), e->max_axis);
  int share = exponential(w, e, difference);
  int small = two(w, SHIFT_RIGHT, share, -1, number(w, 12), 3);
  int sum = reduce(w, "sum", small, e->sum_axis), scaled = sum;
  int axis = e->sum_axis;
  if (e->inverse == NO_ZEROS) {
    shift = number(w, 9);
  } else {
    shift = zeros(w, sum, axis);
    scaled = two(w, SHIFT_LEFT, sum, axis, shift, axis);
    shift = two(w, "sub", number(w, 35), 3, shift, axis);
  }
  int inverse = e->inverse == NEWTON ? newton(w, scaled, axis)
                                     : by_table(w, scaled, axis);
  int top = e->other_numerator ? x : share;
  int product = two(w, "mul", top, -1, inverse, axis);
  product = two(w, SHIFT_RIGHT, product, -1, shift,
                e->inverse == NO_ZEROS ? 3 : axis);
  int result = rescale(w, product, -1, "i32", "i8", 30);
  tess_text_add(&w->text, "return %%v%d : %s\n}\n", result, t);
}

static void check_model(const tess_model_t *model, const example_t *e,
                        size_t form) {
  if (model->pattern_count != e->found)
    fprintf(stderr, "%s, form %zu\n", e->name, form);
  CHECK_EQ(model->pattern_count, e->found);
  if (model->pattern_count != 1)
    return;
  CHECK_EQ(model->patterns[0].kind, TESS_PATTERN_SOFTMAX);
  whole_pattern_check(model);
}

static void check_example(MlirContext context, const example_t *e,
                          size_t form) {
  writer_t w = {.text = TESS_TEXT_INIT};
  write_example(&w, e);
  reading_t reading;
  if (whole_pattern_open(context, tess_text_get(&w.text),
                         whole_pattern_forms[form], &reading))
    check_model(reading.model, e, form);
  reading_close(&reading);
  tess_text_free(&w.text);
}

/* Keras's classifiers end in a softmax over the 1000 classes. */
static void check_network(MlirContext context, const char *file) {
  MlirModule module = tess_load_shared(context, file);
  if (mlirModuleIsNull(module))
    return;
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  CHECK_EQ(model->pattern_count, 1);
  if (model->pattern_count == 1) {
    const tess_pattern_t *softmax = &model->patterns[0];
    CHECK_EQ(softmax->kind, TESS_PATTERN_SOFTMAX);
    CHECK_EQ(model->values[softmax->output].elements, 1000);
    CHECK_EQ(model->values[softmax->output].dtype, TESS_I8);
  }
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    for (size_t form = 0;
         form < sizeof whole_pattern_forms / sizeof *whole_pattern_forms;
         form++)
      check_example(context, &examples[i], form);
  check_network(context, "efficientnet_b0.tflite.tosa.int8.mlir");
  check_network(context, "mobilenet_025_128.tflite.tosa.int8.weights.mlir");
  mlirContextDestroy(context);
  return tess_check_result();
}
