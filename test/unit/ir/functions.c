/* Every element-wise form, written in several ways, has one name and one
 * price. */
#include "reading.h"

#define MAP4 "affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>"
#define ALL_PARALLEL                                                           \
  "iterator_types = [\"parallel\", \"parallel\", \"parallel\", \"parallel\"]"
#define IMAGE "tensor<1x4x4x8xf32>"
#define NUMBER "tensor<1x1x1x1xf32>"

/* A convolution, so that roles are known, then `body` on %x. */
static char *with_convolution(const char *body) {
  static char text[16384];
  snprintf(
      text, sizeof text,
      "func.func @f(%%in: tensor<1x4x4x3xf32>, %%w: tensor<1x1x3x8xf32>,\n"
      "  %%a: tensor<8xf32>, %%b: tensor<8xf32>, %%c: tensor<8xf32>,\n"
      "  %%d: tensor<8xf32>) -> " IMAGE " {\n"
      "  %%zero = arith.constant 0.0 : f32\n"
      "  %%one = arith.constant 1.0 : f32\n"
      "  %%three = arith.constant 3.0 : f32\n"
      "  %%six = arith.constant 6.0 : f32\n"
      "  %%sixth = arith.constant 0.16666667 : f32\n"
      "  %%half = arith.constant 0.5 : f32\n"
      "  %%eps = arith.constant 1.0e-5 : f32\n"
      "  %%e = tensor.empty() : " IMAGE "\n"
      "  %%acc = linalg.fill ins(%%zero : f32) outs(%%e : " IMAGE ") -> " IMAGE
      "\n"
      "  %%x = linalg.conv_2d_nhwc_hwcf ins(%%in, %%w : tensor<1x4x4x3xf32>, "
      "tensor<1x1x3x8xf32>) outs(%%acc : " IMAGE ") -> " IMAGE "\n"
      "%s"
      "  return %%r : " IMAGE "\n}\n",
      body);
  return text;
}

/* One generic on one image, and on two. */
#define GENERIC1(result, input, code)                                          \
  result " = linalg.generic {indexing_maps = [" MAP4 ", " MAP4                 \
         "], " ALL_PARALLEL "} ins(" input " : " IMAGE ") outs(%e : " IMAGE    \
         ") {\n^bb0(%i: f32, %o: f32):\n" code "} -> " IMAGE "\n"
#define GENERIC2(result, first, second, code)                                  \
  result " = linalg.generic {indexing_maps = [" MAP4 ", " MAP4 ", " MAP4       \
         "], " ALL_PARALLEL "} ins(" first ", " second " : " IMAGE ", " IMAGE  \
         ") outs(%e : " IMAGE ") {\n^bb0(%i: f32, %j: f32, %o: f32):\n" code   \
         "} -> " IMAGE "\n"
#define SIGMOID_CODE                                                           \
  "%1 = arith.negf %i : f32\n%2 = math.exp %1 : f32\n"                         \
  "%3 = arith.addf %2, %one : f32\n%4 = arith.divf %one, %3 : f32\n"
#define SHIFT                                                                  \
  "  %s = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "      \
  "tensor<1xi8>\n"
#define TOSA_NUMBER(name, value)                                               \
  "  " name " = \"tosa.const\"() <{values = dense<" value "> : " NUMBER        \
  "}> : () -> " NUMBER "\n"
#define TOSA2(result, op, first, second, type)                                 \
  "  " result " = tosa." op " " first ", " second " : (" IMAGE ", " type       \
  ") -> " IMAGE "\n"
#define TOSA_MUL(result, first, second, type)                                  \
  "  " result " = tosa.mul " first ", " second ", %s : (" IMAGE ", " type      \
  ", tensor<1xi8>) -> " IMAGE "\n"
#define TOSA1(result, op, operand)                                             \
  "  " result " = tosa." op " " operand " : (" IMAGE ") -> " IMAGE "\n"
#define TOSA_CLAMP(result, operand, low, high)                                 \
  "  " result " = tosa.clamp " operand " {min_val = " low                      \
  " : f32, max_val = " high " : f32} : (" IMAGE ") -> " IMAGE "\n"

#define SWISH_MUL "%5 = arith.mulf %i, %j : f32\nlinalg.yield %5 : f32\n"
#define RELU6_OF_THREE                                                         \
  "%1 = arith.addf %i, %three : f32\n%2 = arith.maximumf %1, %zero : f32\n"    \
  "%3 = arith.minimumf %2, %six : f32\n"

