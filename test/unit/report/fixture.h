/* A small model of three kernels on a made-up target, and a search's result,
 * filled in by hand: what the tests of the reports share. */
#ifndef TESSERA_TEST_UNIT_REPORT_FIXTURE_H
#define TESSERA_TEST_UNIT_REPORT_FIXTURE_H

#include "tessera/report/report.h"

#define HOSTILE "a<b>&\"c\",d\\e\nf<script>alert(1)</script>"

static tess_target_t fixture_target = {
    .name = "toy",
    .title = "A toy <array>",
    .target_class = TESS_CLASS_MXU,
    .chip_cores = 1,
    .program_cores = 1,
    .clock_hz = 1e9,
    .matrix_macs_per_s = {[TESS_F32] = 1e12, [TESS_BF16] = 1e12},
    .pad_m = 8,
    .pad_n = 128,
    .pad_k = 128,
    .pad_channels = 128,
    .matrix_efficiency = 1,
    .vector_ops_per_s = {[TESS_F32] = 1e11},
    .vector_cost = {1, 4, 10, 10, 5, 12, 20, 2},
    .memory_bytes_per_s = 1e11,
    .kernel_overhead_ns = 1000,
    .program_overhead_ns = 5000,
};

static const tess_program_kernel_t fixture_kernels[3] = {
    {.kernel = {.kind = TESS_KERNEL_CONV,
                .in_type = TESS_F32,
                .weight_type = TESS_F32,
                .out_type = TESS_F32,
                .layout = TESS_LAYOUT_NHWC,
                .spatial_rank = 2,
                .batch = 1,
                .groups = 1,
                .in_channels = 3,
                .out_channels = 32,
                .in_size = {224, 224},
                .out_size = {112, 112},
                .window = {3, 3},
                .stride = {2, 2},
                .dilation = {1, 1},
                .m = 12544,
                .n = 32,
                .k = 27,
                .macs = 10838016,
                .out_elements = 401408,
                .read_bytes = 602112,
                .weight_bytes = 3456,
                .write_bytes = 1605632},
     .name = "conv.1",
     .label = HOSTILE,
     .location = "model \"x\", v1.mlir:3:7",
     .block = 0},
    {.kernel = {.kind = TESS_KERNEL_DEPTHWISE,
                .in_type = TESS_F32,
                .layout = TESS_LAYOUT_NHWC,
                .spatial_rank = 2,
                .batch = 1,
                .groups = 32,
                .in_channels = 32,
                .out_channels = 32,
                .in_size = {112, 112},
                .out_size = {112, 112},
                .window = {3, 3},
                .stride = {1, 1},
                .dilation = {1, 1},
                .m = 12544,
                .n = 1,
                .k = 9,
                .macs = 3612672,
                .read_bytes = 1605632,
                .weight_bytes = 1152,
                .write_bytes = 1605632,
                .vector_ops = {[TESS_VECTOR_EXP] = 401408}},
     .name = "depthwise.1",
     .label = "depthwise + swish",
     .location = "model.mlir:9:1",
     .block = 0},
    {.kernel = {.kind = TESS_KERNEL_MATMUL,
                .in_type = TESS_F32,
                .batch = 1,
                .groups = 1,
                .m = 1,
                .n = 1000,
                .k = 1280,
                .macs = 1280000,
                .read_bytes = 5120,
                .weight_bytes = 5120000,
                .write_bytes = 4000},
     .name = "matmul.1",
     .label = "matmul + bias",
     .location = "model.mlir:12:1",
     .block = TESS_NONE},
};

static const tess_cost_t fixture_costs[3] = {
    {.latency_ns = 45000.125,
     .matrix_ns = 44000.125,
     .vector_ns = 100,
     .memory_ns = 22112,
     .overhead_ns = 1000,
     .bytes = 2211200,
     .utilisation = 0.2408,
     .bound = TESS_BOUND_MATRIX,
     .feasible = true},
    {.latency_ns = 66000.5,
     .vector_ns = 65000.5,
     .memory_ns = 32124,
     .overhead_ns = 1000,
     .bytes = 3212416,
     .bound = TESS_BOUND_VECTOR,
     .feasible = true},
    {.latency_ns = 52291.25,
     .matrix_ns = 1300,
     .memory_ns = 51291.25,
     .overhead_ns = 1000,
     .bytes = 5129120,
     .utilisation = 0.02,
     .bound = TESS_BOUND_MEMORY,
     .feasible = true},
};

