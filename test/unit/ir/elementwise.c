/* Element-wise and moving ops that linalg has a name for, beside upstream's own
 * generic form of each and with another element type: one function, one price.
 */
#include "../load.h"
#include "upstream.h"
#include <string.h>

typedef struct named {
  const char *name;
  int operands;
  tess_node_kind_t kind;
  tess_function_t function; /* ELEMENTWISE */
  const char *result;       /* of a moving op */
} named_t;

static const named_t ops[] = {
    {"exp", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_EXP, NULL},
    {"log", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_LOG, NULL},
    {"abs", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_ABS, NULL},
    {"negf", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_NEGATE, NULL},
    {"reciprocal", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_RECIPROCAL, NULL},
    {"sqrt", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_SQRT, NULL},
    {"rsqrt", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_RSQRT, NULL},
    {"square", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_SQUARE, NULL},
    {"tanh", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_TANH, NULL},
    {"erf", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_ERF, NULL},
    {"ceil", 1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_ARITHMETIC, NULL},
    {"add", 2, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_RESIDUAL, NULL},
    {"sub", 2, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_SUBTRACT, NULL},
    {"mul", 2, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_MULTIPLY, NULL},
    {"div", 2, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_DIVIDE, NULL},
    {"max", 2, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_MAXIMUM, NULL},
    {"min", 2, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_MINIMUM, NULL},
    {"elementwise kind=#linalg.elementwise_kind<exp>", 1, TESS_NODE_ELEMENTWISE,
     TESS_FUNCTION_EXP, NULL},
    {"elementwise kind=#linalg.elementwise_kind<mul>", 2, TESS_NODE_ELEMENTWISE,
     TESS_FUNCTION_MULTIPLY, NULL},
};

#define T "tensor<4x6x%s>"

static const char *text_of(const named_t *op, const char *type) {
  static char text[1024];
  const char *second = op->operands > 1 ? ", %b" : "";
  char both[64];
  snprintf(both, sizeof both, op->operands > 1 ? T ", " T : T, type, type);
  snprintf(text, sizeof text,
           "func.func @f(%%a: " T ", %%b: " T ") -> " T " {\n"
           "  %%e = tensor.empty() : " T "\n"
           "  %%r = linalg.%s ins(%%a%s : %s) outs(%%e : " T ") -> " T "\n"
           "  return %%r : " T "\n}\n",
           type, type, type, type, op->name, second, both, type, type, type);
  return text;
}

/* Moving ops; the last line's function is not asked for. */
static const named_t moves[] = {
    {"transpose ins(%a : tensor<4x6xf32>) outs(%t : tensor<6x4xf32>) "
     "permutation = [1, 0]",
     1, TESS_NODE_TRANSPOSE, TESS_FUNCTION_COUNT, "tensor<6x4xf32>"},
    {"broadcast ins(%a : tensor<4x6xf32>) outs(%u : tensor<4x6x5xf32>) "
     "dimensions = [2]",
     1, TESS_NODE_ELEMENTWISE, TESS_FUNCTION_COPY, "tensor<4x6x5xf32>"},
    {"reduce { arith.maximumf } ins(%a : tensor<4x6xf32>) outs(%v : "
     "tensor<4xf32>) dimensions = [1]",
     1, TESS_NODE_REDUCTION, TESS_FUNCTION_COUNT, "tensor<4xf32>"},
    {"map { math.exp } ins(%a : tensor<4x6xf32>) outs(%e : tensor<4x6xf32>)", 1,
     TESS_NODE_ELEMENTWISE, TESS_FUNCTION_EXP, "tensor<4x6xf32>"},
};

