/* The gain of weights, on functions whose dependence on data is known. */
#include "../../../lib/measure/strength.h"
#include "check.h"
#include <math.h>
#include <string.h>

enum { SIZE = 4096 };

/* output = 1 + slope * gain * data, not finite above a gain of `end`. The gain
 * shows in the spread of the filter. */
typedef struct toy {
  double slope, end;
  int runs;
} toy_t;

static float filter[SIZE], data[2][SIZE], output[2][SIZE];
static const tess_tensor_t inputs[2] = {{TESS_F32, 1, {SIZE}, SIZE, filter},
                                        {TESS_F32, 1, {SIZE}, SIZE, data[0]}};
static const tess_tensor_t others[2] = {{TESS_F32, 1, {SIZE}, SIZE, filter},
                                        {TESS_F32, 1, {SIZE}, SIZE, data[1]}};
static const tess_tensor_t results[2] = {
    {TESS_F32, 1, {SIZE}, SIZE, output[0]},
    {TESS_F32, 1, {SIZE}, SIZE, output[1]}};
static const tess_draw_t draws[2] = {{0, 1, true, true, false},
                                     {0, 1, false, false, true}};

/* Uniform between -gain and gain: the greatest of 4096 is close to it. */
static double gain_of_filter(void) {
  float greatest = 0;
  for (int i = 0; i < SIZE; i++)
    greatest = fmaxf(greatest, fabsf(filter[i]));
  return (double)greatest;
}

static tess_status_t run(void *user) {
  toy_t *toy = user;
  double gain = gain_of_filter();
  for (int side = 0; side < 2; side++)
    for (int i = 0; i < SIZE; i++)
      output[side][i] =
          gain > toy->end
              ? INFINITY
              : (float)(1 + toy->slope * gain * (double)data[side][i]);
  toy->runs++;
  return TESS_SUCCESS;
}

static tess_strength_t find(double slope, double end, double *dependence) {
  toy_t toy = {slope, end, 0};
  const tess_strength_subject_t subject = {.inputs = inputs,
                                           .others = others,
                                           .draws = draws,
                                           .input_count = 2,
                                           .output = &results[0],
                                           .other = &results[1],
                                           .seed = 7,
                                           .run = run,
                                           .user = &toy};
  tess_strength_t strength;
  CHECK_OK(tess_strength_find(&subject, &strength, dependence));
  CHECK(toy.runs >= 1 && toy.runs <= 16);
  return strength;
}

/* Two normal draws differ by sqrt(2) of their spread. */
static double expected(double slope, double gain) {
  double change = slope * gain;
  return sqrt(2.0) * change / sqrt(1 + change * change);
}

static void test_enough_gain(void) {
  double dependence;
  tess_strength_t s = find(0.2, 1e9, &dependence);
  CHECK_NEAR(dependence, expected(0.2, s.filters), 0.002);
  CHECK(dependence >= 0.05 && dependence <= 0.1 && s.filters < 1);
  CHECK_NEAR(s.data, 1, 0);
}

/* Data that the model divides: drawn wider, in the least width that shows. */
static void test_wider_data(void) {
  double dependence;
  tess_strength_t s = find(0.02, 1e9, &dependence);
  CHECK_NEAR(s.data, 16, 0);
  CHECK_NEAR(dependence, expected(0.02 * 16, s.filters), 0.002);
  s = find(1.0 / 255, 1e9, &dependence);
  CHECK_NEAR(s.data, 16, 0);
  CHECK(dependence >= 0.05 && dependence <= 0.1);
  s = find(0.001, 1e9, &dependence);
  CHECK_NEAR(s.data, 256, 0);
}

/* Data that hardly shows before the output overflows: all as drawn. */
static void test_nothing_helps(void) {
  double dependence;
  tess_strength_t s = find(1e-6, 5, &dependence);
  CHECK(s.filters == 1 && s.data == 1);
  CHECK_NEAR(dependence, expected(1e-6, 1), 1e-7);
}

/* Weights as drawn are too strong already: the strongest that are not. */
static void test_overflow_below_one(void) {
  double dependence;
  tess_strength_t s = find(0.001, 0.5, &dependence);
  CHECK(s.filters <= 0.5 * 1.01 && s.filters > 0.49);
  CHECK_NEAR(dependence, expected(0.001, s.filters), 1e-4);
}

/* Rows of which one element is nearly all count as overflow, however many rows
 * there are. */
static tess_status_t run_rows(void *user) {
  double gain = gain_of_filter();
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < SIZE; i++)
      output[side][i] = gain > 2 ? (float)(i % 64 == *(int *)user)
                                 : (float)(1 + 1e-5 * (double)data[side][i]);
    *(int *)user = (*(int *)user + 1) % 64;
  }
  return TESS_SUCCESS;
}

static void test_saturated_rows(void) {
  int hot = 0;
  double dependence;
  tess_tensor_t rows[2] = {results[0], results[1]};
  for (int side = 0; side < 2; side++) {
    rows[side].rank = 2;
    rows[side].shape[0] = SIZE / 64;
    rows[side].shape[1] = 64;
  }
  const tess_strength_subject_t subject = {.inputs = inputs,
                                           .others = others,
                                           .draws = draws,
                                           .input_count = 2,
                                           .output = &rows[0],
                                           .other = &rows[1],
                                           .seed = 7,
                                           .run = run_rows,
                                           .user = &hot};
  tess_strength_t s;
  CHECK_OK(tess_strength_find(&subject, &s, &dependence));
  CHECK(s.filters == 1 && s.data == 1 && dependence < 0.01);
}

int main(void) {
  test_enough_gain();
  test_wider_data();
  test_nothing_helps();
  test_overflow_below_one();
  test_saturated_rows();
  return tess_check_result();
}
