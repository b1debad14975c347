/* The text form of explain by block: stem, MBConv blocks, head. */
#include "order.h"
#include "tessera/base/arena.h"
#include <stdlib.h>

typedef struct block_sum {
  double latency_ns, bound_ns[4];
  int64_t macs;
  int32_t kernels, first;
} block_sum_t;

/* The last entry collects kernels in no block. */
static block_sum_t *sum_blocks(const tess_explain_input_t *input) {
  int32_t count = input->model->block_count;
  block_sum_t *sums = tess_alloc(((size_t)count + 1) * sizeof *sums);
  for (int32_t i = 0; i < input->program->kernel_count; i++) {
    const tess_program_kernel_t *entry = &input->program->kernels[i];
    bool known = entry->block >= 0 && entry->block < count;
    block_sum_t *sum = &sums[known ? entry->block : count];
    if (!sum->kernels++)
      sum->first = i;
    sum->latency_ns += input->costs[i].latency_ns;
    sum->bound_ns[input->costs[i].bound] += input->costs[i].latency_ns;
    sum->macs += entry->kernel.macs;
  }
  return sums;
}

static const char *largest_bound(const block_sum_t *sum) {
  int best = 0;
  for (int b = 1; b < 4; b++)
    if (sum->bound_ns[b] > sum->bound_ns[best])
      best = b;
  return tess_bound_name((tess_bound_t)best);
}

static void add_block_row(const tess_explain_input_t *input, int32_t block,
                          const block_sum_t *sum, tess_table_t *table) {
  const tess_model_t *model = input->model;
  char a[TESS_NUMBER_CHARS], b[TESS_NUMBER_CHARS];
  if (!sum->kernels)
    return;
  if (block < model->block_count)
    tess_table_cell(
        table, "%d %s", block + 1,
        tess_block_kind_name((tess_block_kind_t)model->blocks[block].kind));
  else
    tess_table_cell(table, "outside blocks");
  tess_table_cell(table, "%s", input->program->kernels[sum->first].name);
  tess_table_cell(table, "%d", sum->kernels);
  tess_table_cell(table, "%s", tess_format_count(a, (double)sum->macs));
  tess_table_cell(table, "%s", tess_format_time(b, sum->latency_ns));
  tess_table_cell(
      table, "%.1f%%",
      tess_report_percent(sum->latency_ns, input->total->latency_ns));
  tess_report_add_bar(
      table, tess_report_share(sum->latency_ns, input->total->latency_ns));
  tess_table_cell(table, "%s", largest_bound(sum));
}

void tess_explain_add_blocks(const tess_explain_input_t *input,
                             tess_text_t *out) {
  static const char *const heads[] = {"block", "from",  "kernels", "MACs",
                                      "time",  "share", "",        "bound"};
  block_sum_t *sums = sum_blocks(input);
  tess_table_t *table = tess_table_create("llrrrrll");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  for (int32_t i = 0; i <= input->model->block_count; i++)
    add_block_row(input, i, &sums[i], table);
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
  free(sums);
}
