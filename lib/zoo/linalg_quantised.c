/* Prints quantised arithmetic as linalg, bit for bit what TOSA specifies. */
#include "linalg.h"
#include "quantised.h"
#include <inttypes.h>
#include <string.h>

static void integer_constant(tess_zoo_emitter_t *e, const char *name,
                             const char *element, int64_t value) {
  tess_linalg_constant(e, name, element,
                       tess_arena_format(&e->arena, "%" PRId64, value));
}

/* A generic on integers of one input, up to its body. */
static tess_zoo_value_t begin(tess_zoo_emitter_t *e, const char *suffix,
                              const char *element, tess_zoo_value_t x) {
  tess_zoo_value_t result = tess_zoo_like(e, suffix, element, x);
  tess_linalg_generic_t g = {.rank = x.rank,
                             .inputs = {x},
                             .maps = {tess_linalg_map_without(e, x.rank, 0)},
                             .input_count = 1,
                             .integer = true};
  tess_linalg_begin(e, &g, result);
  return result;
}

/* (x * multiplier + half) >> shift, the half as one bit below the result. */
tess_zoo_value_t tess_linalg_rescale(tess_zoo_emitter_t *e, const char *suffix,
                                     const char *element, double ratio,
                                     tess_zoo_value_t x) {
  tess_zoo_ratio_t r = tess_zoo_ratio(ratio);
  const char *multiplier =
      tess_arena_format(&e->arena, "%%multiplier_%" PRId32, r.multiplier);
  const char *shift = tess_arena_format(&e->arena, "%%shift_%d", r.shift);
  const char *half = tess_arena_format(&e->arena, "%%half_of_%d", r.shift);
  bool narrow = !strcmp(element, "i8");
  const char *least = narrow ? "%least_i8_wide" : "%least_i32_wide";
  const char *most = narrow ? "%most_i8_wide" : "%most_i32_wide";
  integer_constant(e, multiplier, "i64", r.multiplier);
  integer_constant(e, shift, "i64", r.shift);
  integer_constant(e, half, "i64", (int64_t)1 << (r.shift - 1));
  integer_constant(e, least, "i64", narrow ? INT8_MIN : INT32_MIN);
  integer_constant(e, most, "i64", narrow ? INT8_MAX : INT32_MAX);
  tess_zoo_value_t result = begin(e, suffix, element, x);
  tess_text_add(&e->body,
                "      %%w = arith.extsi %%x0 : %s to i64\n"
                "      %%p = arith.muli %%w, %s : i64\n"
                "      %%h = arith.addi %%p, %s : i64\n"
                "      %%s = arith.shrsi %%h, %s : i64\n"
                "      %%l = arith.maxsi %%s, %s : i64\n"
                "      %%m = arith.minsi %%l, %s : i64\n"
                "      %%y = arith.trunci %%m : i64 to %s\n",
                x.element, multiplier, half, shift, least, most, element);
  tess_linalg_end(e, result, "%y", true);
  return result;
}

tess_zoo_value_t tess_linalg_integer(tess_zoo_emitter_t *e, const char *suffix,
                                     bool multiply, tess_zoo_value_t x,
                                     tess_zoo_value_t y) {
  tess_zoo_value_t result = tess_zoo_like(e, suffix, "i32", x);
  tess_linalg_generic_t g = {
      .rank = x.rank,
      .inputs = {x, y},
      .maps = {tess_linalg_map_of(e, x, &x), tess_linalg_map_of(e, y, &x)},
      .input_count = 2,
      .integer = true};
  tess_linalg_begin(e, &g, result);
  tess_text_add(&e->body, "      %%y = arith.%s %%x0, %%x1 : i32\n",
                multiply ? "muli" : "addi");
  tess_linalg_end(e, result, "%y", true);
  return result;
}

tess_zoo_value_t tess_linalg_look_up(tess_zoo_emitter_t *e, const char *suffix,
                                     const char *name, const int8_t *table,
                                     tess_zoo_value_t x) {
  if (tess_zoo_constant_is_new(e, name)) {
    tess_text_add(&e->constants, "    %s = arith.constant ", name);
    tess_zoo_add_table(&e->constants, table);
    tess_text_add(&e->constants, "\n");
  }
  integer_constant(e, "%middle", "i32", 128);
  tess_zoo_value_t result = begin(e, suffix, "i8", x);
  tess_text_add(&e->body,
                "      %%w = arith.extsi %%x0 : i8 to i32\n"
                "      %%o = arith.addi %%w, %%middle : i32\n"
                "      %%i = arith.index_cast %%o : i32 to index\n"
                "      %%y = tensor.extract %s[%%i] : tensor<256xi8>\n",
                name);
  tess_linalg_end(e, result, "%y", true);
  return result;
}

tess_zoo_value_t tess_linalg_clamp(tess_zoo_emitter_t *e, const char *suffix,
                                   int least, int most, tess_zoo_value_t x) {
  const char *low = tess_arena_format(&e->arena, "%%i8_%d", least);
  const char *high = tess_arena_format(&e->arena, "%%i8_%d", most);
  integer_constant(e, low, "i8", least);
  integer_constant(e, high, "i8", most);
  tess_zoo_value_t result = begin(e, suffix, "i8", x);
  tess_text_add(&e->body,
                "      %%l = arith.maxsi %%x0, %s : i8\n"
                "      %%y = arith.minsi %%l, %s : i8\n",
                low, high);
  tess_linalg_end(e, result, "%y", true);
  return result;
}