typedef struct form {
  tess_function_t function;
  int nodes;               /* of the chain */
  int simple, div, exp_op; /* per element */
  const char *body;
} form_t;

static const form_t forms[] = {
    {TESS_FUNCTION_SIGMOID, 1, 2, 1, 1, TOSA1("%r", "sigmoid", "%x")},
    {TESS_FUNCTION_SIGMOID, 1, 2, 1, 1,
     GENERIC1("%r", "%x", SIGMOID_CODE "linalg.yield %4 : f32\n")},
    {TESS_FUNCTION_SIGMOID, 4, 2, 1, 1,
     TOSA_NUMBER("%k", "1.0") TOSA1("%n", "exp", "%m0") TOSA2(
         "%p", "add", "%n", "%k", NUMBER) TOSA1("%r", "reciprocal", "%p")},
    {TESS_FUNCTION_SWISH, 2, 3, 1, 1,
     SHIFT TOSA1("%g", "sigmoid", "%x") TOSA_MUL("%r", "%x", "%g", IMAGE)},
    {TESS_FUNCTION_SWISH, 2, 3, 1, 1,
     SHIFT TOSA1("%g", "sigmoid", "%x") TOSA_MUL("%r", "%g", "%x", IMAGE)},
    {TESS_FUNCTION_SWISH, 2, 3, 1, 1,
     GENERIC1("%g", "%x", SIGMOID_CODE "linalg.yield %4 : f32\n")
         GENERIC2("%r", "%x", "%g", SWISH_MUL)},
    {TESS_FUNCTION_SWISH, 1, 3, 1, 1,
     GENERIC1("%r", "%x",
              SIGMOID_CODE "%5 = arith.mulf %4, %i : f32\nlinalg.yield %5 : "
                           "f32\n")},
    {TESS_FUNCTION_RELU, 1, 1, 0, 0,
     TOSA_CLAMP("%r", "%x", "0.0", "0x7F7FFFFF")},
    {TESS_FUNCTION_RELU, 1, 1, 0, 0,
     GENERIC1("%r", "%x",
              "%1 = arith.maximumf %i, %zero : f32\nlinalg.yield %1 : f32\n")},
    {TESS_FUNCTION_RELU, 1, 1, 0, 0,
     GENERIC1("%r", "%x",
              "%1 = arith.cmpf ugt, %i, %zero : f32\n%2 = arith.select %1, %i, "
              "%zero : f32\nlinalg.yield %2 : f32\n")},
    {TESS_FUNCTION_RELU6, 1, 2, 0, 0, TOSA_CLAMP("%r", "%x", "0.0", "6.0")},
    {TESS_FUNCTION_RELU6, 1, 2, 0, 0,
     GENERIC1("%r", "%x",
              "%1 = arith.minimumf %i, %six : f32\n%2 = arith.maximumf %1, "
              "%zero : f32\nlinalg.yield %2 : f32\n")},
    {TESS_FUNCTION_RELU6, 1, 2, 0, 0,
     GENERIC1("%r", "%x",
              "%1 = arith.cmpf ult, %i, %zero : f32\n%2 = arith.select %1, "
              "%zero, %i : f32\n%3 = arith.cmpf ugt, %2, %six : f32\n%4 = "
              "arith.select %3, %six, %2 : f32\nlinalg.yield %4 : f32\n")},
    {TESS_FUNCTION_CLAMP, 1, 2, 0, 0, TOSA_CLAMP("%r", "%x", "-1.0", "1.0")},
    {TESS_FUNCTION_HARD_SIGMOID, 1, 4, 0, 0,
     GENERIC1("%r", "%x",
              RELU6_OF_THREE "%4 = arith.mulf %3, %sixth : f32\nlinalg.yield "
                             "%4 : f32\n")},
    {TESS_FUNCTION_HARD_SIGMOID, 1, 4, 0, 0,
     GENERIC1("%r", "%x",
              "%1 = arith.mulf %i, %sixth : f32\n%2 = arith.addf %1, %half : "
              "f32\n%3 = arith.maximumf %2, %zero : f32\n%4 = arith.minimumf "
              "%3, %one : f32\nlinalg.yield %4 : f32\n")},
    {TESS_FUNCTION_HARD_SIGMOID, 3, 4, 0, 0,
     SHIFT TOSA_NUMBER("%k", "3.0") TOSA_NUMBER("%l", "0.16666667") TOSA2(
         "%g", "add", "%x", "%k", NUMBER) TOSA_CLAMP("%h", "%g", "0.0", "6.0")
         TOSA_MUL("%r", "%h", "%l", NUMBER)},
    {TESS_FUNCTION_HARD_SWISH, 4, 5, 0, 0,
     SHIFT TOSA_NUMBER("%k", "3.0") TOSA_NUMBER("%l", "0.16666667") TOSA2(
         "%g", "add", "%x", "%k", NUMBER) TOSA_CLAMP("%h", "%g", "0.0", "6.0")
         TOSA_MUL("%p", "%h", "%l", NUMBER) TOSA_MUL("%r", "%x", "%p", IMAGE)},
    {TESS_FUNCTION_HARD_SWISH, 4, 5, 0, 0,
     SHIFT TOSA_NUMBER("%k", "3.0") TOSA_NUMBER("%l", "0.16666667") TOSA2(
         "%g", "add", "%x", "%k", NUMBER) TOSA_CLAMP("%h", "%g", "0.0", "6.0")
         TOSA_MUL("%p", "%h", "%x", IMAGE) TOSA_MUL("%r", "%p", "%l", NUMBER)},
    {TESS_FUNCTION_HARD_SWISH, 1, 5, 0, 0,
     GENERIC1("%r", "%x",
              RELU6_OF_THREE "%4 = arith.mulf %3, %sixth : f32\n%5 = "
                             "arith.mulf %i, %4 : f32\nlinalg.yield %5 : "
                             "f32\n")},
    {TESS_FUNCTION_TANH, 1, 0, 0, 0, TOSA1("%r", "tanh", "%x")},
    {TESS_FUNCTION_TANH, 1, 0, 0, 0,
     GENERIC1("%r", "%x", "%1 = math.tanh %i : f32\nlinalg.yield %1 : f32\n")},
    {TESS_FUNCTION_EXP, 1, 0, 0, 1, TOSA1("%r", "exp", "%x")},
    {TESS_FUNCTION_EXP, 1, 0, 0, 1,
     "  %r = linalg.exp ins(%x : " IMAGE ") outs(%e : " IMAGE ") -> " IMAGE
     "\n"},
};

