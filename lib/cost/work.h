/* How much work a kernel is for a target's units: the arithmetic that cost
 * models share. Private to lib/cost and its tests. Everything is computed in
 * double, so that no size from input overflows. */
#ifndef TESSERA_LIB_COST_WORK_H
#define TESSERA_LIB_COST_WORK_H

#include "tessera/ir/kernel.h"
#include "tessera/target/target.h"

/* Bytes moved to and from memory; INT64_MAX where the sum does not fit. */
int64_t tess_work_bytes(const tess_kernel_t *kernel);

/* Multiply-accumulates that a product or convolution keeps the matrix unit
 * busy for, its padding included; never less than the kernel's own. */
double tess_work_padded_macs(const tess_target_t *target,
                             const tess_kernel_t *kernel);

/* Multiply-accumulates per second at which the matrix unit runs this kernel at
 * best; 0 if it does not: another kind, or a type without a rate. */
double tess_work_matrix_rate(const tess_target_t *target,
                             const tess_kernel_t *kernel);

/* Multiply-accumulates per second on the vector unit: the depthwise rate of
 * the input type, else of f32, else one per vector operation. */
double tess_work_vector_mac_rate(const tess_target_t *target,
                                 const tess_kernel_t *kernel);

/* Simple vector operations per second: the faster of the input's and the
 * result's type, f32 where neither has a rate. */
double tess_work_vector_rate(const tess_target_t *target,
                             const tess_kernel_t *kernel);

/* Element-wise work in simple operations. */
double tess_work_vector_ops(const tess_target_t *target,
                            const tess_kernel_t *kernel);

/* Time for `amount` at `per_s`: finite, 0 for no work; no rate at all takes
 * the greatest time there is. */
double tess_work_ns(double amount, double per_s);

/* Time that the kernel's bytes need at least. Weights come from memory; so do
 * activations, unless the target keeps them on the chip and they fit. */
double tess_work_memory_ns(const tess_target_t *target,
                           const tess_kernel_t *kernel);

/* The kernel's own multiply-accumulates at the peak of the matrix unit (of the
 * input type, else f32); 0 for a target without one. */
double tess_work_useful_ns(const tess_target_t *target,
                           const tess_kernel_t *kernel);

#endif
