/* Forming kernels: each fusion rule on and off on a small network whose bytes
 * and kernels are worked out by hand; and a piece of it, cut at kernel
 * boundaries, gives the same kernels. */
#include "reading.h"

#define BIG "tensor<1x8x8x4xf32>"
#define PADDED "tensor<1x10x10x4xf32>"
#define GATE "tensor<1x1x1x4xf32>"
#define CONV "acc_type = f32, dilation = array<i64: 1, 1>, "
#define SAME "pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>"
#define POINT(result, data, type)                                              \
  "  " result " = tosa.conv2d " data ", %w, %b, %z, %z {" CONV SAME            \
  "} : (" type                                                                 \
  ", tensor<4x1x1x4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<1xf32>) -> "    \
  "" type "\n"

/* expand, depthwise behind a pad, squeeze-and-excite, project, residual. */
static const char network[] =
    "func.func @f(%in: " BIG ", %w: tensor<4x1x1x4xf32>, %b: tensor<4xf32>, "
    "%d: tensor<3x3x4x1xf32>) -> " BIG " {\n"
    "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %s = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
    "tensor<1xi8>\n"
    "  %k = \"tosa.const\"() <{values = dense<0.015625> : tensor<1x1x1x1xf32>}>"
    " : () -> tensor<1x1x1x1xf32>\n"
    "  %p = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : "
    "tensor<8xindex>} : () -> !tosa.shape<8>\n" POINT(
        "%0", "%in",
        BIG) "  %1 = tosa.sigmoid %0 : (" BIG ") -> " BIG "\n"
             "  %2 = tosa.mul %0, %1, %s : (" BIG ", " BIG
             ", tensor<1xi8>) -> " BIG "\n"
             "  %3 = tosa.pad %2, %p, %z : (" BIG
             ", !tosa.shape<8>, tensor<1xf32>) -> " PADDED "\n"
             "  %4 = tosa.depthwise_conv2d %3, %d, %b, %z, %z {" CONV SAME
             "} : (" PADDED
             ", tensor<3x3x4x1xf32>, tensor<4xf32>, tensor<1xf32>, "
             "tensor<1xf32>) -> " BIG "\n"
             "  %5 = tosa.reduce_sum %4 {axis = 1 : i32} : (" BIG ") -> "
             "tensor<1x1x8x4xf32>\n"
             "  %6 = tosa.reduce_sum %5 {axis = 2 : i32} : "
             "(tensor<1x1x8x4xf32>) -> " GATE "\n"
             "  %7 = tosa.mul %6, %k, %s : (" GATE
             ", tensor<1x1x1x1xf32>, tensor<1xi8>)"
             " -> " GATE "\n" POINT("%8", "%7", GATE)
                 POINT("%9", "%8",
                       GATE) "  %10 = tosa.sigmoid %9 : (" GATE ") -> " GATE
                             "\n"
                             "  %11 = tosa.mul %4, %10, %s : (" BIG ", " GATE
                             ", tensor<1xi8>) -> " BIG
                             "\n" POINT("%12", "%11",
                                        BIG) "  %13 = tosa.add %12, %in : (" BIG
                                             ", " BIG ") -> " BIG "\n"
                                             "  return %13 : " BIG "\n}\n";

/* The project kernel of the network alone; what it reads are arguments. */
static const char piece[] =
    "func.func @f(%in: " BIG " {tessera.role = \"input\"}, %w: "
    "tensor<4x1x1x4xf32>, %b: tensor<4xf32>, %4: " BIG
    " {tessera.role = \"input\"}, %10: " GATE
    " {tessera.role = \"input\"}) -> " BIG " {\n"
    "  %z = \"tosa.const\"() <{values = dense<0.0> : tensor<1xf32>}> : () -> "
    "tensor<1xf32>\n"
    "  %s = \"tosa.const\"() <{values = dense<0> : tensor<1xi8>}> : () -> "
    "tensor<1xi8>\n"
    "  %11 = tosa.mul %4, %10, %s : (" BIG ", " GATE ", tensor<1xi8>) -> " BIG
    "\n" POINT("%12", "%11", BIG) "  %13 = tosa.add %12, %in : (" BIG ", " BIG
                                  ") -> " BIG "\n"
                                  "  return %13 : " BIG "\n}\n";

