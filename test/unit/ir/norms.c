/* Normalisations by the dimensions that they run over: one writer of TOSA for
 * any dimensions, forms of the variance and places of the weights; as it is,
 * lowered to linalg by upstream's own passes, and fused by them. */
#include "../load.h"
#include "tessera/base/text.h"
#include "whole_pattern.h"

typedef enum variance {
  CENTRED, /* mean((x - mean)^2) */
  SQUARES, /* mean(x^2) - mean^2 */
  FLOORED, /* the same, not below zero */
  BESSEL,  /* sum((x - mean)^2) / (n - 1) */
  SHORT,   /* over n - 2: no variance */
} variance_t;

typedef struct example {
  const char *name;
  int shape[4];
  const char *mean, *spread; /* dimensions that mean and variance run over */
  int weights;               /* dimension that they vary over, -1: none */
  variance_t variance;
  bool inside; /* (x - mean) * (scale / root), else the scale comes behind */
  int kind;    /* tess_pattern_kind_t, or TESS_NONE */
} example_t;

#define BATCH TESS_PATTERN_BATCH_NORM
#define INSTANCE TESS_PATTERN_INSTANCE_NORM
#define LAYER TESS_PATTERN_LAYER_NORM
#define GROUP TESS_PATTERN_GROUP_NORM
/* Of equal sides, so that a wrong dimension has the right size. */
#define CUBE                                                                   \
  { 4, 4, 4, 4 }

static const example_t examples[] = {
    {"NHWC", CUBE, "012", "012", 3, CENTRED, false, BATCH},
    {"NHWC, squares", CUBE, "012", "012", 3, SQUARES, true, BATCH},
    {"NHWC, floored", CUBE, "012", "012", 3, FLOORED, true, BATCH},
    {"NHWC, no weights", CUBE, "012", "012", -1, CENTRED, false, BATCH},
    {"NCHW", CUBE, "023", "023", 1, CENTRED, false, BATCH},
    {"NCHW, squares", CUBE, "023", "023", 1, SQUARES, false, BATCH},
    {"NCHW, any order", CUBE, "320", "203", 1, CENTRED, true, BATCH},
    {"NCHW, no weights", CUBE, "023", "023", -1, FLOORED, false, BATCH},
    {"over n - 1", {4, 2, 1, 3}, "012", "012", 3, BESSEL, false, BATCH},
    {"over n - 2", {4, 2, 1, 3}, "012", "012", 3, SHORT, false, TESS_NONE},
    {"rows", {8, 1, 1, 4}, "0", "0", 3, CENTRED, false, BATCH},
    {"instance, NCHW", CUBE, "23", "23", 1, CENTRED, false, INSTANCE},
    {"instance, NHWC", CUBE, "12", "12", 3, SQUARES, true, INSTANCE},
    {"instance, bare NCHW", CUBE, "23", "23", -1, CENTRED, false, INSTANCE},
    {"instance, bare NHWC", CUBE, "12", "12", -1, CENTRED, false, INSTANCE},
    {"one instance", {1, 4, 4, 4}, "23", "23", 1, CENTRED, false, INSTANCE},
    {"layer over channels", CUBE, "1", "1", 1, CENTRED, false, LAYER},
    {"layer over the last", CUBE, "3", "3", 3, CENTRED, false, LAYER},
    {"all of an image", CUBE, "123", "123", 3, CENTRED, false, GROUP},
    {"a variance of others", CUBE, "012", "023", 3, CENTRED, false, TESS_NONE},
    {"a variance of fewer", CUBE, "012", "01", 3, CENTRED, true, TESS_NONE},
    {"a mean of fewer", CUBE, "01", "012", 3, CENTRED, true, TESS_NONE},
};

typedef struct writer {
  tess_text_t text;
  const example_t *example;
  char types[16][64]; /* by the set of reduced dimensions */
} writer_t;

/* The type of x with one element in each of the dimensions `reduced`. */
static const char *type(writer_t *w, const char *reduced) {
  int size[4], set = 0;
  for (int i = 0; i < 4; i++) {
    bool one = strchr(reduced, '0' + i) != NULL;
    size[i] = one ? 1 : w->example->shape[i];
    set |= one << i;
  }
  snprintf(w->types[set], sizeof w->types[set], "tensor<%dx%dx%dx%dxf32>",
           size[0], size[1], size[2], size[3]);
  return w->types[set];
}

/* The type of the weights: x's size in one dimension, or in none. */
static const char *weight_type(writer_t *w) {
  static const char *const others[] = {"123", "023", "013", "012"};
  return type(w,
              w->example->weights < 0 ? "0123" : others[w->example->weights]);
}

