/* Chains on one 8-bit value as a table: the same for all 256 of them as what
 * they replace, run on this CPU. */
#include "curve_source.h"

/* Text of ops, in macros that the formatter cannot lay out.
 * clang-format off */
#define HEAD                                                                   \
  "func.func @f(%x: tensor<16x16xi8>) -> tensor<16x16xi8> {\n"                 \
  "  %s0 = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "     \
  "tensor<1xi8>\n"
#define I32(name, value)                                                       \
  "  %" name " = \"tosa.const\"() <{values = dense<" value                     \
  "> : tensor<1xi32>}> : () -> tensor<1xi32>\n"
#define I8(name, value)                                                        \
  "  %" name " = \"tosa.const\"() <{values = dense<" value                     \
  "> : tensor<1xi8>}> : () -> tensor<1xi8>\n"
#define F32(name, value)                                                       \
  "  %" name " = \"tosa.const\"() <{values = dense<" value                     \
  "> : tensor<1x1xf32>}> : () -> tensor<1x1xf32>\n"
#define RESCALE(rounding)                                                      \
  "{input_unsigned = false, output_unsigned = false, per_channel = false, "    \
  "rounding_mode = " rounding ", scale32 = true}"
#define TENSOR(type) "tensor<16x16x" type ">"
#define WIDEN(r, x, zero)                                                      \
  "  %" r " = tosa.rescale %" x ", %m, %sh, %" zero                            \
  ", %z32 " RESCALE("DOUBLE_ROUND") " : (" TENSOR(                             \
      "i8") ", tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) "     \
            "-> " TENSOR("i32") "\n"
#define NARROW(r, x, rounding)                                                 \
  "  %" r " = tosa.rescale %" x ", %m2, %sh2, %z32, %zo " RESCALE(             \
      rounding) " : (" TENSOR("i32") ", tensor<1xi32>, tensor<1xi8>, "         \
                                     "tensor<1xi32>, tensor<1xi8>) -> "        \
                                     "" TENSOR("i8") "\n"
#define TABLE(r, x)                                                            \
  "  %" r " = tosa.table %" x ", %t : (" TENSOR("i8") ", tensor<256xi8>) -> "  \
                                                      "" TENSOR("i8") "\n"
#define NUMBERS                                                                \
  I32("m", "1073741824")                                                       \
  I8("sh", "30")                                                               \
  I32("m2", "1385296823")                                                      \
  I8("sh2", "39")                                                              \
  I32("z32", "0") I8("zi", "-11") I8("zs", "-128") I8("zo", "-23")

/* A swish of a TFLite model: x and its sigmoid, looked up, multiplied. */
#define SWISH(rounding)                                                        \
  TABLE("g", "x")                                                              \
  WIDEN("a", "x", "zi")                                                        \
  WIDEN("b", "g", "zs")                                                        \
  "  %p = tosa.mul %a, %b, %s0 : (" TENSOR("i32") ", " TENSOR(                 \
      "i32") ", "                                                              \
             "tensor<1xi8>) -> " TENSOR("i32") "\n" NARROW("r", "p", rounding)

#define END "  return %r : " TENSOR("i8") "\n}\n"

