/* Softmax, normalisations and attention: the same networks as TOSA, lowered to
 * linalg by upstream's own passes, and fused by them; near misses that must not
 * be found; and the known number of each in exported networks. */
#include "../load.h"
#include "reading.h"
#include "upstream.h"
#include <string.h>

/* What a text must hold, one count per kind. */
typedef struct example {
  const char *name;
  int counts[TESS_PATTERN_COUNT]; /* softmax, layer, rms, group, ... */
  const char *body;               /* TOSA from %x to %r, both X */
} example_t;

/* Square, so that a wrong dimension has the right size. */
#define X "tensor<4x8x8xf32>"
#define R "tensor<4x8x1xf32>"
#define N "tensor<1x1x1xf32>"
#define W "tensor<1x1x8xf32>"
#define ONE(out, op, a, from, to)                                              \
  out " = tosa." op " " a " : (" from ") -> " to "\n"
#define TWO(out, op, a, b, left, right, to)                                    \
  out " = tosa." op " " a ", " b " : (" left ", " right ") -> " to "\n"
#define MUL(out, a, b, left, right, to)                                        \
  out " = tosa.mul " a ", " b ", %shift : (" left ", " right                   \
      ", tensor<1xi8>) -> " to "\n"
#define OVER(out, op, a, axis, to)                                             \
  out " = tosa.reduce_" op " " a " {axis = " axis " : i32} : (" X ") -> " to   \
      "\n"
#define NUMBER(name, value)                                                    \
  name " = \"tosa.const\"() <{values = dense<" value "> : " N "}> : () -> " N  \
       "\n"

#define EXP_OF(max)                                                            \
  max TWO("%d", "sub", "%x", "%max", X, R, X) ONE("%e", "exp", "%d", X, X)
#define SHARE                                                                  \
  OVER("%sum", "sum", "%e", "2", R)                                            \
  ONE("%inv", "reciprocal", "%sum", R, R) MUL("%r", "%e", "%inv", X, R, X)
#define SOFTMAX EXP_OF(OVER("%max", "max", "%x", "2", R)) SHARE

#define MEAN(out, of, count)                                                   \
  OVER(out "s", "sum", of, "2", R)                                             \
  NUMBER(out "n", count) MUL(out, out "s", out "n", R, N, R)
#define CENTRE MEAN("%m", "%x", "0.125") TWO("%c", "sub", "%x", "%m", X, R, X)
#define VARIANCE MUL("%q", "%c", "%c", X, X, X) MEAN("%v", "%q", "0.125")
#define ROOT                                                                   \
  NUMBER("%eps", "1.0e-5")                                                     \
  TWO("%ve", "add", "%v", "%eps", R, N, R) ONE("%i", "rsqrt", "%ve", R, R)
#define AFFINE                                                                 \
  MUL("%s", "%n", "%g", X, W, X) TWO("%r", "add", "%s", "%b", X, W, X)
#define NORMALISE(of) MUL("%n", of, "%i", X, R, X)
/* mean(x^2) - mean(x)^2. */
#define SHORT_VARIANCE                                                         \
  MUL("%xx", "%x", "%x", X, X, X)                                              \
  MEAN("%sq", "%xx", "0.125")                                                  \
  MUL("%mm", "%m", "%m", R, R, R) TWO("%v", "sub", "%sq", "%mm", R, R, R)
/* x * i + (b - m * i). */
#define FOLDED                                                                 \
  MUL("%xi", "%x", "%i", X, R, X)                                              \
  MUL("%mi", "%m", "%i", R, R, R)                                              \
  TWO("%rest", "sub", "%b", "%mi", W, R, X)                                    \
  TWO("%r", "add", "%xi", "%rest", X, X, X)
#define PRODUCT(out, a, b)                                                     \
  out " = tosa.matmul " a ", " b ", %zp, %zp : (" X ", " X                     \
      ", tensor<1xf32>, tensor<1xf32>) -> " X "\n"
#define TRANSPOSE(out, a)                                                      \
  out " = tosa.transpose " a " {perms = array<i32: 0, 2, 1>} : (" X ") -> " X  \
      "\n"
#define EXP_OF_SCORES                                                          \
  OVER("%max", "max", "%t", "2", R)                                            \
  TWO("%d", "sub", "%t", "%max", X, R, X) ONE("%e", "exp", "%d", X, X)
#define SHARES                                                                 \
  OVER("%sum", "sum", "%e", "2", R)                                            \
  ONE("%inv", "reciprocal", "%sum", R, R) MUL("%p", "%e", "%inv", X, R, X)

