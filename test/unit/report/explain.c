/* Explain's three forms: JSON read back and its sums compared with the total,
 * CSV read back by a parser of its own, text that lines up on one screen. */
#include "check.h"
#include "fixture.h"
#include "tessera/base/json.h"

static double member_number(const tess_json_t *object, const char *key) {
  const tess_json_t *value = tess_json_member(object, key);
  CHECK(value && value->kind == TESS_JSON_NUMBER);
  return value && value->kind == TESS_JSON_NUMBER ? value->number : NAN;
}

static const char *member_string(const tess_json_t *object, const char *key) {
  const tess_json_t *value = tess_json_member(object, key);
  return value && value->kind == TESS_JSON_STRING ? value->string : NULL;
}

static double sum_of(const tess_json_t *kernels, const char *key) {
  double sum = 0;
  for (size_t i = 0; i < kernels->count; i++)
    sum += member_number(&kernels->items[i], key);
  return sum;
}

/* What a run costs once, beside its kernels, is overhead. */
static void check_sums(const tess_json_t *total, const tess_json_t *kernels) {
  static const char *const plain[] = {"macs", "bytes", "matrix_ns", "vector_ns",
                                      "memory_ns"};
  for (size_t k = 0; k < sizeof plain / sizeof *plain; k++)
    CHECK_NEAR(member_number(total, plain[k]), sum_of(kernels, plain[k]), 1e-9);
  double once = member_number(total, "program_overhead_ns");
  CHECK_NEAR(once, 5000, 0);
  CHECK_NEAR(member_number(total, "latency_ns"),
             sum_of(kernels, "latency_ns") + once, 1e-9);
  CHECK_NEAR(member_number(total, "overhead_ns"),
             sum_of(kernels, "overhead_ns") + once, 1e-9);
}

static void test_json(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_text_t text = TESS_TEXT_INIT;
  tess_cost_total_t total = fixture_total();
  tess_explain_input_t input = fixture_explain(&total);
  const tess_json_t *root = NULL;
  tess_explain_json(&input, &text);
  CHECK_OK(tess_json_parse(&arena, "explain.json", tess_text_get(&text),
                           text.length, &root));
  if (root) {
    const tess_json_t *sum = tess_json_member(root, "total");
    const tess_json_t *kernels = tess_json_member(root, "kernels");
    CHECK(sum && kernels && kernels->count == 3);
    check_sums(sum, kernels);
    CHECK_NEAR(member_number(sum, "kernels"), 3, 0);
    CHECK_NEAR(member_number(sum, "params"), 1282320, 0);
    CHECK_NEAR(member_number(sum, "unknown_ops"), 2, 0);
    CHECK_STRING(member_string(sum, "model"), "toy " HOSTILE);
    CHECK_STRING(member_string(&kernels->items[0], "label"), HOSTILE);
    CHECK_STRING(member_string(&kernels->items[0], "location"),
                 "model \"x\", v1.mlir:3:7");
    CHECK_STRING(member_string(&kernels->items[1], "kind"), "depthwise");
    CHECK_STRING(member_string(&kernels->items[2], "bound"), "memory");
  }
  tess_text_free(&text);
  tess_arena_free(&arena);
}

/* An infeasible kernel may cost infinity, which JSON cannot say. */
static void test_json_infinite(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_text_t text = TESS_TEXT_INIT;
  tess_cost_total_t total = fixture_total();
  tess_explain_input_t input = fixture_explain(&total);
  tess_cost_t costs[3] = {fixture_costs[0], fixture_costs[1], fixture_costs[2]};
  costs[1].latency_ns = INFINITY;
  costs[1].feasible = false;
  input.costs = costs;
  const tess_json_t *root = NULL;
  tess_explain_json(&input, &text);
  CHECK_OK(tess_json_parse(&arena, "explain.json", tess_text_get(&text),
                           text.length, &root));
  if (root) {
    const tess_json_t *kernel = &tess_json_member(root, "kernels")->items[1];
    CHECK(tess_json_member(kernel, "latency_ns")->kind == TESS_JSON_NULL);
    CHECK(!tess_json_member(kernel, "feasible")->boolean);
  }
  tess_text_free(&text);
  tess_arena_free(&arena);
}

static void test_json_empty(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_text_t text = TESS_TEXT_INIT;
  tess_cost_total_t total = {0};
  tess_program_t program = {0};
  tess_explain_input_t input = fixture_explain(&total);
  input.program = &program;
  const tess_json_t *root = NULL;
  tess_explain_json(&input, &text);
  CHECK_OK(tess_json_parse(&arena, "explain.json", tess_text_get(&text),
                           text.length, &root));
  CHECK(root && tess_json_member(root, "kernels")->count == 0);
  tess_text_free(&text);
  tess_explain_text(&input, &text);
  CHECK(!strstr(tess_text_get(&text), "nan"));
  tess_text_free(&text);
  tess_arena_free(&arena);
}

