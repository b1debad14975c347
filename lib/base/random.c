/* xoshiro256** seeded by splitmix64: see tessera/base/random.h. */
#include "tessera/base/random.h"
#include <assert.h>
#include <math.h>

static uint64_t rotate(uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}

static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

tess_random_t tess_random_make(uint64_t seed, uint64_t stream) {
  /* Both numbers are mixed before they meet, so that (seed, stream) pairs
   * with the same sum or difference do not share a generator. */
  uint64_t state = seed, other = ~stream;
  state = splitmix64(&state) ^ rotate(splitmix64(&other), 1);
  tess_random_t random;
  for (int i = 0; i < 4; i++)
    random.state[i] = splitmix64(&state);
  return random;
}

uint64_t tess_random_next(tess_random_t *random) {
  uint64_t *s = random->state;
  const uint64_t result = rotate(s[1] * 5, 7) * 9;
  const uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate(s[3], 45);
  return result;
}

uint64_t tess_random_below(tess_random_t *random, uint64_t bound) {
  assert(bound > 0);
  /* 2^64 mod bound numbers at the low end would be too many. */
  const uint64_t refused = (0 - bound) % bound;
  uint64_t drawn;
  do
    drawn = tess_random_next(random);
  while (drawn < refused);
  return drawn % bound;
}

double tess_random_unit(tess_random_t *random) {
  return (double)(tess_random_next(random) >> 11) * 0x1p-53;
}

double tess_random_normal(tess_random_t *random) {
  /* Box and Muller (1958); the second value is dropped to keep no state. */
  double radius = sqrt(-2 * log(1 - tess_random_unit(random)));
  return radius * cos(6.283185307179586 * tess_random_unit(random));
}
