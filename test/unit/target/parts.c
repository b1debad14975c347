/* Rates follow from their parts, agree with them where both are stated, and
 * every contradiction is an error with the line it stands on. */
#include "fixture.h"

#define RATE NUMBER("bf16", "2", "TMAC/s")
#define PARTS                                                                  \
  "\"units\": {\"value\": 3, \"unit\": \"unit\", \"mark\": \"s\", "            \
  "\"source\": \"test\"},\n"                                  /* 9 */          \
  "\"macs_per_clock\": {" NUMBER("bf16", "400", "MAC") "},\n" /* 10 */         \
                                                       "  \"macs_per_s\": {\n"

static tess_status_t parse(tess_arena_t *arena, const char *text,
                           const tess_target_t **target,
                           const tess_target_fact_t **facts, size_t *count) {
  return tess_target_parse(arena, "t.json", text, strlen(text), target, facts,
                           count);
}

static const tess_target_fact_t *fact(const tess_target_fact_t *facts,
                                      size_t count, const char *path) {
  for (size_t i = 0; i < count; i++)
    if (!strcmp(facts[i].path, path))
      return &facts[i];
  return NULL;
}

/* The fixture, edited twice. */
static char *edit(const char *from, const char *to, const char *then,
                  const char *into) {
  char *once = fixture_edit(from, to), *at = strstr(once, then);
  size_t bytes = strlen(once) + strlen(into) + 1;
  char *twice = malloc(bytes);
  if (!at) {
    fprintf(stderr, "no '%s'\n", then);
    exit(1);
  }
  snprintf(twice, bytes, "%.*s%s%s", (int)(at - once), once, into,
           at + strlen(then));
  free(once);
  return twice;
}

/* 3 units of 400 at 1.5 GHz on one core: 1.8 TMAC/s. */
static void rate_from_parts(tess_arena_t *arena) {
  const tess_target_t *t = NULL;
  const tess_target_fact_t *facts;
  size_t count = 0;
  char *text = edit("  \"macs_per_s\": {\n", PARTS, RATE, "");
  CHECK_OK(parse(arena, text, &t, &facts, &count));
  free(text);
  if (!t)
    return;
  CHECK_NEAR(t->matrix_macs_per_s[TESS_BF16], 1.8e12, 1e-12);
  CHECK(t->matrix_macs_per_s[TESS_F16] == 0);
  CHECK_EQ(t->matrix_units, 3);
  CHECK_NEAR(t->matrix_macs_per_clock[TESS_BF16], 400, 0);
  const tess_target_fact_t *rate = fact(facts, count, "matrix.macs_per_s.bf16");
  CHECK_STRING(rate ? rate->value : NULL, "1.8");
  CHECK_STRING(rate ? rate->unit : NULL, "TMAC/s");
  CHECK_STRING(rate ? rate->mark : NULL, "c");
  CHECK_STRING(rate ? rate->source : NULL,
               "from its parts: 400 MAC * 1 core * 3 unit * 1.5 GHz");
}

/* A part that is only recalled makes the rate recalled, and the clock of the
 * matrix unit goes before the core's. */
static void weakest_mark(tess_arena_t *arena) {
  const tess_target_t *t = NULL;
  const tess_target_fact_t *facts;
  size_t count = 0;
  char *text = edit("  \"macs_per_s\": {\n",
                    "\"clock\": {\"value\": 500, \"unit\": \"MHz\", \"mark\": "
                    "\"r\", \"source\": \"test\"}, " PARTS,
                    RATE, "");
  CHECK_OK(parse(arena, text, &t, &facts, &count));
  free(text);
  CHECK_NEAR(t ? t->matrix_macs_per_s[TESS_BF16] : 0, 6e11, 1e-12);
  const tess_target_fact_t *rate = fact(facts, count, "matrix.macs_per_s.bf16");
  CHECK_STRING(rate ? rate->mark : NULL, "r");
  CHECK_STRING(rate ? rate->source : NULL,
               "from its parts: 400 MAC * 1 core * 3 unit * 500 MHz");
}

/* Two lanes, eight sublanes, three units at 1.5 GHz; 40 depthwise products a
 * clock; 512 bits at 2 Gbit/s. */
