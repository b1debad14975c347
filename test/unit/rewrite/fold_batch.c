/* Batches of products with one right side, in every form, against the original
 * through the JIT; and those that have none in common. */
#include "convolutions.h"

#define LINALG(type, right, rights, maps, acc)                                 \
  "#l = affine_map<(b, m, n, k) -> (b, m, k)>\n"                               \
  "#r = affine_map<(b, m, n, k) -> (k, n)>\n"                                  \
  "#o = affine_map<(b, m, n, k) -> (b, m, n)>\n"                               \
  "#s = affine_map<(b, k, n) -> (k, n)>\n"                                     \
  "#t = affine_map<(b, k, n) -> (n, k)>\n"                                     \
  "#i = affine_map<(b, k, n) -> (b, k, n)>\n"                                  \
  "func.func @f(%x: tensor<4x3x5x" type ">, %w: tensor<5x7x" type              \
  ">, %v: tensor<7x5x" type ">, %u: tensor<4x5x7x" type                        \
  ">, %s: tensor<4x3x7x" type ">) -> tensor<4x3x7x" type "> {\n"               \
  "  %c = arith.constant 0.0 : " type "\n"                                     \
  "  %e = tensor.empty() : tensor<4x5x7x" type ">\n" right                     \
  "  %n = tensor.empty() : tensor<4x3x7x" type ">\n"                           \
  "  %z = linalg.fill ins(%c : " type ") outs(%n : tensor<4x3x7x" type         \
  ">) -> tensor<4x3x7x" type ">\n"                                             \
  "  %y = linalg.batch_matmul " maps " ins(%x, " rights type ">) outs(" acc    \
  " : tensor<4x3x7x" type ">) -> tensor<4x3x7x" type ">\n"                     \
  "  return %y : tensor<4x3x7x" type ">\n}\n"

#define BROADCAST(type)                                                        \
  "  %b = linalg.broadcast ins(%w : tensor<5x7x" type                          \
  ">) outs(%e : tensor<4x5x7x" type ">) dimensions = [0]\n"
#define SPREAD(type, map, from, shape)                                         \
  "  %b = linalg.generic {indexing_maps = [" map ", #i], iterator_types = "    \
  "[\"parallel\", \"parallel\", \"parallel\"]} ins(" from " : tensor<" shape   \
  "x" type ">) outs(%e : tensor<4x5x7x" type ">) {\n  ^bb0(%p: " type          \
  ", %q: " type "):\n    linalg.yield %p : " type                              \
  "\n  } -> tensor<4x5x7x" type ">\n"
#define WHOLE(type, value) value " : tensor<4x3x5x" type ">, tensor<4x5x7x"
#define MATRIX(type) "%w : tensor<4x3x5x" type ">, tensor<5x7x"

static const char tosa[] =
    "func.func @f(%x: tensor<4x3x5xf32>, %w: tensor<1x5x7xf32>) -> "
    "tensor<4x3x7xf32> {\n"
    "  %t = tosa.const_shape {values = dense<[4, 1, 1]> : tensor<3xindex>} : "
    "() -> !tosa.shape<3>\n"
    "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %b = tosa.tile %w, %t : (tensor<1x5x7xf32>, !tosa.shape<3>) -> "
    "tensor<4x5x7xf32>\n"
    "  %y = tosa.matmul %x, %b, %z, %z : (tensor<4x3x5xf32>, "
    "tensor<4x5x7xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x3x7xf32>\n"
    "  return %y : tensor<4x3x7xf32>\n}\n";

static const char tosa_i8[] =
    "func.func @f(%x: tensor<4x3x5xi8>, %w: tensor<1x5x7xi8>) -> "
    "tensor<4x3x7xi32> {\n"
    "  %t = tosa.const_shape {values = dense<[4, 1, 1]> : tensor<3xindex>} : "
    "() -> !tosa.shape<3>\n"
    "  %z = \"tosa.const\"() <{values = dense<-7> : tensor<1xi8>}> : () -> "
    "tensor<1xi8>\n"
    "  %b = tosa.tile %w, %t : (tensor<1x5x7xi8>, !tosa.shape<3>) -> "
    "tensor<4x5x7xi8>\n"
    "  %y = tosa.matmul %x, %b, %z, %z : (tensor<4x3x5xi8>, tensor<4x5x7xi8>, "
    "tensor<1xi8>, tensor<1xi8>) -> tensor<4x3x7xi32>\n"
    "  return %y : tensor<4x3x7xi32>\n}\n";

/* Tiled in its rows: not one right side. */
static const char tosa_rows[] =
    "func.func @f(%x: tensor<4x3x5xf32>, %w: tensor<4x1x7xf32>) -> "
    "tensor<4x3x7xf32> {\n"
    "  %t = tosa.const_shape {values = dense<[1, 5, 1]> : tensor<3xindex>} : "
    "() -> !tosa.shape<3>\n"
    "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %b = tosa.tile %w, %t : (tensor<4x1x7xf32>, !tosa.shape<3>) -> "
    "tensor<4x5x7xf32>\n"
    "  %y = tosa.matmul %x, %b, %z, %z : (tensor<4x3x5xf32>, "
    "tensor<4x5x7xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x3x7xf32>\n"
    "  return %y : tensor<4x3x7xf32>\n}\n";

static const char *const shared[] = {
    LINALG("f32", BROADCAST("f32"), WHOLE("f32", "%b"), "", "%z"),
    LINALG("f16", BROADCAST("f16"), WHOLE("f16", "%b"), "", "%z"),
    LINALG("bf16", BROADCAST("bf16"), WHOLE("bf16", "%b"), "", "%s"),
    LINALG("f32", SPREAD("f32", "#s", "%w", "5x7"), WHOLE("f32", "%b"), "",
           "%s"),
    LINALG("f32", "", MATRIX("f32"), "indexing_maps = [#l, #r, #o]", "%z"),
    tosa,
    tosa_i8,
};

static const char *const apart[] = {
    LINALG("f32", "", WHOLE("f32", "%u"), "", "%z"),
    LINALG("f32", SPREAD("f32", "#t", "%v", "7x5"), WHOLE("f32", "%b"), "",
           "%z"),
    LINALG("f32", SPREAD("f32", "#i", "%u", "4x5x7"), WHOLE("f32", "%b"), "",
           "%z"),
    tosa_rows,
};

int main(void) {
  MlirContext context = tess_ir_context_create();
  int sites, choices;
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
    check_choice(context, shared[i], "fold-batch.0=rows", false);
  for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
    count_sites(context, apart[i], "fold-batch", &sites, &choices);
    CHECK_EQ(sites, 0);
  }
  mlirContextDestroy(context);
  return tess_check_result();
}
