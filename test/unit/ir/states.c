/* Arguments that the caller carries from call to call, and near misses that are
 * weights; then GPT-2's decoder without a word on what its arguments are. */
#include "../load.h"
#include "reading.h"
#include "tessera/base/text.h"
#include "upstream.h"

enum { W = TESS_ROLE_WEIGHT, I = TESS_ROLE_INPUT, S = TESS_ROLE_STATISTIC };

typedef struct example {
  const char *name;
  int roles[3];          /* of the arguments behind %x and %w */
  const char *arguments; /* these */
  const char *results;   /* types */
  const char *body;      /* from %h, data that a layer made */
} example_t;

#define T(a, b, c) "tensor<" #a "x" #b "x" #c "xf32>"
#define X T(2, 4, 4)
#define L T(2, 8, 4)
#define P T(2, 4, 8)
#define R T(2, 4, 1)
#define C "tensor<4xf32>"
#define TO(out, op, a, b, ta, tb, result)                                      \
  out " = tosa." op " " a ", " b " : (" ta ", " tb ") -> " result "\n"
#define MUL(out, a, b, ta, tb, result)                                         \
  out " = tosa.mul " a ", " b ", %none : (" ta ", " tb                         \
      ", tensor<1xi8>) -> " result "\n"
#define MATMUL(out, a, b, ta, tb, result)                                      \
  out " = tosa.matmul " a ", " b ", %zp, %zp : (" ta ", " tb                   \
      ", tensor<1xf32>, tensor<1xf32>) -> " result "\n"
#define TURN(out, a, from, to)                                                 \
  out " = tosa.transpose " a " {perms = array<i32: 0, 2, 1>} : (" from         \
      ") -> " to "\n"
#define JOIN(out, a, b, ta, tb, result)                                        \
  out " = tosa.concat " a ", " b " {axis = 1 : i32} : (" ta ", " tb            \
      ") -> " result "\n"
#define SOFTMAX(out, in, row)                                                  \
  "%max = tosa.reduce_max " in " {axis = 2 : i32} : (" row ") -> " R           \
  "\n%d = tosa.sub " in ", %max : (" row ", " R ") -> " row                    \
  "\n%e = tosa.exp %d : (" row ") -> " row                                     \
  "\n%sum = tosa.reduce_sum %e {axis = 2 : i32} : (" row ") -> " R             \
  "\n%inv = tosa.reciprocal %sum : (" R ") -> " R                              \
  "\n" MUL(out, "%e", "%inv", row, R, row)
#define BATCH_MEAN                                                             \
  "%s0 = tosa.reduce_sum %h {axis = 0 : i32} : (" X ") -> " T(                 \
      1, 4, 4) "\n"                                                            \
               "%s1 = tosa.reduce_sum %s0 {axis = 1 : i32} : (" T(             \
                   1, 4, 4) ") -> " T(1, 1, 4) "\n"                            \
                                               "%m = tosa.reshape %s1, "       \
                                               "%four : (" T(                  \
                                                   1, 1,                       \
                                                   4) ", "                     \
                                                      "!tosa.shape<1>) -> " C  \
                                                      "\n"

