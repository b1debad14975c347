/* What explain says by block: stem, MBConv blocks, head; as text and as JSON.
 */
#include "order.h"
#include "tessera/base/arena.h"
#include <math.h>
#include <stdlib.h>

typedef struct block_sum {
  double latency_ns, bound_ns[4];
  int64_t macs, parameters;
  int32_t kernels;
} block_sum_t;

/* ---- Sums. ---- */

/* The block of each node: its kernel's; prepared nodes and views have that of
 * the first node that reads them. `count` stands for no block. */
static int32_t *find_blocks(const tess_explain_input_t *input, int32_t count) {
  const tess_model_t *model = input->model;
  const tess_program_t *program = input->program;
  int32_t *block = tess_alloc(((size_t)model->node_count + 1) * sizeof *block);
  for (int32_t n = model->node_count - 1; n >= 0; n--) {
    const tess_node_t *node = &model->nodes[n];
    int32_t kernel =
        program->kernel_of_node ? program->kernel_of_node[n] : TESS_NONE;
    block[n] = kernel == TESS_NONE ? count : program->kernels[kernel].block;
    if (block[n] < 0 || block[n] > count)
      block[n] = count;
    if (kernel != TESS_NONE || node->output_count == 0)
      continue;
    int32_t first = model->first_user[node->outputs[0]];
    if (first < model->first_user[node->outputs[0] + 1])
      block[n] = block[model->value_users[first]];
  }
  return block;
}

/* Weights belong to the block of their first reader. */
static void sum_parameters(const tess_explain_input_t *input,
                           block_sum_t *sums) {
  const tess_model_t *model = input->model;
  int32_t *block = find_blocks(input, model->block_count);
  for (int32_t v = 0; v < model->value_count; v++) {
    const tess_value_t *value = &model->values[v];
    if (value->role != TESS_ROLE_WEIGHT || value->uses == 0)
      continue;
    int32_t first = model->first_user[v];
    bool read = first < model->first_user[v + 1];
    sums[read ? block[model->value_users[first]] : model->block_count]
        .parameters += value->elements;
  }
  free(block);
}

/* The last entry collects kernels in no block. */
static block_sum_t *sum_blocks(const tess_explain_input_t *input) {
  int32_t count = input->model->block_count;
  block_sum_t *sums = tess_alloc(((size_t)count + 1) * sizeof *sums);
  for (int32_t i = 0; i < input->program->kernel_count; i++) {
    const tess_program_kernel_t *entry = &input->program->kernels[i];
    bool known = entry->block >= 0 && entry->block < count;
    block_sum_t *sum = &sums[known ? entry->block : count];
    sum->kernels++;
    sum->latency_ns += input->costs[i].latency_ns;
    sum->bound_ns[input->costs[i].bound] += input->costs[i].latency_ns;
    sum->macs += entry->kernel.macs;
  }
  sum_parameters(input, sums);
  return sums;
}

/* ---- Rows. ---- */

static const char *largest_bound(const block_sum_t *sum) {
  int best = 0;
  for (int b = 1; b < 4; b++)
    if (sum->bound_ns[b] > sum->bound_ns[best])
      best = b;
  return tess_bound_name((tess_bound_t)best);
}

static void add_sums(const tess_explain_input_t *input, const block_sum_t *sum,
                     tess_table_t *table) {
  char number[TESS_NUMBER_CHARS];
  tess_table_cell(table, "%d", sum->kernels);
  tess_table_cell(table, "%s",
                  tess_format_count(number, (double)sum->parameters));
  tess_table_cell(table, "%s", tess_format_count(number, (double)sum->macs));
  tess_table_cell(table, "%s", tess_format_time(number, sum->latency_ns));
  tess_table_cell(
      table, "%.1f%%",
      tess_report_percent(sum->latency_ns, input->total->latency_ns));
}