static void two(writer_t *w, const char *result, const char *out,
                const char *op, const char *a, const char *left, const char *b,
                const char *right) {
  bool mul = strcmp(op, "mul") == 0;
  tess_text_add(&w->text, "%%%s = tosa.%s %%%s, %%%s%s : (%s, %s%s) -> %s\n",
                out, op, a, b, mul ? ", %none" : "", left, right,
                mul ? ", tensor<1xi8>" : "", result);
}

static void number(writer_t *w, const char *out, double value) {
  tess_text_add(&w->text,
                "%%%s = \"tosa.const\"() <{values = dense<%.9e> : %s}> : () "
                "-> %s\n",
                out, value, type(w, "0123"), type(w, "0123"));
}

/* The sum over `over`, one dimension after the other, divided by `count`. */
static void mean(writer_t *w, const char *out, const char *of, const char *over,
                 double count) {
  char from[16], to[16], reduced[8] = "";
  snprintf(from, sizeof from, "%s", of);
  for (int i = 0; over[i]; i++) {
    snprintf(to, sizeof to, "%s.%d", out, i);
    const char *before = type(w, reduced);
    reduced[i] = over[i];
    reduced[i + 1] = '\0';
    tess_text_add(&w->text,
                  "%%%s = tosa.reduce_sum %%%s {axis = %c : i32} : (%s) -> "
                  "%s\n",
                  to, from, over[i], before, type(w, reduced));
    snprintf(from, sizeof from, "%s", to);
  }
  snprintf(to, sizeof to, "%s.n", out);
  number(w, to, 1 / count);
  two(w, type(w, over), out, "mul", from, type(w, over), to, type(w, "0123"));
}

static double count_of(const writer_t *w, const char *over) {
  double count = 1;
  for (; *over; over++)
    count *= w->example->shape[*over - '0'];
  return count;
}

static void write_variance(writer_t *w) {
  const example_t *e = w->example;
  const char *x = type(w, ""), *v = type(w, e->spread);
  double count = count_of(w, e->spread);
  bool centred = e->variance != SQUARES && e->variance != FLOORED;
  const char *of = centred ? "c" : "x";
  two(w, x, "q", "mul", of, x, of, x);
  count -= e->variance == BESSEL ? 1 : e->variance == SHORT ? 2 : 0;
  mean(w, centred ? "v" : "s", "q", e->spread, count);
  if (centred)
    return;
  two(w, v, "mm", "mul", "m", v, "m", v);
  two(w, v, e->variance == FLOORED ? "d" : "v", "sub", "s", v, "mm", v);
  if (e->variance == FLOORED) {
    number(w, "nil", 0);
    two(w, v, "v", "maximum", "d", v, "nil", type(w, "0123"));
  }
}

/* Scale and shift, or neither. */
static void write_affine(writer_t *w) {
  const example_t *e = w->example;
  const char *x = type(w, ""), *v = type(w, e->spread), *g = weight_type(w);
  const char *last = e->weights < 0 ? "r" : "n";
  const char *both = strchr(e->spread, '0' + e->weights) ? x : v;
  if (e->inside) {
    two(w, both, "ig", "mul", "i", v, "g", g);
    two(w, x, "sc", "mul", "c", x, "ig", both);
  } else {
    two(w, x, last, "mul", "c", x, "i", v);
    if (e->weights >= 0)
      two(w, x, "sc", "mul", "n", x, "g", g);
  }
  if (e->weights >= 0)
    two(w, x, "r", "add", "sc", x, "b", g);
}

static void write_example(writer_t *w) {
  const example_t *e = w->example;
  const char *x = type(w, ""), *m = type(w, e->mean), *v = type(w, e->spread);
  tess_text_add(&w->text,
                "func.func @f(%%x: %s {tessera.role = \"input\"}, %%g: %s "
                "{tessera.role = \"weight\"}, %%b: %s {tessera.role = "
                "\"weight\"}) -> %s {\n%%none = \"tosa.const\"() <{values = "
                "dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>\n",
                x, weight_type(w), weight_type(w), x);
  mean(w, "m", "x", e->mean, count_of(w, e->mean));
  two(w, x, "c", "sub", "x", x, "m", m);
  write_variance(w);
  number(w, "eps", 1e-3);
  two(w, v, "ve", "add", "v", v, "eps", type(w, "0123"));
  tess_text_add(&w->text, "%%i = tosa.rsqrt %%ve : (%s) -> %s\n", v, v);
  write_affine(w);
  tess_text_add(&w->text, "return %%r : %s\n}\n", x);
}

static void check_model(const tess_model_t *model, const example_t *example,
                        size_t form) {
  int found = model->pattern_count ? model->patterns[0].kind : TESS_NONE;
  int count = example->kind == TESS_NONE ? 0 : 1;
  if (model->pattern_count != count || found != example->kind)
    fprintf(stderr, "%s, form %zu: %d patterns, the first of kind %d\n",
            example->name, form, model->pattern_count, found);
  CHECK_EQ(model->pattern_count, count);
  CHECK_EQ(found, example->kind);
  if (model->pattern_count != 1)
    return;
  whole_pattern_check(model);
}

