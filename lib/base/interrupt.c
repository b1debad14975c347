/* The flag that SIGINT and SIGTERM raise. */
#include "tessera/base/parallel.h"
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* One interrupt may come as several signals: `timeout` and others signal a
 * process and then its group. */
enum { together_ns = 500000000 };

/* When the first signal came, 0: none yet. Lock-free, so a handler may write
 * it. */
static atomic_llong raised_ns;

static void on_signal(int signal_number) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  long long now = time.tv_sec * 1000000000LL + time.tv_nsec + 1, none = 0;
  if (!atomic_compare_exchange_strong(&raised_ns, &none, now) &&
      now - none > together_ns)
    _exit(128 + signal_number); /* the second time: at once */
}

void tess_interrupt_install(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

bool tess_interrupted(void) { return atomic_load(&raised_ns) != 0; }