/* The third sigmoid's negation, apart because tosa.negate needs zero points. */
static const char negate[] =
    "  %zp = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n  %m0 = tosa.negate %x, %zp, %zp : (" IMAGE
    ", tensor<1xf32>, tensor<1xf32>) -> " IMAGE "\n";

static void check_form(MlirContext context, const form_t *form) {
  char body[8192];
  bool negates = strstr(form->body, "%m0") != NULL;
  snprintf(body, sizeof body, "%s%s", negates ? negate : "", form->body);
  reading_t reading;
  CHECK_OK(reading_parse(context, with_convolution(body), &reading));
  if (!reading.model) {
    fprintf(stderr, "%s\n", body);
    return;
  }
  const tess_model_t *model = reading.model;
  CHECK_EQ(model->chain_count, 1);
  const tess_chain_t *chain = &model->chains[model->chain_count - 1];
  CHECK_STRING(tess_function_name((tess_function_t)chain->function),
               tess_function_name(form->function));
  CHECK_EQ(chain->node_count, form->nodes);
  int32_t made_by = model->values[chain->input].node;
  CHECK(made_by != TESS_NONE && model->nodes[made_by].kind == TESS_NODE_CONV);
  CHECK(model->values[chain->output].returned);
  int64_t ops[TESS_VECTOR_OP_COUNT] = {0};
  for (int32_t i = 0; i < chain->node_count; i++)
    for (int v = 0; v < TESS_VECTOR_OP_COUNT; v++)
      ops[v] += model->nodes[chain->nodes[i]].kernel.vector_ops[v];
  CHECK_EQ(ops[TESS_VECTOR_SIMPLE], 128 * form->simple);
  CHECK_EQ(ops[TESS_VECTOR_DIV], 128 * form->div);
  CHECK_EQ(ops[TESS_VECTOR_EXP], 128 * form->exp_op);
  reading_close(&reading);
}

#define VECTOR_MAP "affine_map<(d0, d1, d2, d3) -> (d3)>"
#define VECTOR "tensor<8xf32>"
/* One generic with four vectors beside the image. */
#define NORM_GENERIC(code)                                                     \
  "  %r = linalg.generic {indexing_maps = [" MAP4 ", " VECTOR_MAP              \
  ", " VECTOR_MAP ", " VECTOR_MAP ", " VECTOR_MAP ", " MAP4 "], " ALL_PARALLEL \
  "} ins(%x, %a, %b, %c, %d : " IMAGE ", " VECTOR ", " VECTOR ", " VECTOR      \
  ", " VECTOR ") outs(%e : " IMAGE ") {\n"                                     \
  "^bb0(%i: f32, %mean: f32, %var: f32, %gamma: f32, %beta: f32, %o: "         \
  "f32):\n" code "linalg.yield %9 : f32\n} -> " IMAGE "\n"