#define SHAPE(name, sizes)                                                     \
  name " = tosa.const_shape {values = dense<[" sizes "]> : tensor<3xindex>} "  \
       ": () -> !tosa.shape<3>\n"
#define FLAT "tensor<1x32x8xf32>"
#define RESHAPE(out, a, shape, from, to)                                       \
  out " = tosa.reshape " a ", " shape " : (" from ", !tosa.shape<3>) -> " to   \
      "\n"

/* A softmax in an attention. */
#define WITH_ATTENTION                                                         \
  { [TESS_PATTERN_SOFTMAX] = 1, [TESS_PATTERN_ATTENTION] = 1 }

static const example_t examples[] = {
    {"softmax", {1}, SOFTMAX},
    {"softmax without a maximum", {1}, ONE("%e", "exp", "%x", X, X) SHARE},
    {"exp over a sum that lies across",
     {0},
     EXP_OF(OVER("%max", "max", "%x", "2", R)) OVER("%sum", "sum", "%e", "2", R)
         RESHAPE("%across", "%sum", "%columns", R, "tensor<4x1x8xf32>")
             ONE("%inv", "reciprocal", "%across", "tensor<4x1x8xf32>",
                 "tensor<4x1x8xf32>")
                 MUL("%r", "%e", "%inv", X, "tensor<4x1x8xf32>", X)},
    {"a softmax of a difference that another dimension makes",
     {1},
     EXP_OF(OVER("%max", "max", "%x", "2", R))
         OVER("%sum", "sum", "%e", "1", "tensor<4x1x8xf32>")
             ONE("%inv", "reciprocal", "%sum", "tensor<4x1x8xf32>",
                 "tensor<4x1x8xf32>")
                 MUL("%r", "%e", "%inv", X, "tensor<4x1x8xf32>", X)},
    {"a sum of something else",
     {0},
     EXP_OF(OVER("%max", "max", "%x", "2", R)) OVER("%sum", "sum", "%d", "2", R)
         ONE("%inv", "reciprocal", "%sum", R, R)
             MUL("%r", "%e", "%inv", X, R, X)},
    {"the greatest exp in place of the sum",
     {0},
     ONE("%e", "exp", "%x", X, X) OVER("%sum", "max", "%e", "2", R) ONE(
         "%inv", "reciprocal", "%sum", R, R) MUL("%r", "%e", "%inv", X, R, X)},
    {"layer norm", {0, 1}, CENTRE VARIANCE ROOT NORMALISE("%c") AFFINE},
    {"layer norm without weights",
     {0, 1},
     CENTRE VARIANCE ROOT MUL("%r", "%c", "%i", X, R, X)},
    {"layer norm by mean of squares",
     {0, 1},
     CENTRE SHORT_VARIANCE ROOT NORMALISE("%c") AFFINE},
    {"layer norm folded", {0, 1}, CENTRE VARIANCE ROOT FOLDED},
    {"a norm with a vector per row of each matrix",
     {[TESS_PATTERN_INSTANCE_NORM] = 1},
     RESHAPE("%gr", "%gw", "%rows", "tensor<8xf32>", "tensor<1x8x1xf32>")
         RESHAPE("%br", "%bw", "%rows", "tensor<8xf32>", "tensor<1x8x1xf32>")
             CENTRE VARIANCE ROOT NORMALISE("%c")
                 MUL("%s", "%n", "%gr", X, "tensor<1x8x1xf32>", X)
                     TWO("%r", "add", "%s", "%br", X, "tensor<1x8x1xf32>", X)},
    {"rms norm",
     {0, 0, 1},
     MUL("%q", "%x", "%x", X, X, X) MEAN("%v", "%q", "0.125")
         ROOT NORMALISE("%x") AFFINE},
    {"a variance over a wrong count",
     {0},
     CENTRE MUL("%q", "%c", "%c", X, X, X) MEAN("%v", "%q", "0.25")
         ROOT NORMALISE("%c") AFFINE},
    {"a norm by squares of what is not centred",
     {0, 0, 1},
     MEAN("%m", "%x", "0.25") TWO("%c", "sub", "%x", "%m", X, R, X)
         VARIANCE ROOT NORMALISE("%c") AFFINE},
    {"a variance of something else",
     {0},
     CENTRE ONE("%y", "tanh", "%x", X, X) MUL("%q", "%y", "%y", X, X, X)
         MEAN("%v", "%q", "0.125") ROOT NORMALISE("%c") AFFINE},
    {"centred, but scaled by what is not centred",
     {0},
     CENTRE MUL("%q", "%x", "%x", X, X, X) MEAN("%v", "%q", "0.125")
         ROOT NORMALISE("%c") AFFINE},
    {"attention", WITH_ATTENTION,
     TRANSPOSE("%k", "%x") PRODUCT("%t", "%x", "%k")
         EXP_OF_SCORES SHARES PRODUCT("%r", "%p", "%x")},
    {"attention, scaled and masked", WITH_ATTENTION,
     TRANSPOSE("%k", "%x") PRODUCT("%s", "%x", "%k") NUMBER("%f", "0.353553")
         MUL("%sf", "%s", "%f", X, N, X)
             TWO("%t", "add", "%sf", "%mask", X, "tensor<1x8x8xf32>", X)
                 EXP_OF_SCORES SHARES PRODUCT("%r", "%p", "%x")},
    {"a softmax between layers of weights",
     {1},
     RESHAPE("%x1", "%x", "%flat", X,
             FLAT) "%w1 = tosa.matmul %x1, %wt, %zp, %zp : "
                   "(tensor<1x32x8xf32>, tensor<1x8x8xf32>, tensor<1xf32>, "
                   "tensor<1xf32>) "
                   "-> tensor<1x32x8xf32>\n" RESHAPE("%t", "%w1", "%square",
                                                     FLAT, X)
                       EXP_OF_SCORES SHARES PRODUCT("%r", "%p", "%x")},
};

