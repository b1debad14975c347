/* Where a model's time goes, as one screen of text. */
#include "order.h"
#include "tessera/base/arena.h"
#include "tessera/report/unknown.h"
#include <stdlib.h>
#include <string.h>

#define LABEL_CHARS 36
#define ADVICE_KINDS 16
#define ADVICE_WITH_EVIDENCE 4
#define LEAST_SHARE 0.02

/* Inputs per run: the leading dimension of the first image-like input. */
static int64_t batch_of(const tess_model_t *model) {
  for (int32_t i = 0; i < model->argument_count; i++) {
    if (model->arguments[i] == TESS_NONE)
      continue;
    const tess_value_t *value = &model->values[model->arguments[i]];
    if (value->role == TESS_ROLE_INPUT)
      return value->rank == 4 ? value->shape[0] : 1;
  }
  return 1;
}

static void add_headline(const tess_explain_input_t *input, tess_text_t *out) {
  const tess_cost_total_t *total = input->total;
  char a[TESS_NUMBER_CHARS], b[TESS_NUMBER_CHARS], c[TESS_NUMBER_CHARS];
  double runs = total->latency_ns > 0 ? 1e9 / total->latency_ns : 0;
  int64_t batch = batch_of(input->model);
  bool bound = !strcmp(input->cost_model, "roofline");
  tess_text_add(out, "%s @%s on %s (%s)\n", input->model_name,
                input->model->function, input->target->name,
                input->target->title);
  tess_text_add(out, "latency %s (%s%s), %s runs/s",
                tess_format_time(a, total->latency_ns), input->cost_model,
                bound ? ": a lower bound" : "", tess_format_count(b, runs));
  if (batch > 1)
    tess_text_add(out, " of batch %lld = %s inputs/s", (long long)batch,
                  tess_format_count(c, runs * (double)batch));
  tess_text_add(out, ", matrix unit used to %.1f%%\n",
                100 * total->utilisation);
  tess_text_add(out, "%s multiply-accumulates, %s parameters, ",
                tess_format_count(a, (double)total->macs),
                tess_format_count(b, (double)input->model->parameters));
  tess_text_add(out, "%s moved, %d kernels\n\n",
                tess_format_bytes(c, (double)total->bytes),
                total->kernel_count);
}

static int32_t count_bound(const tess_explain_input_t *input,
                           tess_bound_t bound) {
  int32_t count = 0;
  for (int32_t i = 0; i < input->program->kernel_count; i++)
    count += input->costs[i].bound == bound;
  return count;
}

static void add_split(const tess_explain_input_t *input, tess_text_t *out) {
  static const char *const heads[] = {"part",   "busy", "share", "",
                                      "bounds", "for",  "share"};
  const tess_cost_total_t *total = input->total;
  const double busy[] = {total->matrix_ns, total->vector_ns, total->memory_ns,
                         total->overhead_ns};
  tess_table_t *table = tess_table_create("lrrlrrr");
  char a[TESS_NUMBER_CHARS], b[TESS_NUMBER_CHARS];
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  for (int part = 0; part < 4; part++) {
    double share = tess_report_share(busy[part], total->latency_ns);
    tess_table_cell(table, "%s", tess_bound_name((tess_bound_t)part));
    tess_table_cell(table, "%s", tess_format_time(a, busy[part]));
    tess_table_cell(table, "%.1f%%", 100 * share);
    tess_report_add_bar(table, share);
    tess_table_cell(table, "%d kernels",
                    count_bound(input, (tess_bound_t)part));
    tess_table_cell(table, "%s", tess_format_time(b, total->bound_ns[part]));
    tess_table_cell(
        table, "%.1f%%",
        tess_report_percent(total->bound_ns[part], total->latency_ns));
  }
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
  if (input->target->program_overhead_ns > 0)
    tess_text_add(out, "  overhead includes %s once per run\n",
                  tess_format_time(a, input->target->program_overhead_ns));
  tess_text_add(out, "\n");
}

/* ---- Kernels and what would help ---- */

