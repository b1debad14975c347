/* EfficientNet-B0 as three exporters write it reads as one network. The
 * multiply-accumulates are counted a second time from the printed types. */
#include "reading.h"
#include "tessera/base/file.h"
#include <stdint.h>

enum { MBCONVS = 16 };

/* Tan and Le, "EfficientNet", 2019, table 1: the depthwise windows. */
static const int64_t windows[MBCONVS] = {3, 3, 3, 5, 5, 3, 3, 3,
                                         5, 5, 5, 5, 5, 5, 5, 3};

typedef struct shape {
  int rank;
  int64_t size[8];
} shape_t;

/* The tensor types of a line, in order; returns how many. */
static int shapes_of(const char *line, const char *end, shape_t *shapes,
                     int capacity) {
  int count = 0;
  for (const char *at = strstr(line, "tensor<"); at && at < end;
       at = strstr(at, "tensor<")) {
    at += strlen("tensor<");
    shape_t shape = {0};
    char *rest;
    for (;;) {
      long long size = strtoll(at, &rest, 10);
      if (rest == at || *rest != 'x' || shape.rank == 8)
        break;
      shape.size[shape.rank++] = size;
      at = rest + 1;
    }
    if (count < capacity)
      shapes[count++] = shape;
  }
  return count;
}

static int64_t product(const shape_t *shape) {
  int64_t product = 1;
  for (int i = 0; i < shape->rank; i++)
    product *= shape->size[i];
  return product;
}

/* Every result element takes one product per filter element of its channel. */
static int64_t line_macs(const char *line, const char *end) {
  shape_t s[16] = {{0}};
  static const struct {
    const char *op;
    int first, second; /* filter dimensions that are multiplied; -1: all but
                          the first */
  } ops[] = {{"tosa.conv2d", -1, -1},
             {"tosa.depthwise_conv2d", 0, 1},
             {"tosa.matmul", 1, -1},
             {"linalg.conv_2d_nchw_fchw", -1, -1},
             {"linalg.depthwise_conv_2d_nchw_chw", 1, 2},
             {"linalg.matmul", 0, -1}};
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
    const char *at = strstr(line, ops[i].op);
    if (!at || at > end || at[strlen(ops[i].op)] != ' ')
      continue;
    int count = shapes_of(line, end, s, 16);
    int64_t per_result = 1;
    if (ops[i].first < 0)
      per_result = product(&s[1]) / s[1].size[0];
    else
      per_result = s[1].size[ops[i].first];
    if (ops[i].first >= 0 && ops[i].second >= 0)
      per_result *= s[1].size[ops[i].second];
    return product(&s[count - 1]) * per_result;
  }
  return 0;
}

static int count_text(const char *text, const char *part) {
  int count = 0;
  for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
    count++;
  return count;
}

static void check_macs(const tess_model_t *model, const char *text) {
  int64_t macs = 0;
  int contractions = 0;
  for (const char *line = text; *line;) {
    const char *end = strchr(line, '\n');
    end = end ? end : line + strlen(line);
    int64_t own = line_macs(line, end);
    macs += own;
    contractions += own > 0;
    line = *end ? end + 1 : end;
  }
  CHECK_EQ(macs, 385814752);
  CHECK_EQ(contractions, 82);
  CHECK_EQ(model->macs, macs);
  CHECK_EQ(model->contraction_count, contractions);
}

static void check_blocks(const tess_model_t *model) {
  int mbconvs = 0, residuals = 0;
  for (int32_t i = 0; i < model->block_count; i++) {
    const tess_block_t *block = &model->blocks[i];
    if (block->kind != TESS_BLOCK_MBCONV)
      continue;
    if (mbconvs < MBCONVS)
      CHECK_EQ(model->nodes[block->spatial].kernel.window[0], windows[mbconvs]);
    CHECK_EQ(block->expand != TESS_NONE, mbconvs > 0);
    CHECK(block->se_reduce != TESS_NONE && block->se_expand != TESS_NONE);
    residuals += block->residual;
    mbconvs++;
  }
  CHECK_EQ(mbconvs, MBCONVS);
  CHECK_EQ(residuals, 9); /* repeats within the 7 stages: 16 - 7 */
  CHECK_EQ(model->block_count, MBCONVS + 2);
  CHECK_EQ(model->blocks[0].kind, TESS_BLOCK_STEM);
  CHECK_EQ(model->blocks[MBCONVS + 1].kind, TESS_BLOCK_HEAD);
}

