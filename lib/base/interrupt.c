/* The flag that SIGINT and SIGTERM raise. */
#include "tessera/base/parallel.h"
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int raised; /* lock-free, so a handler may write it */

static void on_signal(int signal_number) {
  if (atomic_exchange(&raised, 1))
    _exit(128 + signal_number); /* the second time: at once */
}

void tess_interrupt_install(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

bool tess_interrupted(void) { return atomic_load(&raised) != 0; }