/* The body as a function; a layer of weights behind it, so that roles are
 * known. */
static const char *text_of(const example_t *example) {
  static char text[16384];
  static const char head[] =
      "func.func @f(%x: " X
      " {tessera.role = \"input\"}, %gw: tensor<8xf32>, %bw: tensor<8xf32>, "
      "%mask: tensor<1x8x8xf32> {tessera.role = \"input\"}, %wt: "
      "tensor<1x8x8xf32>) -> " FLAT " {\n"
      "%shift = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
      "tensor<1xi8>\n"
      "%zp = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
      "tensor<1xf32>\n" SHAPE("%wide", "1, 1, 8") SHAPE("%rows", "1, 8, 1")
          SHAPE("%flat", "1, 32, 8") SHAPE("%square", "4, 8, 8")
              SHAPE("%columns", "4, 1, 8")
                  RESHAPE("%g", "%gw", "%wide", "tensor<8xf32>", W)
                      RESHAPE("%b", "%bw", "%wide", "tensor<8xf32>", W);
  static const char tail[] =
      RESHAPE("%rx", "%r", "%flat", X,
              FLAT) "%last = tosa.matmul %rx, %wt, "
                    "%zp, %zp : (" FLAT
                    ", tensor<1x8x8xf32>, tensor<1xf32>, tensor<1xf32>) "
                    "-> " FLAT "\nreturn %last : " FLAT "\n}\n";
  snprintf(text, sizeof text, "%s%s%s", head, example->body, tail);
  return text;
}

static void lower(MlirModule module, bool fuse) {
  const char *pipeline =
      fuse ? "builtin.module(func.func(tosa-to-linalg-named,tosa-to-linalg,"
             "tosa-to-arith,tosa-to-tensor),canonicalize,cse,"
             "linalg-fuse-elementwise-ops,canonicalize,cse)"
           : "builtin.module(func.func(tosa-to-linalg-named,tosa-to-linalg,"
             "tosa-to-arith,tosa-to-tensor),canonicalize)";
  upstream_run(module, pipeline);
}

/* Patterns lie in order, work at inference, and know their nodes. */
static void check_form(const tess_model_t *model) {
  for (int32_t i = 0; i < model->pattern_count; i++) {
    const tess_pattern_t *pattern = &model->patterns[i];
    CHECK(pattern->node_count > 0);
    CHECK(pattern->input != TESS_NONE);
    int32_t last = pattern->nodes[pattern->node_count - 1];
    CHECK_EQ(model->values[pattern->output].node, last);
    for (int32_t k = 0; k < pattern->node_count; k++) {
      int32_t n = pattern->nodes[k], of = model->pattern_of_node[n];
      CHECK(k == 0 || pattern->nodes[k - 1] < n);
      CHECK(!model->nodes[n].prepared);
      CHECK(of == i || model->patterns[of].outer == i);
    }
    if (pattern->outer != TESS_NONE)
      CHECK_EQ(model->patterns[pattern->outer].kind, TESS_PATTERN_ATTENTION);
  }
}

static void count(const tess_model_t *model, int *counts) {
  for (int k = 0; k < TESS_PATTERN_COUNT; k++)
    counts[k] = 0;
  for (int32_t i = 0; i < model->pattern_count; i++)
    counts[model->patterns[i].kind]++;
}