/* 65 sigmoids in the text: 49 inside a swish, 16 gates. */
static void check_chains(const tess_model_t *model, const char *text,
                         bool norms) {
  int sigmoids =
      count_text(text, "arith.negf") + count_text(text, "tosa.sigmoid");
  CHECK_EQ(sigmoids, 65);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_SWISH), 49);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_SIGMOID), sigmoids - 49);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_RESIDUAL), 9);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_MEAN_SCALE), 17);
  CHECK_EQ(reading_functions(model, TESS_FUNCTION_BATCH_NORM), norms ? 49 : 0);
  for (int32_t i = 0; i < model->chain_count; i++)
    if (model->chains[i].function == TESS_FUNCTION_BATCH_NORM)
      CHECK_EQ(model->chains[i].node_count, 4);
    else if (model->chains[i].function == TESS_FUNCTION_SWISH)
      CHECK_EQ(model->chains[i].node_count, 2);
}

static void check_roles(const tess_model_t *model, bool norms) {
  int count[TESS_ROLE_PREPARED + 1] = {0};
  for (int32_t i = 0; i < model->argument_count; i++)
    count[model->values[model->arguments[i]].role]++;
  CHECK_EQ(count[TESS_ROLE_INPUT], 1);
  CHECK_EQ(model->values[model->arguments[0]].role, TESS_ROLE_INPUT);
  CHECK_EQ(count[TESS_ROLE_STATISTIC], norms ? 98 : 0);
  CHECK_EQ(count[TESS_ROLE_WEIGHT],
           model->argument_count - 1 - (norms ? 98 : 0));
  if (norms)
    CHECK_EQ(model->parameters, 5288548); /* torchvision's own count */
  CHECK_EQ(model->unknown_count, 0);
}

static void check_program(const tess_model_t *model,
                          const tess_fusion_rules_t *rules, int kernels) {
  tess_program_t *program = tess_program_create(model, rules);
  int64_t macs = 0, vector_ops = 0, node_ops = 0;
  int32_t *seen = calloc((size_t)model->node_count, sizeof *seen);
  for (int32_t i = 0; i < program->kernel_count; i++) {
    const tess_program_kernel_t *kernel = &program->kernels[i];
    macs += kernel->kernel.macs;
    vector_ops += kernel->kernel.vector_ops[TESS_VECTOR_SIMPLE];
    for (int32_t n = 0; n < kernel->node_count; n++) {
      seen[kernel->nodes[n]]++;
      CHECK_EQ(program->kernel_of_node[kernel->nodes[n]], i);
    }
  }
  for (int32_t n = 0; n < model->node_count; n++) {
    const tess_node_t *node = &model->nodes[n];
    bool free_node =
        node->prepared || node->kind == TESS_NODE_INIT ||
        node->kind == TESS_NODE_RESHAPE ||
        (node->kind == TESS_NODE_TRANSPOSE && rules->transpose_free);
    CHECK_EQ(seen[n], free_node ? 0 : 1);
    if (!free_node)
      node_ops += node->kernel.vector_ops[TESS_VECTOR_SIMPLE];
  }
  CHECK_EQ(macs, model->macs);
  CHECK_EQ(vector_ops, node_ops);
  if (kernels)
    CHECK_EQ(program->kernel_count, kernels);
  free(seen);
  tess_program_destroy(program);
}

static void check_file(MlirContext context, const char *directory,
                       const char *name, bool norms, int kernels) {
  char path[1024], *text;
  size_t length;
  snprintf(path, sizeof path, "%s/models/%s", directory, name);
  reading_t reading;
  CHECK_OK(tess_file_read(path, &text, &length));
  CHECK_OK(reading_open(context, path, &reading));
  if (!reading.model)
    return;
  check_macs(reading.model, text);
  check_blocks(reading.model);
  check_chains(reading.model, text, norms);
  check_roles(reading.model, norms);
  tess_fusion_rules_t none = {0},
                      all = {true, true, true, true, true, true, true};
  check_program(reading.model, &none, 0);
  check_program(reading.model, &all, kernels);
  free(text);
  reading_close(&reading);
}

