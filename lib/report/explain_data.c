/* Where a model's time goes, for programs: CSV and JSON, kernels in program
 * order, numbers with a fixed count of digits. */
#include "order.h"
#include "tessera/report/unknown.h"
#include <math.h>

/* Infinity and NaN are no JSON: an infeasible kernel's time is null. */
static void add_number(tess_text_t *out, int digits, double value) {
  if (isfinite(value))
    tess_text_add(out, "%.*f", digits, value);
  else
    tess_text_add(out, "null");
}

static void add_member(tess_text_t *out, const char *name, int digits,
                       double value) {
  tess_text_add(out, ", \"%s\": ", name);
  add_number(out, digits, value);
}

static void add_count(tess_text_t *out, const char *name, int64_t value) {
  tess_text_add(out, ", \"%s\": %lld", name, (long long)value);
}

static void add_string(tess_text_t *out, const char *name, const char *value) {
  tess_text_add(out, ", \"%s\": ", name);
  tess_text_add_json(out, value ? value : "");
}

static const char *dtype_name(const tess_kernel_t *kernel) {
  return tess_dtype_name((tess_dtype_t)kernel->in_type);
}

static const char *kind_name(const tess_kernel_t *kernel) {
  return tess_kernel_kind_name((tess_kernel_kind_t)kernel->kind);
}

/* ---- CSV ---- */

static void add_csv_number(tess_text_t *out, int digits, double value) {
  tess_text_add(out, ",");
  if (isfinite(value))
    tess_text_add(out, "%.*f", digits, value);
}

static void add_csv_row(const tess_program_kernel_t *entry,
                        const tess_cost_t *cost, tess_text_t *out) {
  const tess_kernel_t *kernel = &entry->kernel;
  char dims[TESS_KERNEL_DIMS_CHARS];
  tess_text_add_csv(out, entry->name);
  tess_text_add(out, ",%s,", kind_name(kernel));
  tess_text_add_csv(out, entry->label ? entry->label : "");
  tess_text_add(out, ",");
  tess_text_add_csv(out, tess_kernel_dims(kernel, dims));
  tess_text_add(out, ",%s,%lld,%lld", dtype_name(kernel),
                (long long)kernel->macs, (long long)cost->bytes);
  add_csv_number(out, 3, cost->latency_ns);
  add_csv_number(out, 3, cost->matrix_ns);
  add_csv_number(out, 3, cost->vector_ns);
  add_csv_number(out, 3, cost->memory_ns);
  add_csv_number(out, 3, cost->overhead_ns);
  tess_text_add(out, ",%s", tess_bound_name(cost->bound));
  add_csv_number(out, 6, cost->utilisation);
  tess_text_add(out, ",%s,", cost->feasible ? "yes" : "no");
  tess_text_add_csv(out, entry->location ? entry->location : "");
  tess_text_add(out, "\n");
}

void tess_explain_csv(const tess_explain_input_t *input, tess_text_t *out) {
  tess_text_add(out, "name,kind,label,dims,dtype,macs,bytes,latency_ns,"
                     "matrix_ns,vector_ns,memory_ns,overhead_ns,bound,"
                     "utilisation,feasible,location\n");
  for (int32_t i = 0; i < input->program->kernel_count; i++)
    add_csv_row(&input->program->kernels[i], &input->costs[i], out);
}

/* ---- JSON ---- */

static void add_times(tess_text_t *out, double latency, double matrix,
                      double vector, double memory, double overhead) {
  add_member(out, "latency_ns", 3, latency);
  add_member(out, "matrix_ns", 3, matrix);
  add_member(out, "vector_ns", 3, vector);
  add_member(out, "memory_ns", 3, memory);
  add_member(out, "overhead_ns", 3, overhead);
}

static void add_bound_times(const tess_cost_total_t *total, tess_text_t *out) {
  tess_text_add(out, ", \"bound_ns\": {");
  for (int b = 0; b < 4; b++) {
    tess_text_add(out, "%s\"%s\": ", b ? ", " : "",
                  tess_bound_name((tess_bound_t)b));
    add_number(out, 3, total->bound_ns[b]);
  }
  tess_text_add(out, "}");
}