static const char *text_of_move(const named_t *op) {
  static char text[1024];
  snprintf(text, sizeof text,
           "func.func @f(%%a: tensor<4x6xf32>) -> %s {\n"
           "  %%e = tensor.empty() : tensor<4x6xf32>\n"
           "  %%t = tensor.empty() : tensor<6x4xf32>\n"
           "  %%u = tensor.empty() : tensor<4x6x5xf32>\n"
           "  %%v = tensor.empty() : tensor<4xf32>\n"
           "  %%r = linalg.%s\n  return %%r : %s\n}\n",
           op->result, op->name, op->result);
  return text;
}

static void check(MlirContext context, const named_t *op, const char *text,
                  bool generic, tess_kernel_t *first) {
  MlirModule module = tess_load_text(context, text);
  tess_model_t *model;
  if (mlirModuleIsNull(module)) {
    fprintf(stderr, "%s\n", text);
    return;
  }
  if (generic)
    upstream_generalise(module);
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  if (!model)
    return;
  int32_t last = model->node_count - 1;
  const tess_node_t *node = &model->nodes[last];
  CHECK(generic == (strcmp(node->op_name, "linalg.generic") == 0));
  CHECK_EQ(node->kind, op->kind);
  int32_t chain = model->chain_of_node[last];
  if (op->function != TESS_FUNCTION_COUNT && chain != TESS_NONE)
    CHECK_STRING(
        tess_function_name((tess_function_t)model->chains[chain].function),
        tess_function_name(op->function));
  CHECK_EQ(chain != TESS_NONE, op->kind == TESS_NODE_ELEMENTWISE);
  if (op->kind == TESS_NODE_REDUCTION)
    CHECK_EQ(node->combiner, TESS_COMBINER_MAX);
  if (!generic)
    *first = node->kernel;
  CHECK(memcmp(first, &node->kernel, sizeof *first) == 0);
  if (op->kind == TESS_NODE_ELEMENTWISE && op->function != TESS_FUNCTION_COPY) {
    int64_t operations = 0;
    for (int v = 0; v < TESS_VECTOR_OP_COUNT; v++)
      operations += node->kernel.vector_ops[v];
    CHECK_EQ(operations, 4 * 6); /* one an element */
  }
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

/* Packed into tiles and back: the same elements in another order. */
static void check_packing(MlirContext context) {
  static const char text[] =
      "func.func @f(%a: tensor<8x6xf32>) -> tensor<8x6xf32> {\n"
      "  %e = tensor.empty() : tensor<4x3x2x2xf32>\n"
      "  %p = linalg.pack %a inner_dims_pos = [0, 1] inner_tiles = [2, 2]\n"
      "      into %e : tensor<8x6xf32> -> tensor<4x3x2x2xf32>\n"
      "  %f = tensor.empty() : tensor<8x6xf32>\n"
      "  %r = linalg.unpack %p inner_dims_pos = [0, 1] inner_tiles = [2, 2]\n"
      "      into %f : tensor<4x3x2x2xf32> -> tensor<8x6xf32>\n"
      "  return %r : tensor<8x6xf32>\n}\n";
  MlirModule module = tess_load_text(context, text);
  tess_model_t *model;
  if (mlirModuleIsNull(module))
    return;
  CHECK_OK(tess_ir_read(tess_load_function(module), &model));
  CHECK_EQ(model->unknown_count, 0);
  int moves_found = 0;
  for (int32_t n = 0; n < model->node_count; n++)
    moves_found += model->nodes[n].kind == TESS_NODE_MOVEMENT;
  CHECK_EQ(moves_found, 2);
  tess_model_destroy(model);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  static const char *const types[] = {"f32", "bf16"};
  tess_kernel_t first;
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    for (int t = 0; t < 2; t++)
      for (int generic = 0; generic < 2; generic++)
        check(context, &ops[i], text_of(&ops[i], types[t]), generic, &first);
  for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
    for (int generic = 0; generic < (i < 3 ? 2 : 1); generic++)
      check(context, &moves[i], text_of_move(&moves[i]), generic, &first);
  check_packing(context);
  mlirContextDestroy(context);
  return tess_check_result();
}