enum { BIG_BYTES = 8 * 8 * 4 * 4, GATE_BYTES = 4 * 4, W = 64, B = 16, D = 144 };

typedef struct expected {
  const char *name, *label, *dims;
  int64_t read, weights, write;
} expected_t;

static void check_kernels(const tess_program_t *program,
                          const expected_t *expected, int count) {
  CHECK_EQ(program->kernel_count, count);
  for (int i = 0; i < count && i < program->kernel_count; i++) {
    const tess_program_kernel_t *kernel = &program->kernels[i];
    char dims[TESS_KERNEL_DIMS_CHARS];
    CHECK_STRING(kernel->name, expected[i].name);
    CHECK_STRING(kernel->label, expected[i].label);
    CHECK_STRING(tess_kernel_dims(&kernel->kernel, dims), expected[i].dims);
    CHECK_EQ(kernel->kernel.read_bytes, expected[i].read);
    CHECK_EQ(kernel->kernel.weight_bytes, expected[i].weights);
    CHECK_EQ(kernel->kernel.write_bytes, expected[i].write);
  }
}

static void check_all_fused(const tess_model_t *model) {
  tess_fusion_rules_t rules = {true, true, true, true, true, true, true};
  tess_program_t *program = tess_program_create(model, &rules);
  static const expected_t expected[] = {
      {"conv.0", "conv + swish", "1x8x8x4 -> 1x8x8x4 k1", BIG_BYTES, W + B,
       BIG_BYTES},
      {"depthwise.0", "depthwise", "1x8x8x4 -> 1x8x8x4 k3", BIG_BYTES, D + B,
       BIG_BYTES},
      {"reduction.0", "sum + mean", "4 of 64", BIG_BYTES, 0, GATE_BYTES},
      {"conv.1", "conv", "1x1x1x4 -> 1x1x1x4 k1", GATE_BYTES, W + B,
       GATE_BYTES},
      {"conv.2", "conv + sigmoid", "1x1x1x4 -> 1x1x1x4 k1", GATE_BYTES, W + B,
       GATE_BYTES},
      {"conv.3", "scale + conv + residual", "1x8x8x4 -> 1x8x8x4 k1",
       2 * BIG_BYTES + GATE_BYTES, W + B, BIG_BYTES},
  };
  check_kernels(program, expected, 6);
  const tess_kernel_t *depthwise = &program->kernels[1].kernel;
  CHECK_EQ(depthwise->pad_low[0], 1);
  CHECK_EQ(depthwise->pad_high[1], 1);
  CHECK_EQ(program->kernels[5].kernel.vector_ops[TESS_VECTOR_SIMPLE],
           2 * 8 * 8 * 4);
  tess_program_destroy(program);
}

static int kernels_with(const tess_model_t *model, tess_fusion_rules_t rules) {
  tess_program_t *program = tess_program_create(model, &rules);
  int count = program->kernel_count;
  tess_program_destroy(program);
  return count;
}

/* 14 working nodes; the two sums are one kernel under any rules. */
static void check_rules(const tess_model_t *model) {
  enum { APART = 13 };
  CHECK_EQ(kernels_with(model, (tess_fusion_rules_t){0}), APART);
  CHECK_EQ(
      kernels_with(model, (tess_fusion_rules_t){.elementwise_after_matrix = 1}),
      APART - 4); /* sigmoid and mul, gate's sigmoid, residual */
  CHECK_EQ(kernels_with(model,
                        (tess_fusion_rules_t){.elementwise_before_matrix = 1}),
           APART - 2); /* mean into the reducing, scale into the projecting */
  CHECK_EQ(
      kernels_with(model, (tess_fusion_rules_t){.elementwise_after_vector = 1}),
      APART - 1); /* mean; the scale waits for the gate */
  CHECK_EQ(kernels_with(model, (tess_fusion_rules_t){.elementwise_chain = 1}),
           APART - 1); /* sigmoid and mul */
  CHECK_EQ(kernels_with(model, (tess_fusion_rules_t){.pad_into_consumer = 1}),
           APART - 1);
  CHECK_EQ(kernels_with(
               model, (tess_fusion_rules_t){.elementwise_before_reduction = 1}),
           APART); /* the sum's data has another reader */
}