/* Chains of a function on images: what classifies behind them is no part. */
static int on_images(const tess_model_t *model, tess_function_t function) {
  int count = 0;
  for (int32_t i = 0; i < model->chain_count; i++)
    count += model->chains[i].function == (int32_t)function &&
             model->values[model->chains[i].output].rank == 4;
  return count;
}

/* EfficientNet-B0 in any type: 16 gated blocks of three swishes each, less the
 * one expansion that the first has not, plus stem and head; 9 of them with a
 * residual addition. Nothing goes without a name. */
static void check_functions(const tess_model_t *model) {
  CHECK_EQ(on_images(model, TESS_FUNCTION_SWISH), 16 * 3 - 1 + 2);
  CHECK_EQ(on_images(model, TESS_FUNCTION_SCALE), 16);
  CHECK_EQ(on_images(model, TESS_FUNCTION_RESIDUAL), 9);
  CHECK_EQ(on_images(model, TESS_FUNCTION_SIGMOID) +
               on_images(model, TESS_FUNCTION_TABLE),
           16);
  CHECK_EQ(on_images(model, TESS_FUNCTION_ARITHMETIC), 0);
}

/* What the file's authors count, or what the network's paper says; every
 * other export at least reads, with no node lost. */
static void check_others(MlirContext context, const char *directory) {
  static const struct {
    const char *name;
    int64_t macs, parameters; /* 0: not published */
  } files[] = {
      {"efficientnet_b0.jax.linalg.mlir", 385814752, 5288548},
      {"efficientnet_b0.jax.linalg.bf16.b128.mlir", 128 * INT64_C(385814752),
       5288548},
      {"efficientnet_b0.torch.linalg.bf16.b128.mlir", 128 * INT64_C(385814752),
       5288548},
      {"efficientnet_b0.tflite.tosa.int8.mlir", 385814752, 0},
      {"mobilenet_025_128.tflite.tosa.int8.weights.mlir", 0, 0},
      {"mobilenet_025_128.tflite.tosa.weights.mlir", 0, 0},
      {"mobilenet_v3_large.torch.linalg.mlir", 0, 5483032},
      {"resnet50.torch.linalg.mlir", 4089184256, 25557032},
      {"resnet50.torch.tosa.mlir", 4089184256, 25557032},
      {"vit_b_16.torch.linalg.mlir", 0, 86567656},
      {"vit_b_16.torch.tosa.mlir", 0, 86567656},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s", directory, files[i].name);
    reading_t reading;
    CHECK_OK(reading_open(context, path, &reading));
    if (!reading.model)
      continue;
    if (files[i].macs)
      CHECK_EQ(reading.model->macs, files[i].macs);
    if (files[i].parameters)
      CHECK_EQ(reading.model->parameters, files[i].parameters);
    CHECK_EQ(reading.model->unknown_count, 0);
    if (strncmp(files[i].name, "efficientnet", 12) == 0)
      check_functions(reading.model);
    tess_fusion_rules_t rules = {.elementwise_after_matrix = true,
                                 .elementwise_chain = true};
    check_program(reading.model, &rules, 0);
    reading_close(&reading);
  }
}

int main(void) {
  const char *directory = getenv("TESSERA_SHARED");
  if (!directory || !directory[0])
    return 77;
  MlirContext context = tess_ir_context_create();
  /* 82 contractions and 17 pools; TFLite's softmax adds two reductions, and
   * the element-wise kernels after them. */
  check_file(context, directory, "efficientnet_b0.torch.linalg.mlir", true,
             82 + 17);
  check_file(context, directory, "efficientnet_b0.torch.tosa.mlir", true,
             82 + 17);
  check_file(context, directory, "efficientnet_b0.tflite.tosa.mlir", false,
             82 + 17 + 2 + 2);
  check_others(context, directory);
  mlirContextDestroy(context);
  return tess_check_result();
}