static void check_example(MlirContext context, const example_t *example,
                          size_t form) {
  writer_t w = {.text = TESS_TEXT_INIT, .example = example};
  write_example(&w);
  reading_t reading;
  if (whole_pattern_open(context, tess_text_get(&w.text),
                         whole_pattern_forms[form], &reading))
    check_model(reading.model, example, form);
  reading_close(&reading);
  tess_text_free(&w.text);
}

/* PyTorch's decomposition of a batch norm in training, in torch-mlir's linalg:
 * bf16 data, the mean in f32, the variance in f64, and running statistics that
 * are updated and returned. */
#define X "tensor<4x3x5x5xbf16>"
#define XF "tensor<4x3x5x5xf32>"
#define C "tensor<3xf32>"
#define C1 "tensor<1x3x1x1xf32>"
#define ALL "affine_map<(n, c, h, w) -> (n, c, h, w)>"
#define CHANNEL "affine_map<(n, c, h, w) -> (0, c, 0, 0)>"
#define VECTOR "affine_map<(n, c, h, w) -> (c)>"
#define PARALLEL "\"parallel\", \"parallel\", \"parallel\", \"parallel\""
#define OVER_ALL "\"reduction\", \"parallel\", \"reduction\", \"reduction\""
#define GENERIC(maps, loops, ins, out, body, result)                           \
  "linalg.generic {indexing_maps = [" maps "], iterator_types = [" loops       \
  "]} ins(" ins ") outs(" out ") {\n" body "} -> " result "\n"
/* One op on a running statistic: 0.9 of it, and 0.1 of what the batch says. */
#define UPDATE(out, running, batch)                                            \
  out " = linalg.generic {indexing_maps = [affine_map<(c) -> (c)>, "           \
      "affine_map<(c) -> (0, c, 0, 0)>, affine_map<(c) -> (c)>], "             \
      "iterator_types = [\"parallel\"]} ins(" running ", " batch " : " C       \
      ", " C1 ") outs(%e3 : " C ") {\n^bb0(%was: f32, %now: f32, %o: f32):\n"  \
      "%k = arith.mulf %was, %keep : f32\n%l = arith.mulf %now, %learn : "     \
      "f32\n"                                                                  \
      "%u = arith.addf %k, %l : f32\nlinalg.yield %u : f32\n} -> " C "\n"