static void add_block_row(const tess_explain_input_t *input, int32_t index,
                          const block_sum_t *sum, tess_table_t *table) {
  const tess_model_t *model = input->model;
  char text[TESS_BLOCK_CHARS];
  if (!sum->kernels && !sum->parameters)
    return;
  if (index < model->block_count) {
    const tess_block_t *block = &model->blocks[index];
    tess_table_cell(table, "%d %s", index + 1,
                    tess_block_kind_name((tess_block_kind_t)block->kind));
    tess_table_cell(table, "%s", tess_block_dims(block, text));
    tess_table_cell(table, "%s", tess_block_details(block, text));
  } else {
    tess_table_cell(table, "outside blocks");
    tess_table_cell(table, "%s", "");
    tess_table_cell(table, "%s", "");
  }
  add_sums(input, sum, table);
  tess_report_add_bar(
      table, tess_report_share(sum->latency_ns, input->total->latency_ns));
  tess_table_cell(table, "%s", sum->kernels ? largest_bound(sum) : "");
}

/* What the target adds for the whole program is in no block. */
static void add_total_rows(const tess_explain_input_t *input,
                           const block_sum_t *sums, tess_table_t *table) {
  block_sum_t total = {0};
  for (int32_t i = 0; i <= input->model->block_count; i++) {
    total.kernels += sums[i].kernels;
    total.parameters += sums[i].parameters;
    total.macs += sums[i].macs;
  }
  block_sum_t program = {.latency_ns = input->target->program_overhead_ns};
  total.latency_ns = input->total->latency_ns;
  if (program.latency_ns > 0) {
    tess_table_cell(table, "program");
    tess_table_cell(table, "%s", "start of the program");
    tess_table_cell(table, "%s", "");
    add_sums(input, &program, table);
    tess_table_cell(table, "%s", "");
    tess_table_cell(table, "overhead");
  }
  tess_table_cell(table, "total");
  tess_table_cell(table, "%s", "");
  tess_table_cell(table, "%s", "");
  add_sums(input, &total, table);
  tess_table_cell(table, "%s", "");
  tess_table_cell(table, "%s", "");
}

void tess_explain_add_blocks(const tess_explain_input_t *input,
                             tess_text_t *out) {
  static const char *const heads[] = {"block",   "from input to output",
                                      "details", "kernels",
                                      "params",  "MACs",
                                      "time",    "share",
                                      "",        "bound"};
  block_sum_t *sums = sum_blocks(input);
  tess_table_t *table = tess_table_create("lllrrrrrll");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  for (int32_t i = 0; i <= input->model->block_count; i++)
    add_block_row(input, i, &sums[i], table);
  add_total_rows(input, sums, table);
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
  free(sums);
}

/* ---- JSON. ---- */

/* Where the block's first op comes from. */
static const char *location_of(const tess_model_t *model,
                               const tess_block_t *block) {
  const char *location =
      block->node_count ? model->nodes[block->nodes[0]].location : NULL;
  return location ? location : "";
}

static void add_json_block(const tess_explain_input_t *input, int32_t index,
                           const block_sum_t *sum, tess_text_t *out) {
  const tess_block_t *block = &input->model->blocks[index];
  char dims[TESS_BLOCK_CHARS], details[TESS_BLOCK_CHARS];
  tess_text_add(out, "    {\"kind\": \"%s\", \"dims\": \"%s\"",
                tess_block_kind_name((tess_block_kind_t)block->kind),
                tess_block_dims(block, dims));
  tess_text_add(out, ", \"details\": \"%s\", \"kernels\": %d",
                tess_block_details(block, details), sum->kernels);
  tess_text_add(out, ", \"params\": %lld, \"macs\": %lld",
                (long long)sum->parameters, (long long)sum->macs);
  if (isfinite(sum->latency_ns))
    tess_text_add(out, ", \"latency_ns\": %.3f", sum->latency_ns);
  else
    tess_text_add(out, ", \"latency_ns\": null");
  tess_text_add(out, ", \"location\": ");
  tess_text_add_json(out, location_of(input->model, block));
  tess_text_add(out, "}");
}

void tess_explain_add_json_blocks(const tess_explain_input_t *input,
                                  tess_text_t *out) {
  int32_t count = input->model->block_count;
  block_sum_t *sums = sum_blocks(input);
  tess_text_add(out, "  \"blocks\": [%s", count ? "\n" : "");
  for (int32_t i = 0; i < count; i++) {
    add_json_block(input, i, &sums[i], out);
    tess_text_add(out, i + 1 < count ? ",\n" : "\n  ");
  }
  tess_text_add(out, "],\n");
  free(sums);
}
