/* Do two models compute the same? Runs both on the same random inputs. Linked
 * into tools and tests only. */
#ifndef TESSERA_MEASURE_VERIFY_H
#define TESSERA_MEASURE_VERIFY_H

#include "mlir-c/IR.h"
#include "tessera/base/status.h"
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tess_verify_options {
  const char *function_a, *function_b; /* NULL: the only one */
  int32_t seeds;                       /* random inputs to try, >= 1 */
  uint64_t first_seed;
  double tolerance; /* <= 0: by element type (see compare.c) */
  /* Called after each run of a model, with how many there were; NULL: nobody
   * watches. How many there will be is not known beforehand. */
  void (*progress)(void *context, int64_t runs);
  void *progress_context;
} tess_verify_options_t;

/* How long one of the two models took. Two runs share the machine. */
typedef struct tess_verify_times {
  double lower_ns, compile_ns;
  double run_ns; /* the quickest run */
} tess_verify_times_t;

typedef struct tess_verify_report {
  bool equal;
  double greatest_error; /* |a - b| / max(|a| over the output), worst seed */
  double tolerance;      /* that was used */
  int64_t runs;          /* of either model, in all */
  int64_t compared;      /* output elements in all */
  int64_t not_finite;    /* elements where either side is NaN or inf */
  /* Seeds that say nothing and are left out: the models differ, but moving the
   * inputs by one unit in the last place changes the outputs about as much. */
  int32_t noisy_seeds;
  int32_t output, seed; /* where the greatest error was */
  int64_t element;
  double a, b; /* the two values there */
  /* What share of the first output other data changes under the weights that
   * were drawn: root mean square of the change against that of the output. */
  double dependence;
  /* 0, or: that share was below 0.001 (a softmax over 1000 classes in 8 bits
   * gives zeros alone), so that equal outputs say little, and the results of
   * both models' convolution or product number `product` (of `product_count`,
   * from 1) were compared as well; the figures above are of those. */
  int32_t product, product_count;
  /* The models have 16-bit floats. All figures above are of the same programs
   * with f32 in their place: what differs there, is no rounding. Then both ran
   * as written, on inputs of the first seed: how far that moved the outputs
   * from the first program's in f32, root mean square of the change against
   * that of the output, of the output where the second compares worst. Unequal
   * if the second's is above twice the first's and one step of the output's
   * type (f16 2^-11, else 2^-8). 0 if they were unequal before. The first's is
   * not finite if it overflows: nothing follows from it then. */
  bool widened;
  double rounding_a, rounding_b;
  tess_verify_times_t times_a, times_b;
} tess_verify_report_t;

/* Inputs and weights are drawn so that the network stays sane: weights scaled
 * by fan-in, variances positive (role from ir/model.h), outputs poisoned with
 * NaN before each run. Signatures must match (arguments that only B has, such
 * as new weights, are TESS_UNSUPPORTED: a retrained model has no reference).
 * Outputs that are zero everywhere compare nothing, nor do seeds that all say
 * nothing: TESS_MISMATCH. An interrupt
 * ends it after the run at hand: TESS_INTERRUPTED. */
TESS_MUST_USE tess_status_t tess_verify(MlirModule a, MlirModule b,
                                        const tess_verify_options_t *options,
                                        tess_verify_report_t *report);

#ifdef __cplusplus
}
#endif

#endif
