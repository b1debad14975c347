/* Time measured on four chips (Accel-NASBench) never falls below the roofline
 * of their targets, and networks rank alike. */
#include "../load.h"
#include "tessera/flow/flow.h"

enum { values = 28, every = 79, most_networks = 64, chip_count = 4 };

/* Columns of the file, from 0; batch as measured. The least rank correlation
 * with time is of multiply-accumulates padded to 128 (.86 .90 .92 .93), which
 * the whole model must not fall far below. */
static const struct chip {
  const char *target;
  int column;
  int64_t batch;
  double rank_correlation;
} chips[chip_count] = {{"tpu-v3", 36, 128, 0.85},
                       {"tpu-v2", 35, 64, 0.88},
                       {"a100", 34, 128, 0.93},
                       {"rtx-3090", 33, 128, 0.93}};

typedef struct network {
  char name[256];
  double measured_ns[chip_count], bound_ns[chip_count];
} network_t;

/* The cell of a column, "" where the line ends before it. */
static const char *cell(const char *line, int column) {
  while (column-- > 0) {
    line = strchr(line, ',');
    if (!line)
      return "";
    line++;
  }
  return line;
}

/* Whether all four chips measured it. */
static bool read_network(const char *line, network_t *network) {
  const char *end = cell(line, values);
  snprintf(network->name, sizeof(network->name), "mbconv:%.*s",
           (int)(end - line - 1), line);
  for (int i = 0; i < chip_count; i++) {
    double images_per_s = strtod(cell(line, chips[i].column), NULL);
    if (!(images_per_s > 0))
      return false;
    network->measured_ns[i] = (double)chips[i].batch / images_per_s * 1e9;
  }
  return true;
}

static double bound(MlirContext context, const char *name, int64_t batch,
                    const tess_target_t *target) {
  const tess_zoo_options_t options = {
      .dialect = TESS_ZOO_TOSA, .dtype = TESS_BF16, .batch = batch};
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_OK(tess_zoo_emit(name, &options, &text, NULL));
  MlirModule module = mlirModuleCreateParse(
      context, mlirStringRefCreate(text.data, text.length));
  tess_text_free(&text);
  tess_analysis_t analysis;
  CHECK_OK(tess_flow_analyse(tess_load_function(module), target, "roofline",
                             &analysis));
  double latency_ns = analysis.total.latency_ns;
  tess_analysis_free(&analysis);
  mlirModuleDestroy(module);
  return latency_ns;
}

static int read_networks(FILE *file, network_t *networks) {
  char line[1024];
  int count = 0;
  for (int i = 0; count < most_networks && fgets(line, sizeof(line), file); i++)
    if (i % every == 1 && read_network(line, &networks[count]))
      count++;
  return count;
}

/* The rank of a value among all, ties by order: measured times have none. */
static int rank(const network_t *networks, int count, int which, int chip,
                bool measured) {
  int below = 0;
  for (int i = 0; i < count; i++)
    below +=
        measured
            ? networks[i].measured_ns[chip] < networks[which].measured_ns[chip]
            : networks[i].bound_ns[chip] < networks[which].bound_ns[chip];
  return below;
}

/* Spearman's, of ranks without ties. */
static double correlation(const network_t *networks, int count, int chip) {
  double squares = 0;
  for (int i = 0; i < count; i++) {
    double apart = rank(networks, count, i, chip, true) -
                   rank(networks, count, i, chip, false);
    squares += apart * apart;
  }
  return 1 - 6 * squares / ((double)count * ((double)count * count - 1));
}

static void compare(const network_t *networks, int count, int chip) {
  for (int i = 0; i < count; i++) {
    double times = networks[i].measured_ns[chip] / networks[i].bound_ns[chip];
    /* A bound that says nothing would be no bound. */
    CHECK(times >= 1 && times < 8);
  }
  double found = correlation(networks, count, chip);
  CHECK(found >= chips[chip].rank_correlation);
  if (found < chips[chip].rank_correlation)
    fprintf(stderr, "  %s: rank correlation %.3f\n", chips[chip].target, found);
}

int main(void) {
  const char *shared = getenv("TESSERA_SHARED");
  if (!shared)
    return 77;
  char path[4096];
  snprintf(path, sizeof(path), "%s/data/accel-nasbench-dev.csv", shared);
  FILE *file = fopen(path, "r");
  CHECK(file != NULL);
  if (!file)
    return tess_check_result();
  static network_t networks[most_networks];
  int count = read_networks(file, networks);
  fclose(file);
  CHECK(count >= 20);
  MlirContext context = tess_ir_context_create();
  tess_arena_t arena = TESS_ARENA_INIT;
  for (int i = 0; i < chip_count; i++) {
    const tess_target_t *target = NULL;
    CHECK_OK(tess_target_load(&arena, chips[i].target, &target, NULL, NULL));
    for (int j = 0; j < count && target; j++)
      networks[j].bound_ns[i] =
          bound(context, networks[j].name, chips[i].batch, target);
    compare(networks, count, i);
  }
  tess_arena_free(&arena);
  mlirContextDestroy(context);
  return tess_check_result();
}
