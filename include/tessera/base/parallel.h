/* One loop over threads, and the flag that an interrupt raises. */
#ifndef TESSERA_BASE_PARALLEL_H
#define TESSERA_BASE_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls body(context, i) for every i in [0, count) on up to `jobs` threads
 * (<= 1: the calling thread, in order). Bodies must not depend on order. */
void tess_parallel_for(int jobs, size_t count,
                       void (*body)(void *context, size_t index),
                       void *context);

/* The machine's usable cores, at least 1. */
int tess_core_count(void);

/* Installs SIGINT and SIGTERM handlers that raise the flag; a second signal,
 * half a second later or more, ends the process at once. Only programs call it,
 * never the library. */
void tess_interrupt_install(void);
/* Whether the flag is up: long loops ask and return TESS_INTERRUPTED. */
bool tess_interrupted(void);

#ifdef __cplusplus
}
#endif

#endif