/* One kind of advice, with the kernels it is for. */
typedef struct hint {
  const char *clause;
  int32_t slowest, count;
  double latency_ns;
} hint_t;

typedef struct hints {
  hint_t items[ADVICE_KINDS];
  int32_t count;
} hints_t;

static const char *advice_for(const tess_explain_input_t *input,
                              int32_t index) {
  return tess_explain_advice(input->target,
                             &input->program->kernels[index].kernel,
                             &input->costs[index]);
}

static hint_t *find_hint(hints_t *hints, const char *clause) {
  for (int32_t i = 0; clause && i < hints->count; i++)
    if (!strcmp(hints->items[i].clause, clause))
      return &hints->items[i];
  return NULL;
}

static int compare_hints(const void *left, const void *right) {
  const hint_t *a = left, *b = right;
  if (a->latency_ns != b->latency_ns)
    return a->latency_ns < b->latency_ns ? 1 : -1;
  return (a->slowest > b->slowest) - (a->slowest < b->slowest);
}

/* Hints by the time of the kernels that they are for; those for little time
 * are left out. */
static hints_t collect_hints(const tess_explain_input_t *input,
                             const int32_t *order) {
  hints_t hints = {0};
  for (int32_t i = 0; i < input->program->kernel_count; i++) {
    const char *clause = advice_for(input, order[i]);
    hint_t *hint = find_hint(&hints, clause);
    if (clause && !hint && hints.count < ADVICE_KINDS) {
      hint = &hints.items[hints.count++];
      *hint = (hint_t){.clause = clause, .slowest = order[i]};
    }
    if (!hint)
      continue;
    hint->count++;
    hint->latency_ns += input->costs[order[i]].latency_ns;
  }
  qsort(hints.items, (size_t)hints.count, sizeof *hints.items, compare_hints);
  while (hints.count && hints.items[hints.count - 1].latency_ns <
                            LEAST_SHARE * input->total->latency_ns)
    hints.count--;
  return hints;
}

static void add_clipped(tess_table_t *table, const char *text) {
  bool fits = strlen(text) <= LABEL_CHARS;
  tess_table_cell(table, "%.*s%s", fits ? LABEL_CHARS : LABEL_CHARS - 2, text,
                  fits ? "" : "..");
}

static void add_kernel_row(const tess_explain_input_t *input, int32_t index,
                           hints_t *hints, tess_table_t *table) {
  const tess_program_kernel_t *entry = &input->program->kernels[index];
  const tess_cost_t *cost = &input->costs[index];
  char dims[TESS_KERNEL_DIMS_CHARS], number[TESS_NUMBER_CHARS];
  const hint_t *hint = find_hint(hints, advice_for(input, index));
  tess_table_cell(table, "%s", entry->name);
  add_clipped(table, entry->label ? entry->label : "");
  tess_table_cell(table, "%s", tess_kernel_dims(&entry->kernel, dims));
  tess_table_cell(table, "%s", tess_format_time(number, cost->latency_ns));
  tess_table_cell(
      table, "%.1f%%",
      tess_report_percent(cost->latency_ns, input->total->latency_ns));
  tess_table_cell(table, "%.1f%%", 100 * cost->utilisation);
  tess_table_cell(table, "%s",
                  cost->feasible ? tess_bound_name(cost->bound) : "cannot run");
  if (hint)
    tess_table_cell(table, "[%c]", (char)('a' + (hint - hints->items)));
  else
    tess_table_cell(table, "%s", "");
}

static void add_rest(const tess_explain_input_t *input, const int32_t *order,
                     int32_t shown, tess_text_t *out) {
  double rest = 0;
  char number[TESS_NUMBER_CHARS];
  int32_t count = input->program->kernel_count;
  for (int32_t i = shown; i < count; i++)
    rest += input->costs[order[i]].latency_ns;
  if (shown < count)
    tess_text_add(out, "  and %d more kernels: %s (%.1f%%)\n", count - shown,
                  tess_format_time(number, rest),
                  tess_report_percent(rest, input->total->latency_ns));
}

