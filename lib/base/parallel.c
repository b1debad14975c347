/* One loop over threads, and the number of cores to run it on. */
#define _GNU_SOURCE /* sched_getaffinity: cores that a container may use */
#include "tessera/base/parallel.h"
#include "tessera/base/arena.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct loop {
  void (*body)(void *context, size_t index);
  void *context;
  size_t count;
  atomic_size_t next;
} loop_t;

static void *work(void *argument) {
  loop_t *loop = argument;
  for (;;) {
    size_t index = atomic_fetch_add(&loop->next, 1);
    if (index >= loop->count)
      return NULL;
    loop->body(loop->context, index);
  }
}

void tess_parallel_for(int jobs, size_t count,
                       void (*body)(void *context, size_t index),
                       void *context) {
  loop_t loop = {.body = body, .context = context, .count = count};
  size_t wanted = jobs > 1 ? (size_t)jobs - 1 : 0;
  if (wanted >= count)
    wanted = count ? count - 1 : 0;
  pthread_t *threads = tess_alloc(wanted * sizeof(*threads));
  size_t started = 0;
  /* A thread that cannot start is no error: the others do its share. */
  while (started < wanted &&
         !pthread_create(&threads[started], NULL, work, &loop))
    started++;
  work(&loop);
  for (size_t i = 0; i < started; i++)
    pthread_join(threads[i], NULL);
  free(threads);
}

int tess_core_count(void) {
  cpu_set_t set;
  if (!sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 0)
    return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