static const example_t examples[] = {
    {"keys and values are concatenated",
     {I, I},
     "%ck: " X ", %cv: " X,
     X,
     JOIN("%k", "%ck", "%h", X, X, L) JOIN("%v", "%cv", "%h", X, X, L)
         TURN("%kt", "%k", L, P) MATMUL("%q", "%h", "%kt", X, P, P) SOFTMAX(
             "%p", "%q", P) MATMUL("%r", "%p", "%v", P, L, X) "return %r : " X},
    {"the same, and nothing but the new cache is read of it",
     {I},
     "%ck: " X,
     X ", " L,
     JOIN("%k", "%ck", "%h", X, X, L) "return %h, %k : " X ", " L},
    {"new rows are inserted",
     {I},
     "%ck: " L,
     X ", " L,
     "%k = tensor.insert_slice %h into %ck[0, 3, 0] [2, 4, 4] [1, 1, 1] : " X
     " into " L "\nreturn %h, %k : " X ", " L},
    {"new rows are inserted where an argument says",
     {I, I},
     "%ck: " L ", %at: tensor<i32>",
     X ", " L,
     "%i = tensor.extract %at[] : tensor<i32>\n"
     "%j = arith.index_cast %i : i32 to index\n"
     "%k = tensor.insert_slice %h into %ck[0, %j, 0] [2, 4, 4] [1, 1, 1] : " X
     " into " L "\nreturn %h, %k : " X ", " L},
    {"old and new rows are inserted into an empty tensor",
     {I},
     "%ck: " X,
     X,
     "%empty = tensor.empty() : " L
     "\n%old = tensor.insert_slice %ck into %empty[0, 0, 0] [2, 4, 4] [1, 1, 1]"
     " : " X " into " L
     "\n%k = tensor.insert_slice %h into %old[0, 4, 0] [2, 4, 4] [1, 1, 1] : " X
     " into " L "\n" TURN("%kt", "%k", L, P) MATMUL("%q", "%h", "%kt", X, P, P)
         MATMUL("%r", "%q", "%k", P, L, X) "return %r : " X},
    {"new rows are selected by position",
     {I, I},
     "%ck: " X ", %at: tensor<1x4x1xi1>",
     X,
     "%k = tosa.select %at, %h, %ck : (tensor<1x4x1xi1>, " X ", " X ") -> " X
     "\n" TURN("%kt", "%k", X, X)
         MATMUL("%r", "%h", "%kt", X, X, X) "return %r : " X},
    {"rows of the data are picked by number",
     {I},
     "%at: tensor<2x4xi32>",
     X,
     "%r = tosa.gather %h, %at : (" X ", tensor<2x4xi32>) -> " X
     "\nreturn %r : " X},
    {"the oldest row goes, a new one comes",
     {I},
     "%ck: " L,
     X ", " L,
     "%keep = tensor.extract_slice %ck[0, 4, 0] [2, 4, 4] [1, 1, 1] : " L
     " to " X "\n" JOIN("%k", "%keep", "%h", X, X, L) "return %h, %k : " X
                                                      ", " L},
    {"an attention multiplies keys and values as they are",
     {I, I},
     "%ck: " L ", %cv: " L,
     X,
     TURN("%kt", "%ck", L, P) MATMUL("%q", "%h", "%kt", X, P, P) SOFTMAX(
         "%p", "%q", P) MATMUL("%r", "%p", "%cv", P, L, X) "return %r : " X},
    {"a moving average",
     {S},
     "%rm: " C,
     X ", " C,
     BATCH_MEAN MUL("%new", "%m", "%tenth", C, "tensor<1xf32>",
                    C) MUL("%old", "%rm", "%rest", C, "tensor<1xf32>", C)
         TO("%n", "add", "%new", "%old", C, C, C) "return %h, %n : " X ", " C},
    {"a moving average by what is missing",
     {S},
     "%rm: " C,
     X ", " C,
     BATCH_MEAN TO("%miss", "sub", "%m", "%rm", C, C,
                   C) MUL("%part", "%miss", "%tenth", C, "tensor<1xf32>", C)
         TO("%n", "add", "%rm", "%part", C, C, C) "return %h, %n : " X ", " C},
    {"a bias of the result",
     {W},
     "%b: " X,
     X,
     TO("%n", "add", "%h", "%b", X, X, X) "return %n : " X},
    {"a token that stands before the others",
     {W},
     "%token: " T(2, 1, 4),
     T(2, 5, 4),
     JOIN("%t", "%token", "%h", T(2, 1, 4), X, T(2, 5, 4))
         MATMUL("%n", "%t", "%w", T(2, 5, 4), X,
                T(2, 5, 4)) "return %n : " T(2, 5, 4)},
    {"the same without a layer behind it",
     {W},
     "%token: " T(2, 1, 4),
     T(2, 5, 4),
     JOIN("%t", "%token", "%h", T(2, 1, 4), X,
          T(2, 5, 4)) "return %t : " T(2, 5, 4)},
    {"experts, two layers of weights each",
     {W, W},
     "%up: " P ", %down: " L,
     X,
     MATMUL("%q", "%h", "%up", X, P, P) "%g = tosa.sigmoid %q : (" P ") -> " P
                                        "\n" MUL("%p", "%q", "%g", P, P, P)
                                            MATMUL("%r", "%p", "%down", P, L,
                                                   X) "return %r : " X},
    {"learned positions, added to the scores",
     {W},
     "%bias: " X,
     X,
     TURN("%kt", "%h", X, X) MATMUL("%q", "%h", "%kt", X, X, X)
         TO("%t", "add", "%q", "%bias", X, X, X) SOFTMAX("%p", "%t", X)
             MATMUL("%r", "%p", "%h", X, X, X) "return %r : " X},
};