static void check_example(MlirContext context, const example_t *example,
                          int lowering) {
  MlirModule module = tess_load_text(context, text_of(example));
  tess_model_t *model;
  if (mlirModuleIsNull(module)) {
    CHECK(!"the text parses");
    return;
  }
  if (lowering)
    lower(module, lowering > 1);
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  int counts[TESS_PATTERN_COUNT];
  count(model, counts);
  for (int k = 0; k < TESS_PATTERN_COUNT; k++) {
    if (counts[k] != example->counts[k])
      fprintf(stderr, "%s, form %d: %d of %s, not %d\n", example->name,
              lowering, counts[k], tess_pattern_name((tess_pattern_kind_t)k),
              example->counts[k]);
    CHECK_EQ(counts[k], example->counts[k]);
  }
  check_form(model);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

/* Twelve layers, two norms each and one behind them; every softmax is in an
 * attention (Dosovitskiy et al., "An image is worth 16x16 words", ViT-B). */
static void check_network(MlirContext context, const char *file) {
  MlirModule module = tess_load_shared(context, file);
  if (mlirModuleIsNull(module))
    return;
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  int counts[TESS_PATTERN_COUNT];
  count(model, counts);
  CHECK_EQ(counts[TESS_PATTERN_ATTENTION], 12);
  CHECK_EQ(counts[TESS_PATTERN_SOFTMAX], 12);
  CHECK_EQ(counts[TESS_PATTERN_LAYER_NORM], 25);
  CHECK_EQ(counts[TESS_PATTERN_GROUP_NORM] + counts[TESS_PATTERN_RMS_NORM], 0);
  for (int32_t i = 0; i < model->pattern_count; i++)
    if (model->patterns[i].kind == TESS_PATTERN_SOFTMAX)
      CHECK(model->patterns[i].outer != TESS_NONE);
  check_form(model);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

/* One op for the whole softmax, with casts around it. */
static const char named[] =
    "func.func @f(%q: tensor<4x8x16xbf16>, %k: tensor<4x16x8xbf16>,\n"
    "    %v: tensor<4x8x16xbf16>) -> tensor<4x8x16xf32> {\n"
    "  %zero = arith.constant 0.0 : f32\n"
    "  %e = tensor.empty() : tensor<4x8x8xf32>\n"
    "  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x8x8xf32>)\n"
    "      -> tensor<4x8x8xf32>\n"
    "  %s = linalg.batch_matmul ins(%q, %k : tensor<4x8x16xbf16>,\n"
    "      tensor<4x16x8xbf16>) outs(%z : tensor<4x8x8xf32>)\n"
    "      -> tensor<4x8x8xf32>\n"
    "  %p = linalg.softmax dimension(2) ins(%s : tensor<4x8x8xf32>)\n"
    "      outs(%e : tensor<4x8x8xf32>) -> tensor<4x8x8xf32>\n"
    "  %c = arith.truncf %p : tensor<4x8x8xf32> to tensor<4x8x8xbf16>\n"
    "  %f = tensor.empty() : tensor<4x8x16xf32>\n"
    "  %y = linalg.fill ins(%zero : f32) outs(%f : tensor<4x8x16xf32>)\n"
    "      -> tensor<4x8x16xf32>\n"
    "  %r = linalg.batch_matmul ins(%c, %v : tensor<4x8x8xbf16>,\n"
    "      tensor<4x8x16xbf16>) outs(%y : tensor<4x8x16xf32>)\n"
    "      -> tensor<4x8x16xf32>\n"
    "  return %r : tensor<4x8x16xf32>\n"
    "}\n";

static void check_named(MlirContext context) {
  reading_t reading;
  CHECK_OK(reading_parse(context, named, &reading));
  const tess_model_t *model = reading.model;
  if (!model)
    return;
  CHECK_EQ(model->pattern_count, 2);
  CHECK_EQ(model->patterns[0].kind, TESS_PATTERN_SOFTMAX);
  CHECK_EQ(model->patterns[0].outer, 1);
  const tess_pattern_t *attention = &model->patterns[1];
  CHECK_EQ(attention->kind, TESS_PATTERN_ATTENTION);
  CHECK_EQ(attention->node_count, 4);
  CHECK_EQ(attention->input, model->arguments[0]);
  CHECK_EQ(attention->key, model->arguments[1]);
  CHECK_EQ(attention->value, model->arguments[2]);
  CHECK(model->values[attention->output].returned);
  check_form(model);
  reading_close(&reading);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    for (int lowering = 0; lowering < 3; lowering++)
      check_example(context, &examples[i], lowering);
  check_named(context);
  check_network(context, "vit_b_16.torch.linalg.mlir");
  check_network(context, "vit_b_16.torch.tosa.mlir");
  mlirContextDestroy(context);
  return tess_check_result();
}
