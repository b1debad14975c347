/* The timed loops of the CPU probe, by instruction set. */
#include "cpu_kernels.h"
#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Latency 4 or 5 times two units needs 8 to 10 chains; 12 and two constants
 * still fit 16 registers. The values stay near 1, so none is denormal. */
enum { chains = 12 };

#define MAC_LOOP(name, features, vector, broadcast, multiply_add)              \
  features static void name(int64_t rounds, float *result) {                   \
    vector sum[chains];                                                        \
    const vector factor = broadcast(0.999F), addend = broadcast(0.001F);       \
    for (int i = 0; i < chains; i++)                                           \
      sum[i] = broadcast((float)i);                                            \
    while (rounds-- > 0) {                                                     \
      _Pragma("GCC unroll 12") for (int i = 0; i < chains; i++) sum[i] =       \
          multiply_add(sum[i], factor, addend);                                \
    }                                                                          \
    for (int i = 1; i < chains; i++)                                           \
      sum[0] += sum[i];                                                        \
    memcpy(result, &sum[0], sizeof(sum[0]));                                   \
  }

#if defined(__x86_64__)

#define MULTIPLY_ADD_SSE(a, b, c) ((a) * (b) + (c))
MAC_LOOP(sse_loop, , __m128, _mm_set1_ps, MULTIPLY_ADD_SSE)
MAC_LOOP(avx2_loop, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps,
         _mm256_fmadd_ps)
MAC_LOOP(avx512_loop, __attribute__((target("avx512f"))), __m512,
         _mm512_set1_ps, _mm512_fmadd_ps)

tess_cpu_loop_t tess_cpu_widest_loop(void) {
  if (__builtin_cpu_supports("avx512f"))
    return (tess_cpu_loop_t){avx512_loop, 16, chains, "AVX-512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return (tess_cpu_loop_t){avx2_loop, 8, chains, "AVX2 and FMA"};
  return (tess_cpu_loop_t){sse_loop, 4, chains, "SSE2"};
}

#elif defined(__aarch64__)

#define MULTIPLY_ADD_NEON(a, b, c) vfmaq_f32(c, a, b)
MAC_LOOP(neon_loop, , float32x4_t, vdupq_n_f32, MULTIPLY_ADD_NEON)

tess_cpu_loop_t tess_cpu_widest_loop(void) {
  return (tess_cpu_loop_t){neon_loop, 4, chains, "NEON"};
}

#else

#define ONE_FLOAT(x) (x)
#define MULTIPLY_ADD_SCALAR(a, b, c) ((a) * (b) + (c))
MAC_LOOP(scalar_loop, , float, ONE_FLOAT, MULTIPLY_ADD_SCALAR)

tess_cpu_loop_t tess_cpu_widest_loop(void) {
  return (tess_cpu_loop_t){scalar_loop, 1, chains, "scalar instructions"};
}

#endif

/* The empty asm hides the value, so that the additions cannot be merged. */
#define ADD_ONCE(x, step)                                                      \
  (x) += (step);                                                               \
  __asm__ volatile("" : "+r"(x))

uint64_t tess_cpu_add_chain(int64_t rounds) {
  uint64_t x = 1, step = 3;
  __asm__ volatile("" : "+r"(step));
  while (rounds-- > 0) {
    ADD_ONCE(x, step);
    ADD_ONCE(x, step);
    ADD_ONCE(x, step);
    ADD_ONCE(x, step);
    ADD_ONCE(x, step);
    ADD_ONCE(x, step);
    ADD_ONCE(x, step);
    ADD_ONCE(x, step);
  }
  return x;
}

uint64_t tess_cpu_read(const uint64_t *words, size_t count) {
  uint64_t sum[8] = {0};
  for (size_t i = 0; i + 8 <= count; i += 8)
    for (size_t j = 0; j < 8; j++)
      sum[j] += words[i + j];
  for (size_t j = 1; j < 8; j++)
    sum[0] += sum[j];
  return sum[0];
}

#define CALLS(name, function)                                                  \
  static void name(const float *x, float *y, size_t count) {                   \
    for (size_t i = 0; i < count; i++)                                         \
      y[i] = function(x[i]);                                                   \
  }
CALLS(exp_calls, expf)
CALLS(log_calls, logf)
CALLS(tanh_calls, tanhf)
CALLS(erf_calls, erff)

void tess_cpu_call_each(tess_cpu_call_t call, const float *x, float *y,
                        size_t count) {
  static void (*const loops[])(const float *x, float *y, size_t count) = {
      [TESS_CPU_EXP] = exp_calls,
      [TESS_CPU_LOG] = log_calls,
      [TESS_CPU_TANH] = tanh_calls,
      [TESS_CPU_ERF] = erf_calls,
  };
  loops[call](x, y, count);
}
