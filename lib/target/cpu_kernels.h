/* The timed loops of the CPU probe. Private to lib/target. */
#ifndef TESSERA_LIB_TARGET_CPU_KERNELS_H
#define TESSERA_LIB_TARGET_CPU_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Independent multiply-accumulate chains: `chains` vectors of `lanes` floats
 * a round. Only a loop that this machine can run is ever handed out. */
typedef struct tess_cpu_loop {
  void (*run)(int64_t rounds, float *result); /* result: `lanes` floats */
  int lanes, chains;
  const char *instructions;
} tess_cpu_loop_t;

/* The widest one that this machine runs. */
tess_cpu_loop_t tess_cpu_widest_loop(void);

/* 8 * rounds additions, each waiting for the one before: a clock each. */
uint64_t tess_cpu_add_chain(int64_t rounds);

/* The sum of the words: reads all of them. */
uint64_t tess_cpu_read(const uint64_t *words, size_t count);

/* The C library's functions of one f32: what upstream MLIR calls once for each
 * element. */
typedef enum tess_cpu_call {
  TESS_CPU_EXP,
  TESS_CPU_LOG,
  TESS_CPU_TANH,
  TESS_CPU_ERF,
  TESS_CPU_CALL_COUNT
} tess_cpu_call_t;

/* y[i] = function(x[i]), one call after the other. */
void tess_cpu_call_each(tess_cpu_call_t call, const float *x, float *y,
                        size_t count);

#endif