/* The next field of RFC 4180 text into `field`; returns what ended it: ',',
 * '\n' or 0. */
static char next_field(const char **at, char *field) {
  bool quoted = **at == '"';
  if (quoted)
    (*at)++;
  while (**at && (quoted || (**at != ',' && **at != '\n'))) {
    if (quoted && **at == '"' && *++*at != '"')
      break;
    *field++ = *(*at)++;
  }
  *field = 0;
  char end = **at;
  if (end)
    (*at)++;
  return end;
}

static void test_csv(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_cost_total_t total = fixture_total();
  tess_explain_input_t input = fixture_explain(&total);
  tess_explain_csv(&input, &text);
  const char *at = tess_text_get(&text);
  char fields[4][16][128];
  for (int row = 0; row < 4; row++)
    for (int column = 0; column < 16; column++)
      CHECK(next_field(&at, fields[row][column]) == (column < 15 ? ',' : '\n'));
  CHECK(!*at);
  CHECK_STRING(fields[0][0], "name");
  CHECK_STRING(fields[0][15], "location");
  CHECK_STRING(fields[1][2], HOSTILE);
  CHECK_STRING(fields[1][15], "model \"x\", v1.mlir:3:7");
  CHECK_STRING(fields[2][7], "66000.500");
  CHECK_STRING(fields[3][12], "memory");
  tess_text_free(&text);
}

/* ---- Text ---- */

static int count_lines(const char *text) {
  int lines = 0;
  for (; *text; text++)
    lines += *text == '\n';
  return lines;
}

/* The column at which `word` starts in the line that begins with `head`. */
static int column_of(const char *text, const char *head, const char *word) {
  const char *line = strstr(text, head);
  const char *found = line ? strstr(line, word) : NULL;
  const char *end = line ? strchr(line, '\n') : NULL;
  return found && found < end ? (int)(found - line) : -1;
}

static void test_text(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_cost_total_t total = fixture_total();
  tess_explain_input_t input = fixture_explain(&total);
  input.model_name = "toy";
  tess_explain_text(&input, &text);
  const char *got = tess_text_get(&text);
  int bound = column_of(got, "  kernel ", "bound");
  CHECK(bound > 0);
  CHECK_EQ(column_of(got, "  depthwise.1 ", "vector"), bound);
  CHECK_EQ(column_of(got, "  matmul.1 ", "memory"), bound);
  CHECK(strstr(got, "depthwise.1") < strstr(got, "matmul.1"));
  CHECK(strstr(got, "unknown ops: 2, 0.0% of all bytes\n") != NULL);
  CHECK(strstr(got, "168 us") != NULL);
  CHECK(strstr(got, "3 input channels fill 2%") != NULL);
  tess_text_free(&text);
}

static void test_one_screen(void) {
  enum { COUNT = 200 };
  tess_program_kernel_t kernels[COUNT];
  tess_cost_t costs[COUNT];
  for (int i = 0; i < COUNT; i++) {
    kernels[i] = fixture_kernels[i % 3];
    kernels[i].label = "a label that is longer than any column could take, "
                       "and then some";
    costs[i] = fixture_costs[i % 3];
  }
  tess_program_t program = {.kernels = kernels, .kernel_count = COUNT};
  tess_text_t text = TESS_TEXT_INIT;
  tess_cost_total_t total = fixture_total();
  tess_explain_input_t input = fixture_explain(&total);
  input.model_name = "toy";
  input.program = &program;
  input.costs = costs;
  input.top = 15;
  tess_explain_text(&input, &text);
  CHECK(count_lines(tess_text_get(&text)) <= 45);
  CHECK(strstr(tess_text_get(&text), "and 185 more kernels") != NULL);
  tess_text_free(&text);
}

static void test_blocks(void) {
  tess_text_t text = TESS_TEXT_INIT;
  tess_cost_total_t total = fixture_total();
  tess_explain_input_t input = fixture_explain(&total);
  input.blocks = true;
  tess_explain_text(&input, &text);
  const char *got = tess_text_get(&text);
  /* conv.1 and depthwise.1: 111.000625 us of 168.291875 us. */
  CHECK(column_of(got, "  1 stem", "66.0%") > 0);
  CHECK(column_of(got, "  outside blocks", "31.1%") > 0);
  tess_text_free(&text);
}

int main(void) {
  test_json();
  test_json_infinite();
  test_json_empty();
  test_csv();
  test_text();
  test_one_screen();
  test_blocks();
  return tess_check_result();
}
