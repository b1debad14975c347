/* tessera-explain: where a model loses its time on a target. */
#include "tessera/report/explain.h"
#include "shell.h"
#include "tessera/base/text.h"
#include <stdlib.h>
#include <string.h>

const tess_pass_option_t tess_options_explain[] = {
    TESS_SHELL_OPTIONS,
    TESS_INT_OPTION("top", 0, "0 or a number of kernels",
                    "Explain only this many of the slowest kernels; 0: all"),
    TESS_NO_OPTION,
};
void tess_execute_explain(tess_pass_run_t *run, MlirOperation operation);

/* ---- One remark a kernel. ---- */

/* "; what would help (the numbers behind it)". */
static void add_advice(const tess_target_t *target, const tess_kernel_t *kernel,
                       const tess_cost_t *cost, tess_text_t *out) {
  const char *advice = tess_explain_advice(target, kernel, cost);
  if (!advice)
    return;
  tess_text_add(out, "; %s", advice);
  tess_text_t evidence = TESS_TEXT_INIT;
  tess_explain_evidence(target, kernel, cost, &evidence);
  if (evidence.length > 0)
    tess_text_add(out, " (%s)", tess_text_get(&evidence));
  tess_text_free(&evidence);
}

static void say_kernel(tess_shell_t *shell, const tess_analysis_t *analysis,
                       int32_t index) {
  const tess_program_kernel_t *kernel = &analysis->program->kernels[index];
  const tess_cost_t *cost = &analysis->costs[index];
  MlirOperation root = {(void *)analysis->model->nodes[kernel->root].op};
  char dims[TESS_KERNEL_DIMS_CHARS], time[TESS_NUMBER_CHARS];
  tess_text_t text = TESS_TEXT_INIT;
  tess_text_add(&text, "%s%s: %s, %s: ", kernel->name,
                tess_shell_layer(shell, mlirOperationGetLocation(root)),
                kernel->label, tess_kernel_dims(&kernel->kernel, dims));
  if (cost->feasible)
    tess_text_add(&text,
                  "%s, %.1f%% of the total; %s-bound, utilisation %.1f%%",
                  tess_format_time(time, cost->latency_ns),
                  100 * cost->latency_ns / analysis->total.latency_ns,
                  tess_bound_name(cost->bound), 100 * cost->utilisation);
  else
    tess_text_add(&text, "%s cannot run it: %s", analysis->target->name,
                  cost->reason);
  add_advice(analysis->target, &kernel->kernel, cost, &text);
  tess_shell_say(shell, TESS_SEVERITY_REMARK, mlirOperationGetLocation(root),
                 "%s", tess_text_get(&text));
  tess_text_free(&text);
}

typedef struct ranked {
  double latency_ns;
  int32_t index;
} ranked_t;

static int slower_first(const void *a, const void *b) {
  const ranked_t *x = a, *y = b;
  if (x->latency_ns != y->latency_ns)
    return x->latency_ns < y->latency_ns ? 1 : -1;
  return x->index < y->index ? -1 : 1;
}

/* The `top` slowest kernels, in program order. */
static void say_kernels(tess_shell_t *shell, const tess_analysis_t *analysis,
                        int64_t top) {
  int32_t count = analysis->program->kernel_count;
  ranked_t *ranks =
      tess_arena_array(&shell->arena, (size_t)count, sizeof(ranked_t));
  bool *chosen = tess_arena_array(&shell->arena, (size_t)count, sizeof(bool));
  for (int32_t i = 0; i < count; ++i)
    ranks[i] = (ranked_t){analysis->costs[i].latency_ns, i};
  qsort(ranks, (size_t)count, sizeof(ranked_t), slower_first);
  for (int32_t i = 0; i < count && (top == 0 || i < top); ++i)
    chosen[ranks[i].index] = true;
  for (int32_t i = 0; i < count; ++i)
    if (chosen[i])
      say_kernel(shell, analysis, i);
}

/* ---- The function as a whole. ---- */

static double share(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

static void say_total(tess_shell_t *shell, MlirOperation function,
                      const tess_analysis_t *analysis, int32_t site_count) {
  const tess_cost_total_t *total = &analysis->total;
  char time[TESS_NUMBER_CHARS], macs[TESS_NUMBER_CHARS],
      parameters[TESS_NUMBER_CHARS], bytes[TESS_NUMBER_CHARS];
  tess_shell_say(
      shell, TESS_SEVERITY_REMARK, mlirOperationGetLocation(function),
      "%s takes %s on %s by %s: %d kernels, %s multiply-accumulates, %s "
      "parameters, %s moved; time by what bounds it: matrix %.1f%%, vector "
      "%.1f%%, memory %.1f%%, overhead %.1f%%; utilisation %.1f%%; %d sites "
      "for rewrites up to class %s",
      tess_shell_name(shell, function),
      tess_format_time(time, total->latency_ns), shell->target->name,
      shell->cost_model, total->kernel_count,
      tess_format_thousands(macs, total->macs),
      tess_format_thousands(parameters, analysis->model->parameters),
      tess_format_bytes(bytes, (double)total->bytes),
      share(total->bound_ns[TESS_BOUND_MATRIX], total->latency_ns),
      share(total->bound_ns[TESS_BOUND_VECTOR], total->latency_ns),
      share(total->bound_ns[TESS_BOUND_MEMORY], total->latency_ns),
      share(total->bound_ns[TESS_BOUND_OVERHEAD], total->latency_ns),
      100 * total->utilisation, site_count, tess_class_name(shell->allow));
}

static tess_status_t explain(tess_shell_t *shell, MlirOperation function) {
  tess_analysis_t analysis;
  TESS_TRY(
      tess_flow_analyse(function, shell->target, shell->cost_model, &analysis));
  tess_site_list_t sites;
  tess_rewrite_find_sites(analysis.model, shell->allow,
                          (1U << TESS_FAMILY_COUNT) - 1, &shell->arena, &sites);
  tess_pass_count(shell->run, "kernels-read", analysis.program->kernel_count);
  tess_pass_count(shell->run, "unknown-ops", analysis.model->unknown_count);
  tess_pass_count(shell->run, "sites-found", sites.count);
  say_total(shell, function, &analysis, sites.count);
  tess_shell_say_doubts(shell, function, &analysis, true);
  say_kernels(shell, &analysis, tess_pass_int(shell->run, "top"));
  tess_analysis_free(&analysis);
  return TESS_SUCCESS;
}

void tess_execute_explain(tess_pass_run_t *run, MlirOperation operation) {
  int64_t top = tess_pass_int(run, "top");
  if (top < 0)
    tess_shell_reject(run, operation,
                      tess_error(TESS_INVALID,
                                 "top=%lld: give a number of kernels, or 0 for "
                                 "all",
                                 (long long)top));
  else
    tess_shell_run(run, operation, explain, NULL);
}
