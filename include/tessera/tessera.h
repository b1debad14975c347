/* The conventions of the C API, and the version.
 *
 * Names       tess_<folder or type>_<noun>_<verb>. MLIR's own calls are
 *             camelCase, so a reader sees where a call comes from.
 * Units       stand in the name: latency_ns, hbm_bytes_per_s. Times are double
 *             nanoseconds, sizes int64_t bytes or elements, rates per second.
 * Errors      are a tess_status_t: NULL is success, anything else is owned by
 *             the caller and must be freed (base/status.h). "Does not fit" is a
 *             value, bad input is a status, a broken invariant is an assert.
 * Ownership   X_create / X_destroy pair up. A "const T *" return is borrowed
 *             from the object asked. Arena memory lives as long as the arena.
 * Memory      Sizes that come from input are overflow-checked before they are
 *             asked for; running out of memory itself ends the process with a
 *             message (base/arena.h).
 * Threads     Objects are not shared between threads while they change. The
 *             number of threads never changes a result.
 */
#ifndef TESSERA_TESSERA_H
#define TESSERA_TESSERA_H

#define TESSERA_VERSION "0.1.0"

#endif