static void add_total(const tess_explain_input_t *input, tess_text_t *out) {
  const tess_cost_total_t *total = input->total;
  tess_text_add(out, "  \"total\": {\"model\": ");
  tess_text_add_json(out, input->model_name);
  add_string(out, "function", input->model->function);
  add_string(out, "target", input->target->name);
  add_string(out, "cost_model", input->cost_model);
  add_count(out, "kernels", total->kernel_count);
  add_count(out, "contractions", input->model->contraction_count);
  add_count(out, "macs", total->macs);
  add_count(out, "params", input->model->parameters);
  add_count(out, "bytes", total->bytes);
  add_times(out, total->latency_ns, total->matrix_ns, total->vector_ns,
            total->memory_ns, total->overhead_ns);
  add_member(out, "program_overhead_ns", 3, input->target->program_overhead_ns);
  add_bound_times(total, out);
  add_member(out, "utilisation", 6, total->utilisation);
  add_count(out, "infeasible_kernels", total->infeasible_count);
  add_count(out, "unknown_ops", input->model->unknown_count);
  tess_text_add(out, "},\n");
}

static void add_kernel(const tess_program_kernel_t *entry,
                       const tess_cost_t *cost, tess_text_t *out) {
  const tess_kernel_t *kernel = &entry->kernel;
  char dims[TESS_KERNEL_DIMS_CHARS];
  tess_text_add(out, "    {\"name\": ");
  tess_text_add_json(out, entry->name);
  add_string(out, "kind", kind_name(kernel));
  add_string(out, "label", entry->label);
  add_string(out, "dims", tess_kernel_dims(kernel, dims));
  add_string(out, "dtype", dtype_name(kernel));
  add_count(out, "macs", kernel->macs);
  add_count(out, "bytes", cost->bytes);
  add_times(out, cost->latency_ns, cost->matrix_ns, cost->vector_ns,
            cost->memory_ns, cost->overhead_ns);
  add_string(out, "bound", tess_bound_name(cost->bound));
  add_member(out, "utilisation", 6, cost->utilisation);
  tess_text_add(out, ", \"feasible\": %s", cost->feasible ? "true" : "false");
  if (entry->block >= 0)
    add_count(out, "block", entry->block);
  else
    tess_text_add(out, ", \"block\": null");
  add_string(out, "location", entry->location);
  tess_text_add(out, "}");
}

static void add_unknown(const tess_explain_input_t *input, tess_text_t *out) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_unknown_t unknown =
      tess_unknown_find(input->model, input->program, &arena);
  tess_text_add(out, "  \"unknown\": [");
  for (size_t i = 0; i < unknown.op_count; i++) {
    const tess_unknown_op_t *op = &unknown.ops[i];
    tess_text_add(out, "%s\n    {\"op\": ", i ? "," : "");
    tess_text_add_json(out, op->name);
    add_count(out, "count", op->count);
    add_member(out, "bytes", 0, op->bytes);
    add_member(out, "share", 6, tess_unknown_share(&unknown, op->bytes));
    add_string(out, "location", op->location);
    tess_text_add(out, "}");
  }
  tess_text_add(out, unknown.op_count ? "\n  ]\n" : "]\n");
  tess_arena_free(&arena);
}

void tess_explain_json(const tess_explain_input_t *input, tess_text_t *out) {
  int32_t count = input->program->kernel_count;
  tess_text_add(out, "{\n");
  add_total(input, out);
  tess_text_add(out, "  \"kernels\": [%s", count ? "\n" : "");
  for (int32_t i = 0; i < count; i++) {
    add_kernel(&input->program->kernels[i], &input->costs[i], out);
    tess_text_add(out, i + 1 < count ? ",\n" : "\n  ");
  }
  tess_text_add(out, "],\n");
  tess_explain_add_json_blocks(input, out);
  add_unknown(input, out);
  tess_text_add(out, "}\n");
}