#define TO_IMAGE(result, operand)                                              \
  "  " result " = tensor.expand_shape " operand                                \
  " [[0, 1, 2, 3]] output_shape [1, 1, 1, 8] : " VECTOR                        \
  " into tensor<1x1x1x8xf32>\n"
#define ROW "tensor<1x1x1x8xf32>"

static const char *const norms[] = {
    NORM_GENERIC("%1 = arith.subf %i, %mean : f32\n"
                 "%2 = arith.addf %var, %eps : f32\n%3 = math.rsqrt %2 : f32\n"
                 "%4 = arith.mulf %1, %3 : f32\n"
                 "%5 = arith.mulf %4, %gamma : f32\n"
                 "%9 = arith.addf %5, %beta : f32\n"),
    NORM_GENERIC("%2 = arith.addf %var, %eps : f32\n%3 = math.rsqrt %2 : f32\n"
                 "%4 = arith.mulf %3, %gamma : f32\n"
                 "%5 = arith.mulf %mean, %4 : f32\n"
                 "%6 = arith.subf %beta, %5 : f32\n"
                 "%7 = arith.mulf %i, %4 : f32\n%9 = arith.addf %7, %6 : "
                 "f32\n"),
    SHIFT TO_IMAGE("%m", "%a") TO_IMAGE("%v", "%b") TO_IMAGE("%g", "%c")
        TO_IMAGE("%h", "%d") TOSA_NUMBER(
            "%k", "1.0e-5") "  %p = tosa.add %v, %k : (" ROW ", " NUMBER
                            ") -> " ROW "\n"
                            "  %q = tosa.rsqrt %p : (" ROW ") -> " ROW
                            "\n" TOSA2("%t", "sub", "%x", "%m", ROW)
                                TOSA_MUL("%u", "%t", "%q", ROW)
                                    TOSA_MUL("%y", "%u", "%g", ROW)
                                        TOSA2("%r", "add", "%y", "%h", ROW),
};

static void check_norms(MlirContext context) {
  for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
    reading_t reading;
    CHECK_OK(reading_parse(context, with_convolution(norms[i]), &reading));
    if (!reading.model)
      continue;
    const tess_model_t *model = reading.model;
    CHECK_EQ(model->chain_count, 1);
    CHECK_EQ(model->chains[0].function, TESS_FUNCTION_BATCH_NORM);
    static const int roles[] = {TESS_ROLE_INPUT,     TESS_ROLE_WEIGHT,
                                TESS_ROLE_STATISTIC, TESS_ROLE_STATISTIC,
                                TESS_ROLE_WEIGHT,    TESS_ROLE_WEIGHT};
    for (int32_t a = 0; a < model->argument_count; a++)
      CHECK_EQ(model->values[model->arguments[a]].role, roles[a]);
    CHECK_EQ(model->parameters, 24 + 8 + 8);
    reading_close(&reading);
  }
}

/* A bias, a residual addition, and a function that reads its argument twice
 * outside: the chain must not swallow what others need. */
static void check_neighbours(MlirContext context) {
  reading_t reading;
  CHECK_OK(reading_parse(
      context,
      with_convolution(
          SHIFT TO_IMAGE("%m", "%a") TOSA2("%p", "add", "%x", "%m", ROW)
              TOSA1("%g", "sigmoid", "%p") TOSA_MUL("%q", "%p", "%g", IMAGE)
                  TOSA2("%r", "add", "%q", "%g", IMAGE)),
      &reading));
  if (!reading.model)
    return;
  const tess_model_t *model = reading.model;
  CHECK_EQ(model->chain_count, 4);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_BIAS), 1);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_SIGMOID), 1);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_SWISH), 0);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_RESIDUAL), 1);
  for (int32_t n = 0; n < model->node_count; n++) {
    bool elementwise = model->nodes[n].kind == TESS_NODE_ELEMENTWISE &&
                       !model->nodes[n].prepared;
    CHECK_EQ(model->chain_of_node[n] != TESS_NONE, elementwise);
  }
  reading_close(&reading);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    check_form(context, &forms[i]);
  check_norms(context);
  check_neighbours(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