/* No kernel waits for one whose root comes later. */
static void check_order(const tess_model_t *model) {
  for (unsigned bits = 0; bits < 128; bits++) {
    tess_fusion_rules_t rules = {bits & 1,  bits & 2,  bits & 4, bits & 8,
                                 bits & 16, bits & 32, bits & 64};
    tess_program_t *program = tess_program_create(model, &rules);
    for (int32_t n = 0; n < model->node_count; n++) {
      int32_t own = program->kernel_of_node[n];
      const tess_node_t *node = &model->nodes[n];
      for (int32_t i = 0; i < node->input_count && own != TESS_NONE; i++) {
        int32_t from = model->values[node->inputs[i]].node;
        int32_t other =
            from == TESS_NONE ? TESS_NONE : program->kernel_of_node[from];
        if (other != TESS_NONE && other != own)
          CHECK(program->kernels[other].root < program->kernels[own].root);
      }
    }
    tess_program_destroy(program);
  }
}

/* The kernel cut out alone is the same kernel, byte for byte. */
static void check_piece(const tess_model_t *whole, const tess_model_t *part) {
  tess_fusion_rules_t rules = {true, true, true, true, true, true, true};
  tess_program_t *a = tess_program_create(whole, &rules);
  tess_program_t *b = tess_program_create(part, &rules);
  CHECK_EQ(b->kernel_count, 1);
  CHECK(memcmp(&a->kernels[a->kernel_count - 1].kernel, &b->kernels[0].kernel,
               sizeof(tess_kernel_t)) == 0);
  tess_program_destroy(a);
  tess_program_destroy(b);
}

static void check_dims(void) {
  char text[TESS_KERNEL_DIMS_CHARS];
  tess_kernel_t matmul = {
      .kind = TESS_KERNEL_MATMUL, .batch = 1, .m = 12544, .k = 32, .n = 16};
  CHECK_STRING(tess_kernel_dims(&matmul, text), "12544x32x16");
  matmul.batch = 12;
  CHECK_STRING(tess_kernel_dims(&matmul, text), "12x12544x32x16");
  tess_kernel_t conv = {.kind = TESS_KERNEL_CONV,
                        .spatial_rank = 2,
                        .batch = 1,
                        .groups = 2,
                        .in_channels = 32,
                        .out_channels = 96,
                        .in_size = {112, 112},
                        .out_size = {56, 56},
                        .window = {3, 5},
                        .stride = {2, 2},
                        .dilation = {1, 1}};
  CHECK_STRING(tess_kernel_dims(&conv, text),
               "1x112x112x32 -> 1x56x56x96 k3x5 s2 g2");
  for (int i = 0; i < 3; i++) {
    conv.spatial_rank = 3;
    conv.batch = conv.in_channels = conv.out_channels = INT64_MAX;
    conv.in_size[i] = conv.out_size[i] = conv.window[i] = INT64_MAX;
  }
  CHECK_EQ(strlen(tess_kernel_dims(&conv, text)), TESS_KERNEL_DIMS_CHARS - 1);
}

/* Rows of a large table, and a part of a row. */
static const char rows[] =
    "func.func @f(%table: tensor<1x1000x64xf32>, %i: tensor<1x4xi32>) -> "
    "tensor<1x4x16xf32> {\n"
    "  %0 = tosa.gather %table, %i : (tensor<1x1000x64xf32>, tensor<1x4xi32>) "
    "-> tensor<1x4x64xf32>\n"
    "  %at = tosa.const_shape {values = dense<0> : tensor<3xindex>} : () -> "
    "!tosa.shape<3>\n"
    "  %size = tosa.const_shape {values = dense<[1, 4, 16]> : tensor<3xindex>} "
    ": () -> !tosa.shape<3>\n"
    "  %1 = tosa.slice %0, %at, %size : (tensor<1x4x64xf32>, !tosa.shape<3>, "
    "!tosa.shape<3>) -> tensor<1x4x16xf32>\n"
    "  return %1 : tensor<1x4x16xf32>\n}\n";

