/* What the arguments of a function are for, where nobody wrote it down: the
 * one that carries data is found also if no product reads it at once. */
#include "reading.h"

#define MODEL(arguments, before)                                               \
  "func.func @f(" arguments ", %w: tensor<1x8x8xf32>) -> tensor<1x4x8xf32> "   \
  "{\n"                                                                        \
  "  %s = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "      \
  "tensor<1xi8>\n"                                                             \
  "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "   \
  "tensor<1xf32>\n" before                                                     \
  "  %r = tosa.matmul %d, %w, %z, %z : (tensor<1x4x8xf32>, "                   \
  "tensor<1x8x8xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x8xf32>\n"    \
  "  return %r : tensor<1x4x8xf32>\n}\n"
#define TWO(out, op, a, b, right)                                              \
  "  " out " = tosa." op " " a ", " b " : (tensor<1x4x8xf32>, " right          \
  ") -> tensor<1x4x8xf32>\n"
#define X "tensor<1x4x8xf32>"

typedef struct example {
  const char *text;
  int roles[4]; /* of the arguments before %w */
  int count;
} example_t;

static const example_t examples[] = {
    /* A product reads it. */
    {MODEL("%d: " X, ""), {TESS_ROLE_INPUT}, 1},
    /* Only a norm reads it, with a vector beside. */
    {MODEL("%x: " X ", %v: tensor<1x1x8xf32>",
           "  %m = tosa.reduce_max %x {axis = 2 : i32} : (" X
           ") -> tensor<1x4x1xf32>\n" TWO("%c", "sub", "%x", "%m",
                                          "tensor<1x4x1xf32>")
               TWO("%d", "add", "%c", "%v", "tensor<1x1x8xf32>")),
     {TESS_ROLE_INPUT, TESS_ROLE_WEIGHT},
     2},
    /* Positions are added to the data, which comes first. */
    {MODEL("%x: " X ", %p: " X,
           TWO("%c", "add", "%x", "%p",
               X) "  %m = tosa.reduce_max %c {axis = 2 : i32} : (" X
                  ") -> tensor<1x4x1xf32>\n" TWO("%d", "sub", "%c", "%m",
                                                 "tensor<1x4x1xf32>")),
     {TESS_ROLE_INPUT, TESS_ROLE_WEIGHT},
     2},
    /* What is multiplied with constants, computed ones, is no weight. */
    {MODEL("%x: " X,
           "  %c = \"tosa.const\"() <{values = dense<[[[1., 2., 3., 4.], [2., "
           "1., 2., 3.], [3., 2., 1., 2.], [4., 3., 2., 1.]]]> : "
           "tensor<1x4x4xf32>}> : () -> tensor<1x4x4xf32>\n"
           "  %m = tosa.reduce_max %c {axis = 2 : i32} : (tensor<1x4x4xf32>) "
           "-> tensor<1x4x1xf32>\n"
           "  %k = tosa.sub %c, %m : (tensor<1x4x4xf32>, tensor<1x4x1xf32>) -> "
           "tensor<1x4x4xf32>\n"
           "  %d = tosa.matmul %k, %x, %z, %z : (tensor<1x4x4xf32>, " X
           ", tensor<1xf32>, tensor<1xf32>) -> " X "\n"),
     {TESS_ROLE_INPUT},
     1},
    /* Numbers of words select rows of a table that comes first. */
    {MODEL("%t: tensor<1x100x8xf32>, %i: tensor<1x4xi32>",
           "  %d = tosa.gather %t, %i : (tensor<1x100x8xf32>, "
           "tensor<1x4xi32>) -> " X "\n"),
     {TESS_ROLE_WEIGHT, TESS_ROLE_INPUT},
     2},
    /* The same as a body that picks elements: fewer numbers than results. */
    {MODEL("%t: tensor<100x8xf32>, %i: tensor<1x4xi32>",
           "  %e = tensor.empty() : " X "\n"
           "  %d = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> "
           "(a, b)>, affine_map<(a, b, c) -> (a, b, c)>], iterator_types = "
           "[\"parallel\", \"parallel\", \"parallel\"]} ins(%i : "
           "tensor<1x4xi32>) outs(%e : " X ") {\n"
           "  ^bb0(%n: i32, %o: f32):\n"
           "    %k = arith.index_cast %n : i32 to index\n"
           "    %c = linalg.index 2 : index\n"
           "    %y = tensor.extract %t[%k, %c] : tensor<100x8xf32>\n"
           "    linalg.yield %y : f32\n  } -> " X "\n"),
     {TESS_ROLE_WEIGHT, TESS_ROLE_INPUT},
     2},
};

int main(void) {
  MlirContext context = tess_ir_context_create();
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    reading_t reading;
    CHECK_OK(reading_parse(context, examples[i].text, &reading));
    const tess_model_t *model = reading.model;
    if (!model)
      continue;
    CHECK_EQ(model->argument_count, examples[i].count + 1);
    for (int a = 0; a < examples[i].count; a++)
      CHECK_EQ(model->values[model->arguments[a]].role, examples[i].roles[a]);
    CHECK_EQ(model->values[model->arguments[examples[i].count]].role,
             TESS_ROLE_WEIGHT);
    CHECK(model->contraction_count >= 1); /* it works at inference */
    CHECK_EQ(model->prepared_contraction_count, 0);
    reading_close(&reading);
  }
  mlirContextDestroy(context);
  return tess_check_result();
}