static const tess_program_t fixture_program = {.kernels = fixture_kernels,
                                               .kernel_count = 3};
static const tess_block_t fixture_blocks[1] = {{.kind = TESS_BLOCK_STEM}};
static const tess_node_t fixture_nodes[2] = {
    {.kind = TESS_NODE_UNKNOWN, .op_name = "foo.bar"},
    {.kind = TESS_NODE_UNKNOWN, .op_name = "foo.bar"}};
static const tess_model_t fixture_model = {.function = "main",
                                           .dialect = "tosa",
                                           .blocks = fixture_blocks,
                                           .block_count = 1,
                                           .nodes = fixture_nodes,
                                           .node_count = 2,
                                           .macs = 15730688,
                                           .parameters = 1282320,
                                           .contraction_count = 3,
                                           .unknown_count = 2};

/* The sums, computed by lib/cost from the kernels above. */
static inline tess_cost_total_t fixture_total(void) {
  tess_cost_total_t total;
  tess_cost_total_begin(&total, &fixture_target);
  for (int i = 0; i < 3; i++)
    tess_cost_total_add(&total, &fixture_target, &fixture_kernels[i].kernel,
                        &fixture_costs[i]);
  tess_cost_total_end(&total, &fixture_target);
  return total;
}

static inline tess_explain_input_t
fixture_explain(const tess_cost_total_t *total) {
  return (tess_explain_input_t){.model_name = "toy " HOSTILE,
                                .target = &fixture_target,
                                .cost_model = "roofline",
                                .model = &fixture_model,
                                .program = &fixture_program,
                                .costs = fixture_costs,
                                .total = total};
}

static const tess_report_change_t fixture_changes[3] = {
    {.site = "activation.1",
     .alternative = "relu",
     .rewrite_class = "retrain",
     .why = "no exponential & no division",
     .location = "model.mlir:4:1",
     .gain_ns = 20000,
     .greatest_error = 0.2785},
    {.site = "space-to-depth.1",
     .alternative = "apply",
     .rewrite_class = "exact",
     .why = "fills the <array>",
     .location = HOSTILE,
     .gain_ns = 30000},
    {.site = "activation.2",
     .alternative = "relu",
     .rewrite_class = "retrain",
     .why = "no exponential & no division",
     .location = "model.mlir:8:1",
     .gain_ns = -10,
     .greatest_error = 0.2785},
};

static const tess_target_fact_t fixture_facts[2] = {
    {"matrix.macs_per_s.f32", "1e12", "MAC/s", "a <page>, p. 3", "s"},
    {"pad.k", "128", "elements", "the same", "c"}};

static const double fixture_front_latency[3] = {100000, 140000, 168291.875};
static const double fixture_front_distance[3] = {0.25, 0, 0.0};

static inline void fixture_points(tess_report_point_t *points,
                                  const tess_explain_input_t *explain) {
  points[0] = (tess_report_point_t){.file = "toy.0.mlir",
                                    .candidate = "",
                                    .rewrite_class = "exact",
                                    .latency_ns = 168291.875,
                                    .macs = 15730688,
                                    .parameters = 1282320,
                                    .bytes = 10552736,
                                    .explain = explain};
  points[1] = points[0];
  points[1].file = "toy.1.mlir";
  points[1].candidate = "space-to-depth.1=apply";
  points[1].latency_ns = 140000;
  points[1].changes = fixture_changes + 1;
  points[1].change_count = 1;
  points[2] = points[0];
  points[2].file = "toy \"2\".mlir";
  points[2].candidate =
      "activation.1=relu;activation.2=relu;space-to-depth.1=apply";
  points[2].rewrite_class = "retrain";
  points[2].latency_ns = 100000;
  points[2].distance = 0.25;
  points[2].changes = fixture_changes;
  points[2].change_count = 3;
}

static inline tess_report_t fixture_report(const tess_report_point_t *points,
                                           int32_t count) {
  return (tess_report_t){.model_name = HOSTILE,
                         .target_title = fixture_target.title,
                         .command = "tessera search 'a <b>' --target toy",
                         .cost_model = "roofline",
                         .quality = "keep",
                         .quality_summary = "share of activations < changed >",
                         .strategy = "exact",
                         .evaluated = 12,
                         .set_aside_count = 1,
                         .certified = true,
                         .facts = fixture_facts,
                         .fact_count = 2,
                         .front_latency_ns = fixture_front_latency,
                         .front_distance = fixture_front_distance,
                         .front_count = count,
                         .points = points,
                         .point_count = count};
}

#endif