/* From i8 to f32, a function, and back. */
static const char island[] = HEAD F32("z", "7.0") F32("s", "0.04") F32("i",
                                                                       "250.0")
    F32("q", "-128.0") "  %c = tosa.cast %x : (" TENSOR("i8") ") -> " TENSOR(
        "f32") "\n"
               "  %d = tosa.sub %c, %z : (" TENSOR(
                   "f32") ", tensor<1x1xf32>) -> "
                          "" TENSOR(
                              "f32") "\n"
                                     "  %e = tosa.mul %d, %s, %s0 : "
                                     "(" TENSOR(
                                         "f32") ", tensor<1x1xf32>, "
                                                "tensor<1xi8>) "
                                                "-> " TENSOR(
                                                    "f32") "\n"
                                                           "  %y = "
                                                           "tosa.sigmoid "
                                                           "%e : "
                                                           "(" TENSOR(
                                                               "f3"
                                                               "2") ") "
                                                                    "->"
                                                                    " " TENSOR(
                                                                        "f32") "\n"
                                                                               "  "
                                                                               "%v"
                                                                               " ="
                                                                               " t"
                                                                               "os"
                                                                               "a."
                                                                               "mu"
                                                                               "l "
                                                                               "%y"
                                                                               ", "
                                                                               "%i"
                                                                               ", "
                                                                               "%s"
                                                                               "0 "
                                                                               ": "
                                                                               "(" TENSOR(
                                                                                   "f32") ", tensor<1x1xf32>, "
                                                                                          "tensor<1xi8>) -> " TENSOR(
                                                                                              "f32") "\n"
                                                                                                     "  %w = tosa.add %v, %q : (" TENSOR(
                                                                                                         "f32") ", tensor<1x1xf32>) -> "
                                                                                                                "" TENSOR(
                                                                                                                    "f32") "\n"
                                                                                                                           "  %r = tosa.cast %w : (" TENSOR(
                                                                                                                               "f32") ") -> " TENSOR("i8") "\n" END;

/* clang-format on */

/* A constant table of the sigmoid, or of a crooked line, as %t. */
static void add_table(tess_text_t *text, bool crooked) {
  tess_text_add(text, "  %%t = \"tosa.const\"() <{values = dense<[");
  for (int i = -128; i < 128; i++) {
    int value =
        crooked ? (i * 37 + 11) % 97 : (int)(256 / (1 + exp(-i * 0.05))) - 128;
    tess_text_add(text, "%s%d", i > -128 ? ", " : "",
                  value > 127 ? 127 : value);
  }
  tess_text_add(text, "]> : tensor<256xi8>}> : () -> tensor<256xi8>\n");
}

static MlirModule parse(MlirContext context, const char *head, bool table,
                        const char *body) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "%s", head);
  if (table)
    add_table(&text, body[2] == 'r');
  tess_text_add(&text, "%s", body);
  MlirModule module = tess_load_text(context, tess_text_get(&text));
  tess_text_free(&text);
  return module;
}

static int32_t apply_all(MlirModule module) {
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_site_list_t sites;
  tess_rewrite_find_sites(model, TESS_CLASS_EXACT, curve_rewrites("look-up"),
                          &arena, &sites);
  int32_t count = sites.count;
  const uint8_t candidate[4] = {1, 1, 1, 1};
  if (count && count <= 4)
    CHECK_OK(tess_rewrite_apply(model, &sites, candidate, NULL));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(module)));
  tess_model_destroy(model);
  tess_arena_free(&arena);
  return count;
}

/* `nodes`: what is left. */
static void check_same(MlirModule module, int32_t sites, int32_t nodes) {
  signed char in[256], before[256], after[256];
  for (int i = 0; i < 256; i++)
    in[i] = (signed char)(i - 128);
  curve_run(module, in, before);
  CHECK_EQ(apply_all(module), sites);
  curve_run(module, in, after);
  CHECK(!memcmp(before, after, sizeof before));
  tess_model_t *model;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  int32_t count = 0;
  for (int32_t i = 0; i < model->node_count; i++)
    count += model->nodes[i].kind == TESS_NODE_ELEMENTWISE;
  CHECK_EQ(count, nodes);
  tess_model_destroy(model);
  CHECK_EQ(apply_all(module), 0);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_same(parse(context, HEAD NUMBERS, true, SWISH("DOUBLE_ROUND") END), 1,
             1);
  check_same(parse(context, HEAD NUMBERS, true, SWISH("SINGLE_ROUND") END), 1,
             1);
  /* A table of a table; "%r" second marks the crooked one. */
  check_same(parse(context, HEAD, true, TABLE("g", "x") TABLE("r", "g") END), 1,
             1);
  check_same(parse(context, island, false, ""), 1, 1);
  /* One look-up is as short as it gets. */
  check_same(parse(context, HEAD, true, TABLE("r", "x") END), 0, 1);
  mlirContextDestroy(context);
  return tess_check_result();
}
