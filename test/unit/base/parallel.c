/* Every index exactly once for any number of jobs; the interrupt flag. */
#include "tessera/base/parallel.h"
#include "check.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { greatest_count = 5000 };
static atomic_int visits[greatest_count];
static atomic_llong sum;

static void visit(void *context, size_t index) {
  (void)context;
  atomic_fetch_add(&visits[index], 1);
  atomic_fetch_add(&sum, (long long)index);
}

static void every_index_once(int jobs, size_t count) {
  for (size_t i = 0; i < greatest_count; i++)
    atomic_store(&visits[i], 0);
  atomic_store(&sum, 0);
  tess_parallel_for(jobs, count, visit, NULL);
  CHECK_EQ(atomic_load(&sum), (long long)count * ((long long)count - 1) / 2);
  for (size_t i = 0; i < greatest_count; i++)
    CHECK_EQ(atomic_load(&visits[i]), i < count);
}

typedef struct order {
  size_t next;
  bool kept;
} order_t;

static void expect_next(void *context, size_t index) {
  order_t *order = context;
  order->kept &= index == order->next++;
}

/* The first signal raises the flag, and so do others that come with it, as from
 * `timeout`, which signals a process and then its group; a later one ends the
 * process. */
static void interrupts(void) {
  CHECK(!tess_interrupted());
  pid_t child = fork();
  if (child == 0) {
    tess_interrupt_install();
    raise(SIGINT);
    raise(SIGINT);
    if (!tess_interrupted())
      _exit(1);
    nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
    raise(SIGTERM);
    _exit(2);
  }
  int result = 0;
  CHECK(child > 0 && waitpid(child, &result, 0) == child);
  CHECK(WIFEXITED(result) && WEXITSTATUS(result) == 128 + SIGTERM);
  CHECK(!tess_interrupted());
}

int main(void) {
  for (int jobs = 0; jobs <= 8; jobs++) {
    every_index_once(jobs, greatest_count);
    every_index_once(jobs, 3);
    every_index_once(jobs, 0);
  }
  order_t order = {.kept = true};
  tess_parallel_for(1, 100, expect_next, &order);
  CHECK(order.kept && order.next == 100);
  CHECK(tess_core_count() >= 1);
  CHECK(tess_core_count() <= sysconf(_SC_NPROCESSORS_CONF));
  interrupts();
  return tess_check_result();
}
