#pragma once

/* What the preloaded shim offers to the program that it is loaded into; found with dlsym().
 *
 * Settings, all from the environment:
 *   REFOLD_SHIM_ROOT   the folder to watch, absolute; without it the shim does nothing
 *   REFOLD_SHIM_TRACE  the file to write the trace into
 *   REFOLD_SHIM_MARK   writes to this descriptor are marks in the trace
 */

#ifdef __cplusplus
extern "C" {
#endif

enum power_shim_mode {
  power_shim_once = 0,       /* the nth call fails, those after it do not */
  power_shim_until_told = 1, /* it and all after it fail, until power_shim_heal() */
  power_shim_applied = 2     /* added to one of these: a write fails after it was done in memory */
};

/* From now on the nth call that can fail does so, with this errno. Counts from 1. */
void power_shim_fail(long nth, int error, int mode);
/* Nothing fails any more. Returns how many calls have failed since power_shim_fail(). */
long power_shim_heal(void);
/* How many calls that can fail there have been since power_shim_fail(). */
long power_shim_calls(void);
/* The call that failed last: "fdatasync /path". */
const char* power_shim_failed_call(void);

#ifdef __cplusplus
}
#endif