#define CONSTANT(name, value, type)                                            \
  name " = \"tosa.const\"() <{values = dense<" value "> : " type               \
       "}> : () -> " type "\n"

static const char *text_of(const example_t *example) {
  static const char constants[] = CONSTANT(
      "%none", "0", "tensor<1xi8>") CONSTANT("%zp", "0.0", "tensor<1xf32>")
      CONSTANT("%tenth", "0.1", "tensor<1xf32>") CONSTANT(
          "%rest", "0.9",
          "tensor<1xf32>") "%four = tosa.const_shape {values = dense<4> : "
                           "tensor<1xindex>} : () -> !tosa.shape<1>\n" MATMUL(
                               "%h", "%x", "%w", X, X, X);
  static char text[16384];
  snprintf(text, sizeof text,
           "func.func @f(%%x: " X ", %%w: " X ", %s) -> (%s) {\n%s%s\n}\n",
           example->arguments, example->results, constants, example->body);
  return text;
}

static void check_roles(const tess_model_t *model, const example_t *example) {
  CHECK_EQ(model->unknown_count, 0);
  CHECK_EQ(model->values[model->arguments[0]].role, I);
  CHECK_EQ(model->values[model->arguments[1]].role, W);
  for (int32_t a = 2; a < model->argument_count; a++) {
    int role = model->values[model->arguments[a]].role;
    if (role != example->roles[a - 2])
      fprintf(stderr, "%s: argument %d\n", example->name, a);
    CHECK_EQ(role, example->roles[a - 2]);
  }
}

#define TO_LINALG                                                              \
  "builtin.module(func.func(tosa-to-linalg-named,tosa-to-linalg,"              \
  "tosa-to-arith,tosa-to-tensor),canonicalize)"
static const char *const lowerings[] = {
    NULL, TO_LINALG, "builtin.module(func.func(linalg-generalize-named-ops))"};

static void check_example(MlirContext context, const example_t *example) {
  MlirModule module = tess_load_text(context, text_of(example));
  if (mlirModuleIsNull(module))
    return;
  for (size_t form = 0; form < sizeof lowerings / sizeof *lowerings; form++) {
    tess_model_t *model;
    if (lowerings[form])
      upstream_run(module, lowerings[form]);
    CHECK_OK(tess_ir_read(tess_load_function(module), &model));
    check_roles(model, example);
    tess_model_destroy(model);
  }
  mlirModuleDestroy(module);
}

/* GPT-2 small has 124,439,808 parameters (Radford et al. 2019, the published
 * checkpoint's count), however its caches are passed. */
static void check_decoder(MlirContext context, tess_zoo_dialect_t dialect) {
  MlirModule module = tess_load_zoo(context, "gpt2-small-decode", dialect, 0);
  if (mlirModuleIsNull(module))
    return;
  MlirOperation function = tess_load_function(module);
  MlirStringRef name = mlirStringRefCreateFromCString("arg_attrs");
  CHECK(mlirOperationRemoveAttributeByName(function, name));
  tess_model_t *model;
  CHECK_OK(tess_ir_read(function, &model));
  CHECK_EQ(model->parameters, 124439808);
  int inputs = 0; /* the word, and two caches of twelve layers */
  for (int32_t a = 0; a < model->argument_count; a++)
    inputs += model->values[model->arguments[a]].role == I;
  CHECK_EQ(inputs, 25);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
    check_example(context, &examples[i]);
  check_decoder(context, TESS_ZOO_TOSA);
  check_decoder(context, TESS_ZOO_LINALG);
  mlirContextDestroy(context);
  return tess_check_result();
}