/* What a gather or slice does not pick it does not read. */
static void check_rows(const tess_model_t *model) {
  tess_fusion_rules_t rules = {true, true, true, true, true, true, true};
  tess_program_t *program = tess_program_create(model, &rules);
  CHECK_EQ(program->kernel_count, 2);
  const tess_kernel_t *gather = &program->kernels[0].kernel;
  const tess_kernel_t *slice = &program->kernels[1].kernel;
  CHECK_EQ(gather->read_bytes + gather->weight_bytes, 4 * 64 * 4 + 4 * 4);
  CHECK_EQ(gather->write_bytes, 4 * 64 * 4);
  CHECK_EQ(slice->read_bytes, 4 * 16 * 4);
  CHECK_EQ(slice->write_bytes, 4 * 16 * 4);
  tess_program_destroy(program);
}

/* One tap and stride 2: of 1x9x9x4 the even places, 5 x 5; of 1x4x9x9, where
 * pixels lie together, the even rows, 5 x 9. With three taps everything. */
#define STRIDED(op, data, filter, result)                                      \
  "linalg." op " {dilations = dense<1> : vector<2xi64>, strides = dense<2> : " \
  "vector<2xi64>} ins(%x, %w : " data ", " filter ") outs(%a : " result        \
  ") -> " result "\n"
#define WHOLE(op, data, filter, result)                                        \
  "func.func @f(%x: " data ", %w: " filter ", %a: " result ") -> " result      \
  " {\n  %r = " STRIDED(op, data, filter, result) "  return %r : " result      \
                                                  "\n}\n"

static void check_strided(MlirContext context) {
  static const struct {
    const char *text;
    int64_t bytes;
  } cases[] = {{WHOLE("conv_2d_nhwc_hwcf", "tensor<1x9x9x4xf32>",
                      "tensor<1x1x4x8xf32>", "tensor<1x5x5x8xf32>"),
                5 * 5 * 4 * 4},
               {WHOLE("conv_2d_nchw_fchw", "tensor<1x4x9x9xf32>",
                      "tensor<8x4x1x1xf32>", "tensor<1x8x5x5xf32>"),
                5 * 9 * 4 * 4},
               {WHOLE("conv_2d_nhwc_hwcf", "tensor<1x9x9x4xf32>",
                      "tensor<3x3x4x8xf32>", "tensor<1x4x4x8xf32>"),
                9 * 9 * 4 * 4}};
  tess_fusion_rules_t rules = {true, true, true, true, true, true, true};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    reading_t reading;
    CHECK_OK(reading_parse(context, cases[i].text, &reading));
    if (reading.model) {
      tess_program_t *program = tess_program_create(reading.model, &rules);
      const tess_kernel_t *k = &program->kernels[0].kernel;
      /* The accumulator is an argument, so it is read too. */
      CHECK_EQ(k->read_bytes + k->weight_bytes - k->write_bytes -
                   4 * k->k * k->n,
               cases[i].bytes);
      tess_program_destroy(program);
    }
    reading_close(&reading);
  }
}

int main(void) {
  MlirContext context = tess_ir_context_create();
  reading_t whole, part, table;
  CHECK_OK(reading_parse(context, rows, &table));
  if (table.model)
    check_rows(table.model);
  reading_close(&table);
  CHECK_OK(reading_parse(context, network, &whole));
  CHECK_OK(reading_parse(context, piece, &part));
  if (whole.model && part.model) {
    CHECK_EQ(whole.model->block_count, 1);
    CHECK_EQ(whole.model->blocks[0].kind, TESS_BLOCK_MBCONV);
    CHECK(whole.model->blocks[0].residual);
    check_all_fused(whole.model);
    check_rules(whole.model);
    check_order(whole.model);
    check_piece(whole.model, part.model);
  }
  check_dims();
  check_strided(context);
  reading_close(&whole);
  reading_close(&part);
  mlirContextDestroy(context);
  return tess_check_result();
}