static void add_hints(const tess_explain_input_t *input, const hints_t *hints,
                      tess_text_t *out) {
  char number[TESS_NUMBER_CHARS];
  if (hints->count)
    tess_text_add(out, "\nwhat would help\n");
  for (int32_t i = 0; i < hints->count; i++) {
    const hint_t *hint = &hints->items[i];
    const tess_program_kernel_t *entry =
        &input->program->kernels[hint->slowest];
    tess_text_add(
        out, "  [%c] %s in %d kernel%s (%.1f%%): %s\n", (char)('a' + i),
        tess_format_time(number, hint->latency_ns), hint->count,
        hint->count == 1 ? "" : "s",
        tess_report_percent(hint->latency_ns, input->total->latency_ns),
        hint->clause);
    if (i >= ADVICE_WITH_EVIDENCE)
      continue;
    tess_text_add(out, "      %s: ", entry->name);
    tess_explain_evidence(input->target, &entry->kernel,
                          &input->costs[hint->slowest], out);
    tess_text_add(out, "\n");
  }
}

static void add_kernels(const tess_explain_input_t *input, tess_text_t *out) {
  static const char *const heads[] = {"kernel", "what", "dims",  "time",
                                      "share",  "used", "bound", "what helps"};
  int32_t count = input->program->kernel_count;
  int32_t shown = input->top > 0 && input->top < count ? input->top : count;
  int32_t *order = tess_report_kernel_order(input->costs, count);
  hints_t hints = collect_hints(input, order);
  tess_table_t *table = tess_table_create("lllrrrll");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  for (int32_t i = 0; i < shown; i++)
    add_kernel_row(input, order[i], &hints, table);
  tess_table_print(table, 2, out);
  tess_table_destroy(table);
  add_rest(input, order, shown, out);
  add_hints(input, &hints, out);
  free(order);
}

/* ---- What it could not see ---- */

static void add_unknown(const tess_explain_input_t *input, tess_text_t *out) {
  static const char *const heads[] = {"op", "count", "bytes", "share",
                                      "first at"};
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_unknown_t unknown =
      tess_unknown_find(input->model, input->program, &arena);
  tess_text_add(out, "\nunknown ops: %d", unknown.count);
  if (unknown.count)
    tess_text_add(out, ", %.1f%% of all bytes",
                  100 * tess_unknown_share(&unknown, unknown.bytes));
  tess_text_add(out, "\n");
  tess_table_t *table = tess_table_create("lrrrl");
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    tess_table_cell(table, "%s", heads[i]);
  for (size_t i = 0; i < unknown.op_count; i++) {
    const tess_unknown_op_t *op = &unknown.ops[i];
    char bytes[TESS_NUMBER_CHARS];
    tess_table_cell(table, "%s", op->name);
    tess_table_cell(table, "%d", op->count);
    tess_table_cell(table, "%s", tess_format_bytes(bytes, op->bytes));
    tess_table_cell(table, "%.1f%%",
                    100 * tess_unknown_share(&unknown, op->bytes));
    tess_table_cell(table, "%s", op->location);
  }
  if (unknown.count)
    tess_table_print(table, 2, out);
  tess_table_destroy(table);
  tess_arena_free(&arena);
}

static void add_infeasible(const tess_explain_input_t *input,
                           tess_text_t *out) {
  for (int32_t i = 0; i < input->program->kernel_count; i++) {
    const tess_cost_t *cost = &input->costs[i];
    if (cost->feasible)
      continue;
    tess_text_add(out, "%d kernels cannot run on %s, first %s: %s\n",
                  input->total->infeasible_count, input->target->name,
                  input->program->kernels[i].name,
                  cost->reason ? cost->reason : "no reason given");
    return;
  }
}

void tess_explain_text(const tess_explain_input_t *input, tess_text_t *out) {
  add_headline(input, out);
  add_split(input, out);
  if (input->blocks)
    tess_explain_add_blocks(input, out);
  else
    add_kernels(input, out);
  add_unknown(input, out);
  add_infeasible(input, out);
}
