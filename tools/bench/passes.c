/* bench-passes MLIR_OPT PLUGIN [REPEATS]: each pass of the plugin against
 * upstream's canonicalize on the same module in the same run of mlir-opt, for
 * modules of about 300 and 30,000 ops and for EfficientNet-B0. Remarks are off:
 * printing them is the diagnostic engine's time. CSV with means of the middle
 * half of the runs, since MLIR gives times in steps of 0.1 ms; `ratio` is pass
 * over canonicalize, `ns_per_op` shows whether time grows linearly. */
#include "tessera/base/file.h"
#include "tessera/base/text.h"
#include "tessera/zoo/zoo.h"
#include "timing.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_REPEATS 99

/* Blocks without expansion and squeeze-and-excite: two or three layers a stage
 * are 304 ops, 32 layers a stage 3,616. */
static const char shallow[] =
    "mbconv:1,3,3,0,1,3,3,0,1,3,3,0,1,3,2,0,1,3,2,0,1,3,2,0,1,3,2,0";
static const char deep[] = "mbconv:1,3,32,0,1,3,32,0,1,3,32,0,1,3,32,0,1,3,32,"
                           "0,1,3,32,0,1,3,32,0";

/* Modules of one network in several functions. */
typedef struct form {
  const char *name, *network;
  int functions;
  bool batches; /* each function has another batch: no two have equal pieces */
} form_t;

static const form_t forms[] = {
    {"one", shallow, 1, false},     {"b0", "efficientnet-b0", 1, false},
    {"copies", shallow, 99, false}, {"batches", shallow, 99, true},
    {"deep", deep, 8, true},
};

typedef struct pass {
  const char *argument; /* in the pipeline */
  const char *listed;   /* how --mlir-timing names it */
} pass_t;

static const pass_t passes[] = {
    {"tessera-explain{target=tpu-v3}", "tessera-explain"},
    {"tessera-reshape{target=tpu-v3}", "tessera-reshape"},
    {"tessera-fuse-convs{target=tpu-v3 allow=retrain}", "tessera-fuse-convs"},
    {"tessera-select-activations{target=tpu-v3 allow=retrain}",
     "tessera-select-activations"},
    {"tessera-optimize{target=tpu-v3 allow=retrain}", "tessera-optimize"},
    {"tessera-search{target=tpu-v3 allow=retrain}", "tessera-search"},
    /* What search decided, so its code is warm by then. */
    {"tessera-search{target=tpu-v3 allow=retrain apply=false},"
     "tessera-apply{allow=retrain}",
     "tessera-apply"},
};

/* How many operations a function of one block holds: the lines of its body
 * with a result, and the return. */
static int count_operations(const char *function) {
  const char *body = strstr(function, "{\n");
  int count = 1;
  for (const char *at = body; at && (at = strstr(at, "\n    %")); at++)
    count++;
  return count;
}

/* Appends the network as function @main_<index>; returns its operations. */
static tess_status_t add_function(const form_t *form, int index,
                                  tess_text_t *module, int *ops) {
  const tess_zoo_options_t options = {.dialect = TESS_ZOO_TOSA,
                                      .batch = form->batches ? index + 1 : 1,
                                      .resolution = 224};
  tess_text_t text = TESS_TEXT_INIT;
  TESS_TRY(tess_zoo_emit(form->network, &options, &text, NULL));
  const char *rest = strstr(tess_text_get(&text), "@main") + strlen("@main");
  const char *end = strrchr(rest, '}');
  *ops += count_operations(rest);
  tess_text_add(module, "func.func @main_%d", index);
  tess_text_add_n(module, rest, (size_t)(end - rest));
  tess_text_free(&text);
  return TESS_SUCCESS;
}

static tess_status_t make_module(const form_t *form, tess_text_t *module,
                                 int *ops) {
  *ops = 0;
  tess_text_add(module, "module {\n");
  for (int i = 0; i < form->functions; i++)
    TESS_TRY(add_function(form, i, module, ops));
  tess_text_add(module, "}\n");
  return TESS_SUCCESS;
}

