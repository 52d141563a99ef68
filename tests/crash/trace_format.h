#pragma once

#include <stdint.h>

/* What power_shim.c writes down and trace.h reads. Plain C: the shim is preloaded into a program
 * whose C++ library it must not depend on. */

/* One call that changed a file or a folder below the watched folder. Values are in trace files of
 * one test run only. */
enum trace_op {
  trace_open = 1, /* fd, flags, path; the call may have created or emptied the file */
  trace_close,    /* fd */
  trace_write,    /* fd, offset, data */
  trace_truncate, /* fd, offset: the new size */
  trace_sync,     /* fd; of a file or a folder */
  trace_rename,   /* path, other */
  trace_link,     /* path, other */
  trace_unlink,   /* path: a file or an empty folder */
  trace_mkdir,    /* path */
  trace_mark      /* data: what the program says about itself */
};

/* The call failed after it had done its work in memory: a write that is not on the disk and that no
 * later sync will bring there, or a sync that lost what it was to write. */
enum { trace_failed = 1 };

/* Followed by the path, the other path and the data. */
struct trace_record {
  uint32_t op;
  uint32_t failed;
  int32_t fd;
  int32_t flags;
  int64_t offset;
  uint32_t path_bytes;
  uint32_t other_bytes;
  uint64_t data_bytes;
};
