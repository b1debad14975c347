/* The data sheet says what the file says, and a difference is what differs. */
#include "tessera/target/sheet.h"
#include "fixture.h"

/* The fixture: 2 TMAC/s of bf16 against 5 GB/s is 800 FLOP a byte. */
static void summary(tess_arena_t *arena) {
  tess_sheet_t sheet = fixture_sheet(arena, fixture_text);
  tess_text_t out = TESS_TEXT_INIT;
  CHECK_NEAR(tess_target_peak(sheet.target, TESS_BF16), 4e12, 1e-12);
  CHECK_NEAR(tess_target_peak(sheet.target, TESS_F32), 0, 0);
  CHECK_EQ(tess_target_main_type(sheet.target), TESS_BF16);
  CHECK_NEAR(tess_target_ridge(sheet.target), 800, 1e-12);
  tess_sheet_add_summary(&sheet, &out);
  fixture_has(&out, "toy: A toy\n");
  fixture_has(&out,
              "bf16 4.00 TFLOP/s; other types do not run on the matrix unit; "
              "the best kernels reach 50%\n");
  fixture_has(&out, "1 of 2 cores at 1.5 GHz\n");
  fixture_has(&out, "f32 3.00 Gop/s, depthwise convolution 4.00 GMAC/s\n");
  fixture_has(&out, "6 GiB at 5.00 GB/s; on chip 8704 B at 7.00 TB/s\n");
  fixture_has(
      &out, "800 FLOP a byte in bf16: a kernel with fewer is bound by memory");
  fixture_has(&out,
              "multiples of M 8, N 16, K 32, convolutions of 4 channels\n");
  fixture_has(&out, "2.00 us a kernel, 0 ns a run\n");
  fixture_has(&out,
              "  fuses        element-wise ops on a convolution's or product's "
              "result\n");
  fixture_has(&out, "  keeps apart  ");
  fixture_has(&out, "32 numbers, 25 computed, 7 recalled\n");
  /* What the file does not state is not there. */
  CHECK(!strstr(tess_text_get(&out), "links"));
  CHECK(!strstr(tess_text_get(&out), "power"));
  CHECK(!strstr(tess_text_get(&out), "batch"));
  tess_text_free(&out);
}

static void optional_parts(tess_arena_t *arena) {
  char *text = fixture_edit(
      "\"fusion\"",
      "\"links\": {" NUMBER("count", "4", "link") ", " NUMBER("bandwidth", "50", "GB/s") "}, \"power\": {" NUMBER(
          "peak", "75",
          "W") "}, \"layout\": {" NUMBER("lanes", "64",
                                         "element") ", \"sublanes\": "
                                                    "{" NUMBER("i8", "32", "element") "}, " FLAG(
                                                        "batch_in_lanes",
                                                        "true") "}, "
                                                                "\"fusion\"");
  tess_sheet_t sheet = fixture_sheet(arena, text);
  tess_text_t out = TESS_TEXT_INIT;
  tess_sheet_add_summary(&sheet, &out);
  fixture_has(&out, "4 of 50.0 GB/s a direction\n");
  fixture_has(&out, "75 W of the chip at full load\n");
  fixture_has(&out, "last dimension padded to 64, i8 rows to 32\n");
  fixture_has(&out, "may lie in the lanes\n");
  tess_text_free(&out);
  free(text);
}

/* Four digits are written out, and one is no plural. */
static void wording(tess_arena_t *arena) {
  const char *edits[][3] = {
      {"\"bandwidth\": {\"value\": 5,", "\"bandwidth\": {\"value\": 2.6,",
       "1538 FLOP a byte in bf16: "},
      {"\"channels\": {\"value\": 4,", "\"channels\": {\"value\": 1,",
       "convolutions of 1 channel\n"}};
  for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
    char *text = fixture_edit(edits[i][0], edits[i][1]);
    tess_sheet_t sheet = fixture_sheet(arena, text);
    tess_text_t out = TESS_TEXT_INIT;
    tess_sheet_add_summary(&sheet, &out);
    fixture_has(&out, edits[i][2]);
    tess_text_free(&out);
    free(text);
  }
}

static void difference(tess_arena_t *arena) {
  tess_sheet_t first = fixture_sheet(arena, fixture_text);
  tess_text_t out = TESS_TEXT_INIT;
  tess_sheet_add_difference(&first, &first, &out);
  CHECK_STRING(tess_text_get(&out), "no number of toy and toy differs\n");
  tess_text_free(&out);
  /* The same clock in another unit is no difference; twice it is one, an other
   * flag is one without a ratio. */
  char *text = fixture_edit("\"value\": 1.5, \"unit\": \"GHz\"",
                            "\"value\": 1500, \"unit\": \"MHz\"");
  tess_sheet_t second = fixture_sheet(arena, text);
  tess_sheet_add_difference(&first, &second, &out);
  CHECK_STRING(tess_text_get(&out), "no number of toy and toy differs\n");
  tess_text_free(&out);
  free(text);
  text = fixture_edit("\"value\": 1.5, \"unit\": \"GHz\"",
                      "\"value\": 3000, \"unit\": \"MHz\"");
  second = fixture_sheet(arena, text);
  tess_sheet_add_difference(&first, &second, &out);
  CHECK_STRING(tess_text_get(&out), "number           toy       toy  ratio\n"
                                    "-----------  -------  --------  -----\n"
                                    "cores.clock  1.5 GHz  3000 MHz     2x\n");
  tess_text_free(&out);
  free(text);
  text = fixture_edit("\"transpose_free\": {\"value\": true",
                      "\"transpose_free\": {\"value\": false");
  second = fixture_sheet(arena, text);
  tess_sheet_add_difference(&first, &second, &out);
  fixture_has(&out, "fusion.transpose_free  true  false\n");
  tess_text_free(&out);
  free(text);
  text = fixture_edit("\"fusion\"",
                      "\"power\": {" NUMBER("peak", "75", "W") "}, \"fusion\"");
  second = fixture_sheet(arena, text);
  tess_sheet_add_difference(&first, &second, &out);
  fixture_has(&out, "power.peak    -  75 W\n");
  tess_text_free(&out);
  free(text);
}

static void capacities(void) {
  static const struct {
    int64_t bytes;
    const char *text;
  } cases[] = {{16LL << 30, "16 GiB"},   {16000000000, "16 GB"},
               {384 << 10, "384 KiB"},   {6 << 20, "6 MiB"},
               {8704, "8704 B"},         {1, "1 B"},
               {141000000000, "141 GB"}, {96LL << 20, "96 MiB"},
               {123456789, "123 MB"},    {1536000000, "1536 MB"}};
  char buffer[TESS_CAPACITY_CHARS];
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
    CHECK_STRING(tess_format_capacity(buffer, cases[i].bytes), cases[i].text);
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  summary(&arena);
  optional_parts(&arena);
  wording(&arena);
  difference(&arena);
  capacities();
  tess_arena_free(&arena);
  return tess_check_result();
}
