/* The 2,527 networks of Accel-NASBench: parameters equal the published ones,
 * multiply-accumulates equal the published ones less what their counter (thop)
 * adds for batch norm and pooling, and both equal a count written here. */
#include "check.h"
#include "tessera/zoo/zoo.h"

#define VALUES 28

typedef struct row {
  int values[VALUES]; /* expansion, kernel, layers, squeeze of seven stages */
  double macs_millions, params_millions;
} row_t;

typedef struct tally {
  long long params, macs;
  long long norm_elements, pool_elements;
} tally_t;

/* side: of the output */
static void tally_conv(tally_t *t, long long side, long long kernel,
                       long long in, long long out) {
  t->params += kernel * kernel * in * out + 2 * out;
  t->macs += side * side * kernel * kernel * in * out;
  t->norm_elements += side * side * out;
}

static void tally_squeeze(tally_t *t, long long side, long long in,
                          long long width) {
  t->params += 2 * in * width + in + width;
  t->macs += 2 * in * width;
  t->pool_elements += in * (side * side + 1);
}

/* One layer of a stage whose four integers are `v`; `side` of its output. */
static void tally_layer(tally_t *t, const int *v, long long side_in,
                        long long side, long long in, long long out) {
  long long hidden = in * v[0];
  if (v[0] > 1)
    tally_conv(t, side_in, 1, in, hidden);
  tally_conv(t, side, v[1], 1, hidden);
  if (v[3])
    tally_squeeze(t, side, hidden, in < 4 ? 1 : in / 4);
  tally_conv(t, side, 1, hidden, out);
}

static tally_t tally_network(const int *values, long long resolution) {
  static const int strides[] = {1, 2, 2, 2, 1, 2, 1};
  static const int channels[] = {16, 24, 40, 80, 112, 192, 320};
  tally_t t = {0};
  long long in = 32, side = (resolution + 1) / 2;
  tally_conv(&t, side, 3, 3, 32);
  for (int s = 0; s < 7; s++)
    for (int layer = 0; layer < values[4 * s + 2]; layer++) {
      long long before = side;
      if (layer == 0 && strides[s] == 2)
        side = (side + 1) / 2;
      tally_layer(&t, values + 4 * s, before, side, in, channels[s]);
      in = channels[s];
    }
  tally_conv(&t, side, 1, 320, 1280);
  t.pool_elements += 1280 * (side * side + 1);
  t.params += 1280 * 1000 + 1000;
  t.macs += 1280 * 1000;
  return t;
}

/* The 28 integers, then top-1, MACs and parameters in millions. */
static bool read_row(const char *line, row_t *row) {
  char *end;
  for (int i = 0; i < VALUES; i++) {
    row->values[i] = (int)strtol(line, &end, 10);
    if (end == line || *end != ',')
      return false;
    line = end + 1;
  }
  strtod(line, &end);
  if (*end != ',')
    return false;
  row->macs_millions = strtod(end + 1, &end);
  if (*end != ',')
    return false;
  row->params_millions = strtod(end + 1, &end);
  return true;
}

static void write_name(const row_t *row, char *name) {
  name += sprintf(name, "mbconv:");
  for (int i = 0; i < VALUES; i++)
    name += sprintf(name, "%s%d", i ? "," : "", row->values[i]);
}

static tess_zoo_counts_t emit(const char *name, tess_zoo_dialect_t dialect,
                              int64_t batch, int64_t resolution) {
  const tess_zoo_options_t options = {.dialect = dialect,
                                      .dtype = TESS_F32,
                                      .batch = batch,
                                      .resolution = resolution};
  tess_zoo_counts_t counts = {0};
  tess_text_t text = TESS_TEXT_INIT;
  CHECK_OK(tess_zoo_emit(name, &options, &text, &counts));
  tess_text_free(&text);
  return counts;
}

static void check_row(const row_t *row, int index) {
  char name[512];
  write_name(row, name);
  tess_zoo_dialect_t dialect = index % 2 ? TESS_ZOO_TOSA : TESS_ZOO_LINALG;
  tess_zoo_counts_t counts = emit(name, dialect, 1, 0);
  tally_t tally = tally_network(row->values, 224);
  CHECK_EQ(counts.parameters, llround(row->params_millions * 1e6));
  CHECK_EQ(counts.parameters, tally.params);
  CHECK_EQ(counts.macs, tally.macs);
  CHECK_EQ(counts.macs + 4 * tally.norm_elements + tally.pool_elements,
           llround(row->macs_millions * 1e6));
}

/* Batch and resolution do not change parameters; batch multiplies MACs. */
static void check_other_sizes(const row_t *row) {
  char name[512];
  write_name(row, name);
  static const int sizes[] = {32, 33, 64, 97, 331};
  for (int i = 0; i < 5; i++) {
    tess_zoo_counts_t counts = emit(name, TESS_ZOO_TOSA, 3, sizes[i]);
    tally_t tally = tally_network(row->values, sizes[i]);
    CHECK_EQ(counts.parameters, tally.params);
    CHECK_EQ(counts.macs, 3 * tally.macs);
  }
}

int main(void) {
  const char *shared = getenv("TESSERA_SHARED");
  if (!shared)
    return 77;
  char path[4096], line[1024];
  snprintf(path, sizeof path, "%s/data/accel-nasbench-dev.csv", shared);
  FILE *file = fopen(path, "r");
  CHECK(file != NULL);
  if (!file)
    return tess_check_result();
  int rows = 0;
  CHECK(fgets(line, sizeof line, file) != NULL); /* the heading */
  while (fgets(line, sizeof line, file)) {
    row_t row;
    CHECK(read_row(line, &row));
    check_row(&row, rows);
    if (rows % 500 == 0)
      check_other_sizes(&row);
    rows++;
  }
  fclose(file);
  CHECK_EQ(rows, 2527);
  return tess_check_result();
}
