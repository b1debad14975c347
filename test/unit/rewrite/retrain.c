/* Retrain alternatives: the signature grows only by new weights at the end, the
 * model still verifies, and everything else stays as it was. */
#include "signature.h"
#include "tessera/flow/flow.h"

/* How many ops of each name there are, in sorted text. */
typedef struct census {
  int convolutions, depthwise, products, total;
} census_t;

static census_t count_nodes(const tess_model_t *model) {
  census_t census = {0};
  for (int32_t i = 0; i < model->node_count; i++) {
    if (model->nodes[i].prepared)
      continue;
    census.convolutions += model->nodes[i].kind == TESS_NODE_CONV;
    census.depthwise += model->nodes[i].kind == TESS_NODE_DEPTHWISE;
    census.products += model->nodes[i].kind == TESS_NODE_MATMUL;
    census.total++;
  }
  return census;
}

/* The published shape of a fused MBConv: one dense k x k convolution with the
 * stride of the depthwise one, from the block's input to its expansion. */
static void check_fused(MlirModule module, const char *what) {
  MlirModule clone = tess_load_clone(module);
  MlirOperation function = tess_load_function(clone);
  tess_model_t *before, *after;
  CHECK_OK(tess_ir_read(tess_load_function(module), &before));
  CHECK_OK(tess_flow_apply(
      function, "fused-mbconv.0=fused;fused-mbconv.4=fused", "tpu-v3"));
  CHECK(mlirOperationVerify(mlirModuleGetOperation(clone)));
  CHECK_OK(tess_ir_read(function, &after));
  check_signature(tess_load_function(module), function, 2);
  census_t a = count_nodes(before), b = count_nodes(after);
  CHECK_EQ(b.depthwise, a.depthwise - 2);
  CHECK_EQ(b.convolutions, a.convolutions);
  CHECK_EQ(b.products, a.products);
  CHECK_EQ(after->unknown_count, before->unknown_count);
  /* B0 at 224, second layer of the network and fifth with an expansion:
   * 16 -> 96, 3x3 stride 2, 56x56 out, and 40 -> 240, 3x3 stride 2, 14x14 out.
   * Their 1x1 and depthwise convolutions go, the dense ones come. */
  int64_t gone = 112 * 112 * 16 * 96 + 56 * 56 * 9 * 96 + 28 * 28 * 40 * 240 +
                 14 * 14 * 9 * 240;
  int64_t come = 56 * 56 * 9 * 16 * 96 + 14 * 14 * 9 * 40 * 240;
  CHECK_EQ(after->macs - before->macs, come - gone);
  if (b.depthwise != a.depthwise - 2)
    fprintf(stderr, "  %s\n", what);
  tess_model_destroy(before);
  tess_model_destroy(after);
  mlirModuleDestroy(clone);
}

/* Swapping activations changes no contraction and no signature. */
static void check_activations(MlirModule module) {
  MlirModule clone = tess_load_clone(module);
  MlirOperation function = tess_load_function(clone);
  tess_model_t *before, *after;
  CHECK_OK(tess_ir_read(tess_load_function(module), &before));
  CHECK_OK(tess_flow_apply(
      function, "activation.0=relu;activation.1=hard-swish;activation.2=relu",
      "tpu-v3"));
  CHECK_OK(tess_ir_read(function, &after));
  check_signature(tess_load_function(module), function, 0);
  CHECK_EQ(after->macs, before->macs);
  CHECK_EQ(after->parameters, before->parameters);
  int swish = 0, hard_swish = 0, relu = 0;
  for (int32_t i = 0; i < before->chain_count; i++)
    swish += before->chains[i].function == TESS_FUNCTION_SWISH;
  for (int32_t i = 0; i < after->chain_count; i++) {
    swish -= after->chains[i].function == TESS_FUNCTION_SWISH;
    hard_swish += after->chains[i].function == TESS_FUNCTION_HARD_SWISH;
    relu += after->chains[i].function == TESS_FUNCTION_RELU;
  }
  CHECK_EQ(swish, 3);
  CHECK_EQ(hard_swish, 1);
  CHECK_EQ(relu, 2);
  tess_model_destroy(before);
  tess_model_destroy(after);
  mlirModuleDestroy(clone);
}

static void check_module(MlirModule module, const char *what) {
  if (mlirModuleIsNull(module))
    return;
  check_fused(module, what);
  check_activations(module);
  mlirModuleDestroy(module);
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  check_module(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_TOSA, 224),
               "zoo tosa");
  check_module(tess_load_zoo(context, "efficientnet-b0", TESS_ZOO_LINALG, 224),
               "zoo linalg");
  check_module(tess_load_shared(context, "efficientnet_b0.torch.linalg.mlir"),
               "torch linalg");
  check_module(tess_load_shared(context, "efficientnet_b0.torch.tosa.mlir"),
               "torch tosa");
  check_module(tess_load_shared(context, "efficientnet_b0.tflite.tosa.mlir"),
               "tflite tosa");
  mlirContextDestroy(context);
  return tess_check_result();
}
