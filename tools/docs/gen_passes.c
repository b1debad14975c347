/* Prints docs/passes.md from the table of passes. */
#include "passes.h"
#include <inttypes.h>
#include <stdio.h>

static void print_lines(const char *const *lines) {
  for (; *lines; ++lines)
    puts(*lines);
}

static const char *const head[] = {
    "# The passes",
    "",
    "<!-- Generated from passes/passes.def and the option tables beside it by",
    "     `cmake --build build --target docs-passes`: edit those. -->",
    "",
    "The plugin adds these passes to a stock `mlir-opt` 22:",
    "",
    "```sh",
    "mlir-opt model.mlir --load-pass-plugin=build/lib/TesseraPasses.so \\",
    "  --pass-pipeline='builtin.module(tessera-search{target=tpu-v3 "
    "allow=retrain})'",
    "```",
    "",
    "Each pass runs on a module, where it visits every function with a body,",
    "or on one function: `builtin.module(func.func(tessera-explain))`. Both",
    "TOSA and linalg on tensors are read. Ops that are not known are left",
    "alone and counted, with a warning where they move more than 5% of the",
    "bytes; another dialect, a dynamic shape or a size beyond 64 bits is an",
    "error at the op. A call is such an op: put MLIR's own `inline` before, as",
    "in `builtin.module(inline,tessera-search)`, so that what is called is",
    "seen. A function without tensors is skipped with a remark.",
    "",
    "What a rewrite may change is the class that `allow=` names: `exact` (the",
    "same function up to rounding), `approximate` (within a stated bound) or",
    "`retrain` (another function of the same shape: train it again).",
    "",
    "## Decisions in the IR",
    "",
    "A decision is an attribute of the function; the text is the one that the",
    "driver prints and takes.",
    "",
    "| attribute | meaning |",
    "|---|---|",
    "| `tessera.candidate` | the standing decision, "
    "`\"activation.7=relu;fused-mbconv.2=fused\"`: what is still to be done; "
    "`\"\"` decides to keep everything |",
    "| `tessera.target` | the target that it was made for |",
    "| `tessera.applied` | what was carried out; decisions that followed one "
    "another have ` then ` between them, each in the names of the function as "
    "it was then |",
    "",
    "`tessera-search{apply=false}` writes the first two. `tessera-apply`",
    "carries the whole decision out; the passes of one family carry out their",
    "part, and the rest keeps standing under its new names. Where no decision",
    "stands, a family's pass decides by cost among its own rewrites. An",
    "alternative beyond `allow=` is refused, whoever decided it.",
    "",
    NULL,
};

static const char *const diagnostics[] = {
    "## Diagnostics and statistics",
    "",
    "Remarks stand at the op that they speak of; `--mlir-diagnostic-verbosity-"
    "level=warnings`",
    "hides them, `--verify-diagnostics` can expect them. They also go to",
    "MLIR's remark engine as analysis remarks under the pass's name:",
    "",
    "```sh",
    "mlir-opt model.mlir --load-pass-plugin=build/lib/TesseraPasses.so \\",
    "  --pass-pipeline='builtin.module(tessera-explain)' \\",
    "  --remarks-filter-analyse='tessera-.*' --remark-format=yaml \\",
    "  --remarks-output-file=remarks.yaml -o /dev/null",
    "```",
    "",
    "`--mlir-pass-statistics` prints, for each pass of the pipeline:",
    "",
    "| statistic | meaning |",
    "|---|---|",
    NULL,
};

static const char *const first_aid[] = {
    "",
    "## First aid",
    "",
    "| what you see | why, and what to do |",
    "|---|---|",
    "| `Failed to load passes from '...'. Request ignored.` | The path is "
    "wrong, the file is no plugin, or it was built against another MLIR: "
    "`mlir-opt` says no more than this. Check the path, then that "
    "`mlir-opt --version` says 22 and that `ldd` finds every library of the "
    "plugin. |",
    "| `'tessera-search' does not refer to a registered pass or pass "
    "pipeline` | The plugin was not loaded (the line above), or "
    "`--load-pass-plugin=` is missing. |",
    "| `Unknown command line argument '--tessera-search'` | Passes of a plugin "
    "work in `--pass-pipeline=` only, not as flags of their own. |",
    "| `no such option ...` | A pass's options are listed above and by "
    "`mlir-opt --load-pass-plugin=... --help`. |",
    "| the program crashed inside a pipeline | Run it again with "
    "`--mlir-pass-pipeline-crash-reproducer=crash.mlir` and then "
    "`mlir-opt --load-pass-plugin=... --run-reproducer crash.mlir`. |",
    NULL,
};

static void print_default(const tess_pass_option_t *option) {
  switch (option->kind) {
  case TESS_OPTION_STRING:
    if (option->text[0])
      printf("`%s`", option->text);
    break;
  case TESS_OPTION_INT:
    printf("`%" PRId64 "`", option->number);
    break;
  case TESS_OPTION_BOOL:
    printf("`%s`", option->number ? "true" : "false");
    break;
  }
}

static void print_pass(const tess_pass_row_t *row) {
  printf("## %s\n\n%s.\n\n", row->pass.argument, row->pass.summary);
  printf("* **needs** %s\n* **keeps** %s\n* **breaks** %s\n\n", row->needs,
         row->keeps, row->breaks);
  puts("| option | default | values | meaning |\n|---|---|---|---|");
  for (const tess_pass_option_t *o = row->pass.options; o->name; ++o) {
    printf("| `%s` | ", o->name);
    print_default(o);
    printf(" | %s | %s |\n", o->values, o->help);
  }
  putchar('\n');
}

int main(void) {
  print_lines(head);
  for (size_t i = 0; i < tess_pass_row_count(); ++i)
    print_pass(tess_pass_row_at(i));
  print_lines(diagnostics);
  for (const tess_pass_statistic_t *s = tess_pass_row_at(0)->pass.statistics;
       s->name; ++s)
    printf("| `%s` | %s |\n", s->name, s->help);
  print_lines(first_aid);
  return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