/* Adds up the wall time of the lines of a timing list that end in `name`. */
static double listed_seconds(const char *list, const char *name) {
  double sum = 0;
  size_t length = strlen(name);
  for (const char *line = list; *line;) {
    size_t size = strcspn(line, "\n");
    if (size > length && !memcmp(line + size - length, name, length))
      sum += strtod(line, NULL);
    line += size + (line[size] == '\n');
  }
  return sum;
}

static tess_status_t run_once(const char *command, const pass_t *pass,
                              double *pass_s, double *canonicalize_s) {
  FILE *pipe = popen(command, "r");
  if (!pipe)
    return tess_error(TESS_IO, "cannot run %s", command);
  tess_text_t output = TESS_TEXT_INIT;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    tess_text_add_n(&output, buffer, n);
  int code = pclose(pipe);
  *pass_s = listed_seconds(tess_text_get(&output), pass->listed);
  *canonicalize_s = listed_seconds(tess_text_get(&output), "Canonicalizer");
  tess_text_free(&output);
  if (code || *pass_s <= 0 || *canonicalize_s <= 0)
    return tess_error(TESS_IO, "no timing from: %s", command);
  return TESS_SUCCESS;
}

static tess_status_t bench(const char *opt, const char *plugin,
                           const char *path, const form_t *form,
                           const pass_t *pass, int ops, int repeats) {
  double pass_s[MAX_REPEATS], canonicalize_s[MAX_REPEATS];
  tess_text_t command = TESS_TEXT_INIT;
  tess_text_add(&command,
                "'%s' '%s' --load-pass-plugin='%s' --mlir-disable-threading "
                "--mlir-timing --mlir-timing-display=list "
                "--mlir-diagnostic-verbosity-level=errors "
                "--pass-pipeline='builtin.module(canonicalize,%s)' "
                "-o /dev/null 2>&1",
                opt, path, plugin, pass->argument);
  tess_status_t status = TESS_SUCCESS;
  for (int i = 0; i < repeats && !status; i++)
    status =
        run_once(tess_text_get(&command), pass, &pass_s[i], &canonicalize_s[i]);
  tess_text_free(&command);
  TESS_TRY(status);
  double p = tess_bench_midmean(pass_s, (size_t)repeats),
         c = tess_bench_midmean(canonicalize_s, (size_t)repeats);
  printf("%s,%d,%d,%s,%.3f,%.3f,%.2f,%.0f\n", form->name, form->functions, ops,
         pass->listed, p * 1e3, c * 1e3, p / c, p * 1e9 / ops);
  fflush(stdout);
  return TESS_SUCCESS;
}

static tess_status_t bench_form(const char *opt, const char *plugin,
                                const form_t *form, int repeats) {
  tess_text_t module = TESS_TEXT_INIT;
  int ops;
  TESS_TRY(make_module(form, &module, &ops));
  char path[] = "/tmp/bench-passes-XXXXXX";
  int file = mkstemp(path);
  if (file < 0)
    return tess_error(TESS_IO, "cannot make a file in /tmp");
  close(file);
  tess_status_t status =
      tess_file_write(path, tess_text_get(&module), module.length);
  for (size_t i = 0; i < sizeof passes / sizeof passes[0] && !status; i++)
    status = bench(opt, plugin, path, form, &passes[i], ops, repeats);
  unlink(path);
  tess_text_free(&module);
  return status;
}

int main(int argc, char **argv) {
  int64_t repeats = 5;
  if (argc < 3 || argc > 4 ||
      (argc == 4 && (!tess_parse_i64(argv[3], &repeats) || repeats < 1 ||
                     repeats > MAX_REPEATS))) {
    fprintf(stderr, "usage: bench-passes MLIR_OPT PLUGIN [REPEATS <= %d]\n",
            MAX_REPEATS);
    return 2;
  }
  printf("module,functions,ops,pass,pass_ms,canonicalize_ms,ratio,"
         "ns_per_op\n");
  tess_status_t status = TESS_SUCCESS;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0] && !status; i++)
    status = bench_form(argv[1], argv[2], &forms[i], (int)repeats);
  if (!status)
    return 0;
  fprintf(stderr, "bench-passes: %s\n", tess_status_text(status));
  tess_status_free(status);
  return 1;
}
