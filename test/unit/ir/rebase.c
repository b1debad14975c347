/* A reading rebased to a clone equals the reading of that clone. */
#include "../load.h"
#include <string.h>

static void compare(const tess_model_t *rebased, const tess_model_t *read) {
  CHECK(rebased->func_op == read->func_op);
  CHECK_EQ(rebased->value_count, read->value_count);
  CHECK_EQ(rebased->node_count, read->node_count);
  int32_t values = 0, nodes = 0;
  for (int32_t i = 0; i < read->value_count; i++)
    values += rebased->values[i].handle == read->values[i].handle &&
              rebased->values[i].role == read->values[i].role &&
              rebased->values[i].node == read->values[i].node;
  for (int32_t i = 0; i < read->node_count; i++)
    nodes += rebased->nodes[i].op == read->nodes[i].op &&
             rebased->nodes[i].kind == read->nodes[i].kind &&
             !memcmp(&rebased->nodes[i].kernel, &read->nodes[i].kernel,
                     sizeof(tess_kernel_t));
  CHECK_EQ(values, read->value_count);
  CHECK_EQ(nodes, read->node_count);
  CHECK(read->node_count > 0);
}

static void check(MlirModule module) {
  if (mlirModuleIsNull(module))
    return;
  tess_model_t *original, *read;
  CHECK_OK(tess_ir_read(tess_load_function(module), &original));
  MlirModule clone = tess_load_clone(module);
  CHECK_OK(tess_ir_read(tess_load_function(clone), &read));
  tess_model_t *rebased = tess_ir_rebase(original, tess_load_function(clone));
  compare(rebased, read);
  CHECK(rebased->nodes[0].op != original->nodes[0].op);
  tess_model_destroy(rebased);
  tess_model_destroy(read);
  tess_model_destroy(original);
  mlirModuleDestroy(clone);
  mlirModuleDestroy(module);
}

/* Scalars, several results and values that are no tensors between tensors. */
static const char mixed[] =
    "func.func @f(%n: index, %x: tensor<4x4xf32>, %s: f32)\n"
    "    -> (tensor<4x4xf32>, f32) {\n"
    "  %c = arith.constant 2.0 : f32\n"
    "  %e = tensor.empty() : tensor<4x4xf32>\n"
    "  %f = linalg.fill ins(%c : f32) outs(%e : tensor<4x4xf32>)\n"
    "      -> tensor<4x4xf32>\n"
    "  %i = tensor.extract %x[%n, %n] : tensor<4x4xf32>\n"
    "  %m = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>)\n"
    "      outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>\n"
    "  %a = arith.addf %i, %s : f32\n"
    "  return %m, %a : tensor<4x4xf32>, f32\n"
    "}\n";

int main(void) {
  MlirContext context = tess_ir_context_create();
  check(tess_load_text(context, mixed));
  check(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 64));
  check(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_LINALG, 64));
  check(tess_load_shared(context, "efficientnet_b0.torch.linalg.mlir"));
  check(tess_load_shared(context, "efficientnet_b0.torch.tosa.mlir"));
  check(tess_load_shared(context, "efficientnet_b0.tflite.tosa.mlir"));
  mlirContextDestroy(context);
  return tess_check_result();
}
