/* Two ways not to come back. */
#pragma once

#include <refold/abi.h>
#include <unistd.h>

/* Takes no processor time meanwhile. */
static inline void sleep_for_ever(void) {
  while (1) pause();
}

/* Takes all there is. */
static inline void compute_for_ever(void) {
  while (1) __asm__ volatile("");
}