static void other_rates(tess_arena_t *arena) {
  const tess_target_t *t = NULL;
  const tess_target_fact_t *facts;
  size_t count = 0;
  char *text =
      edit("\"ops_per_s\": {" NUMBER("f32", "3", "Gop/s") "}",
           NUMBER("lanes", "2", "unit") ", " NUMBER(
               "sublanes", "8", "unit") ", " NUMBER("alus", "3", "unit"),
           "\"depthwise_macs_per_s\": {" NUMBER("f32", "4", "GMAC/s"),
           "\"depthwise_macs_per_clock\": {" NUMBER("f32", "40", "MAC"));
  CHECK_OK(parse(arena, text, &t, &facts, &count));
  free(text);
  CHECK_NEAR(t ? t->vector_ops_per_s[TESS_F32] : 0, 2 * 8 * 3 * 1.5e9, 1e-12);
  CHECK_NEAR(t ? t->depthwise_macs_per_s[TESS_F32] : 0, 60e9, 1e-12);
  CHECK(t && t->vector_lanes == 2 && t->vector_sublanes == 8);
  CHECK_EQ(t ? t->vector_alus : 0, 3);
  text = fixture_edit(NUMBER("bandwidth", "5", "GB/s"),
                      NUMBER("bus_width", "512",
                             "bit") ", " NUMBER("data_rate", "2", "Gbit/s"));
  CHECK_OK(parse(arena, text, &t, &facts, &count));
  free(text);
  CHECK_NEAR(t ? t->memory_bytes_per_s : 0, 128e9, 1e-12);
  const tess_target_fact_t *rate = fact(facts, count, "memory.bandwidth");
  CHECK_STRING(rate ? rate->source : NULL,
               "from its parts: 512 bit * 2 Gbit/s / 8");
}

/* Both stated: within 2% the stated figure counts, beyond it is an error. */
static void agreement(tess_arena_t *arena) {
  const tess_target_t *t = NULL;
  static const struct {
    const char *rate;
    bool agrees;
  } cases[] = {{"1.8", true},   {"1.765", true},  {"1.836", true},
               {"1.76", false}, {"1.84", false},  {"2", false},
               {"18", false},   {"0.018", false}, {"1.8e3", false}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    char rate[256];
    snprintf(rate, sizeof(rate), "\"value\": %s, \"unit\": \"TMAC/s\"",
             cases[i].rate);
    char *text = edit("  \"macs_per_s\": {\n", PARTS,
                      "\"value\": 2, \"unit\": \"TMAC/s\"", rate);
    if (cases[i].agrees) {
      CHECK_OK(parse(arena, text, &t, NULL, NULL));
      CHECK_NEAR(t ? t->matrix_macs_per_s[TESS_BF16] : 0,
                 strtod(cases[i].rate, NULL) * 1e12, 1e-12);
    } else {
      CHECK_ERROR(parse(arena, text, &t, NULL, NULL), TESS_INVALID,
                  "t.json:12:23: 'matrix.macs_per_s.bf16' is ");
      CHECK_ERROR(parse(arena, text, &t, NULL, NULL), TESS_INVALID,
                  "but its parts give 1.8 TMAC/s (400 MAC * 1 core * 3 unit * "
                  "1.5 GHz): correct one, or leave the rate out");
    }
    free(text);
  }
}