static const char
    torch[] = "func.func @f(%x: " X " {tessera.role = \"input\"}, %g: " C
              " {tessera.role = \"weight\"}, %b: " C
              " {tessera.role = \"weight\"}, %rm: " C
              " {tessera.role = \"statistic\"}, %rv: " C
              " {tessera.role = \"statistic\"}) -> (" X ", " C ", " C ") {\n"
              "%keep = arith.constant 0.9 : f32\n%learn = arith.constant 0.1 : "
              "f32\n"
              "%z = arith.constant 0.0 : f32\n%zd = arith.constant 0.0 : f64\n"
              "%n = arith.constant 100.0 : f32\n%nd = arith.constant 100.0 : "
              "f64\n"
              "%eps = arith.constant 1.0e-5 : f64\n"
              "%ex = tensor.empty() : " XF "\n%eb = tensor.empty() : " X "\n"
              "%e1 = tensor.empty() : " C1 "\n%e3 = tensor.empty() : " C "\n"
              "%ed = tensor.empty() : tensor<1x3x1x1xf64>\n"
              "%z1 = linalg.fill ins(%z : f32) outs(%e1 : " C1 ") -> " C1 "\n"
              "%zv = linalg.fill ins(%zd : f64) outs(%ed : "
              "tensor<1x3x1x1xf64>) -> "
              "tensor<1x3x1x1xf64>\n"
              "%f = " GENERIC(ALL ", " ALL, PARALLEL, "%x : " X, "%ex : " XF,
                              "^bb0(%i: bf16, %o: f32):\n%c = arith.extf %i : "
                              "bf16 to "
                              "f32\nlinalg.yield %c : f32\n",
                              XF) "%s = " GENERIC(ALL ", " CHANNEL, OVER_ALL,
                                                  "%f : " XF, "%z1 : " C1,
                                                  "^bb0(%i: f32, %o: f32):\n%a "
                                                  "= "
                                                  "arith.addf %i, %o : f32\n"
                                                  "linalg.yield %a : f32\n",
                                                  C1) "%m = " GENERIC(CHANNEL
                                                                      ", " ALL,
                                                                      PARALLEL,
                                                                      "%s "
                                                                      ": " C1,
                                                                      "%e1 "
                                                                      ": " C1,
                                                                      "^bb0(%i:"
                                                                      " f32, "
                                                                      "%o: "
                                                                      "f32):\n%"
                                                                      "d = "
                                                                      "arith."
                                                                      "divf "
                                                                      "%i, %n "
                                                                      ": f32\n"
                                                                      "linalg."
                                                                      "yield "
                                                                      "%d : "
                                                                      "f32\n",
                                                                      C1) "%c "
                                                                          "="
                                                                          " " GENERIC(ALL
                                                                                      ", " CHANNEL
                                                                                      ", " ALL,
                                                                                      PARALLEL,
                                                                                      "%f, %m : " XF
                                                                                      ", " C1,
                                                                                      "%ex : " XF,
                                                                                      "^bb0(%i: f32, %j: f32, %o: f32):\n%d = arith.subf %i, %j : f32\n"
                                                                                      "linalg.yield %d : f32\n",
                                                                                      XF) "%q = " GENERIC(ALL
                                                                                                          ", " CHANNEL,
                                                                                                          OVER_ALL,
                                                                                                          "%c : " XF,
                                                                                                          "%zv : tensor<1x3x1x1xf64>",
                                                                                                          "^bb0(%i: f32, %o: f64):\n%w = arith.extf %i : f32 to f64\n"
                                                                                                          "%p = arith.mulf %w, %w : f64\n%a = arith.addf %p, %o : f64\n"
                                                                                                          "linalg.yield %a : f64\n",
                                                                                                          "tensor<1x3x1x1xf64>") "%v = " GENERIC(CHANNEL
                                                                                                                                                 ", " ALL,
                                                                                                                                                 PARALLEL,
                                                                                                                                                 "%q : tensor<1x3x1x1xf64>",
                                                                                                                                                 "%e1 : " C1,
                                                                                                                                                 "^bb0(%i: f64, %o: f32):\n%d = arith.divf %i, %nd : f64\n"
                                                                                                                                                 "%t = arith.truncf %d : f64 to f32\nlinalg.yield %t : f32\n",
                                                                                                                                                 C1) "%i = " GENERIC(CHANNEL
                                                                                                                                                                     ", " ALL,
                                                                                                                                                                     PARALLEL,
                                                                                                                                                                     "%v : " C1,
                                                                                                                                                                     "%e1 : " C1,
                                                                                                                                                                     "^bb0(%i: f32, %o: f32):\n%t = arith.truncf %eps : f64 to f32\n"
                                                                                                                                                                     "%a = arith.addf %i, %t : f32\n%r = math.rsqrt %a : f32\n"
                                                                                                                                                                     "linalg.yield %r : f32\n",
                                                                                                                                                                     C1) "%r = " GENERIC(ALL
                                                                                                                                                                                         ", " CHANNEL
                                                                                                                                                                                         ", " VECTOR
                                                                                                                                                                                         ", " VECTOR
                                                                                                                                                                                         ", " ALL,
                                                                                                                                                                                         PARALLEL,
                                                                                                                                                                                         "%c, %i, %g, %b : " XF
                                                                                                                                                                                         ", " C1
                                                                                                                                                                                         ", " C
                                                                                                                                                                                         ", " C,
                                                                                                                                                                                         "%eb : " X,
                                                                                                                                                                                         "^bb0(%i0: f32, %i1: f32, %i2: f32, %i3: f32, %o: bf16):\n"
                                                                                                                                                                                         "%d = arith.mulf %i0, %i1 : f32\n"
                                                                                                                                                                                         "%e = arith.mulf %d, %i2 : f32\n"
                                                                                                                                                                                         "%h = arith.addf %e, %i3 : f32\n"
                                                                                                                                                                                         "%t = arith.truncf %h : f32 to bf16\nlinalg.yield %t : bf16\n",
                                                                                                                                                                                         X)
                                                                              UPDATE(
                                                                                  "%nm",
                                                                                  "%rm",
                                                                                  "%m")
                                                                                  UPDATE(
                                                                                      "%nv",
                                                                                      "%rv",
                                                                                      "%v") "return %r, %nm, %nv : " X
                                                                                            ", " C
                                                                                            ", " C
                                                                                            "\n}\n";

/* One batch norm, and two updates beside it. */
static void check_torch(MlirContext context) {
  MlirModule module = tess_load_text(context, torch);
  if (mlirModuleIsNull(module))
    return;
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  CHECK_EQ(model->pattern_count, 1);
  CHECK_EQ(model->pattern_count ? model->patterns[0].kind : TESS_NONE, BATCH);
  if (model->pattern_count == 1) {
    CHECK_EQ(model->patterns[0].node_count, 7); /* the cast is before it */
    CHECK_EQ(model->values[model->patterns[0].output].dtype, TESS_BF16);
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
  check_torch(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