static const struct {
  const char *from, *to, *error;
} contradictory[] = {
    {"\"efficiency\"", NUMBER("rows", "8", "element") ", \"efficiency\"",
     "t.json:15:11: 'matrix.rows' needs 'matrix.columns' as well"},
    {"\"efficiency\"", NUMBER("columns", "8", "element") ", \"efficiency\"",
     "'matrix.columns' needs 'matrix.rows' as well"},
    {"\"efficiency\"", FLAG("dataflow", "\"ws\"") ", \"efficiency\"",
     "t.json:15:15: 'matrix.dataflow' needs 'matrix.rows' as well"},
    {"\"efficiency\"", FLAG("dataflow", "\"xs\"") ", \"efficiency\"",
     "t.json:15:25: the value of 'matrix.dataflow' must be \"ws\", \"os\" or "
     "\"is\""},
    {"\"efficiency\"", FLAG("dataflow", "true") ", \"efficiency\"",
     "must be \"ws\", \"os\" or \"is\""},
    {"\"cost\"", NUMBER("alus", "2", "unit") ", \"cost\"",
     "'vector.alus' needs 'vector.lanes' as well"},
    {"\"cost\"", NUMBER("sublanes", "2", "unit") ", \"cost\"",
     "'vector.sublanes' needs 'vector.lanes' as well"},
    {"\"capacity\"", NUMBER("bus_width", "2", "bit") ", \"capacity\"",
     "t.json:22:16: 'memory.bus_width' needs 'memory.data_rate' as well"},
    {"\"capacity\"", NUMBER("data_rate", "2", "Gbit/s") ", \"capacity\"",
     "'memory.data_rate' needs 'memory.bus_width' as well"},
    {"\"capacity\"", NUMBER("cmem_capacity", "2", "MB") ", \"capacity\"",
     "'memory.cmem_capacity' needs 'memory.cmem_bandwidth' as well"},
    {"\"fusion\"", "\"links\": {" NUMBER("count", "2", "link") "}, \"fusion\"",
     "t.json:26:20: 'links.count' needs 'links.bandwidth' as well"},
    {"\"fusion\"",
     "\"power\": {" NUMBER("peak", "20", "W") ", " NUMBER("idle", "21",
                                                          "W") "}, \"fusion\"",
     "'power.idle' is more than 'power.peak'"},
    {NUMBER("onchip_bandwidth", "7", "TB/s"),
     NUMBER("onchip_bandwidth", "4.9", "GB/s"),
     "t.json:21:16: 'memory.bandwidth' is more than "
     "'memory.onchip_bandwidth'"},
    {NUMBER("bandwidth", "5", "GB/s") ",\n  " NUMBER("capacity", "6", "GiB"),
     NUMBER("bus_width", "64", "bit") ", " NUMBER(
         "data_rate", "2", "Tbit/s") ", " NUMBER("capacity", "6", "GiB"),
     "unit 'Tbit/s' of 'memory.data_rate' is not one of"},
    {NUMBER("onchip_capacity", "8.5", "KiB"),
     NUMBER("onchip_capacity", "7", "GiB"),
     "t.json:24:22: 'memory.onchip_capacity' is more than "
     "'memory.capacity'"},
    {"\"efficiency\"",
     NUMBER("rows", "8", "element") ", " NUMBER(
         "columns", "4",
         "element") ", \"macs_per_clock\": {" NUMBER("i8", "33",
                                                     "MAC") "}, "
                                                            "\"efficiency\"",
     "'matrix.macs_per_clock.i8' is 33 MAC, no multiple or part of 8 rows * "
     "4 columns"},
    /* a product beyond what a rate may be, of parts that are not */
    {"\"efficiency\"",
     NUMBER("units", "1000000", "unit") ", \"macs_per_clock\": {" NUMBER(
         "i8", "1e9", "MAC") "}, \"efficiency\"",
     "the parts of 'matrix.macs_per_s.i8' give 1.5e+24 MAC/s"},
    {NUMBER("bandwidth", "5", "GB/s") ",\n", "\n",
     "missing 'bandwidth' (for 'memory.bandwidth'; or its parts: "
     "'memory.bus_width' and 'memory.data_rate')"},
};

static void contradictions(tess_arena_t *arena) {
  const tess_target_t *target;
  for (size_t i = 0; i < sizeof(contradictory) / sizeof(*contradictory); i++) {
    char *text = fixture_edit(contradictory[i].from, contradictory[i].to);
    CHECK_ERROR(parse(arena, text, &target, NULL, NULL), TESS_INVALID,
                contradictory[i].error);
    free(text);
  }
}

/* Half as many and twice as many products as cells are sound. */
static void cells(tess_arena_t *arena) {
  static const char *const macs[] = {"32", "64", "16", "8", "96"};
  const tess_target_t *target = NULL;
  for (size_t i = 0; i < sizeof(macs) / sizeof(*macs); i++) {
    char to[600];
    snprintf(
        to, sizeof(to),
        NUMBER("rows", "8", "element") ", " NUMBER(
            "columns", "4",
            "element") ", \"macs_per_clock\": {" NUMBER("i8", "%s",
                                                        "MAC") "}, "
                                                               "\"efficiency\"",
        macs[i]);
    char *text = fixture_edit("\"efficiency\"", to);
    CHECK_OK(parse(arena, text, &target, NULL, NULL));
    CHECK_NEAR(target ? target->matrix_macs_per_s[TESS_I8] : 0,
               strtod(macs[i], NULL) * 1.5e9, 1e-12);
    CHECK(target && target->matrix_rows == 8 && target->matrix_columns == 4);
    free(text);
  }
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  rate_from_parts(&arena);
  weakest_mark(&arena);
  other_rates(&arena);
  agreement(&arena);
  contradictions(&arena);
  cells(&arena);
  tess_arena_free(&arena);
  return tess_check_result();
}
