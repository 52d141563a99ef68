/* A library to preload: writes down every change below one folder, and makes chosen calls fail.
 *
 * One lock is held over each call and its record, so the order in the trace is the order in which
 * things were done. A call that changes a watched file in a way that cannot be written down ends
 * the program. Changes through a shared map are not seen; the tests compare the folder with the
 * trace in the end, and would find them. */
#define _GNU_SOURCE
#include "tests/crash/power_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/crash/trace_format.h"

enum { fds_max = 4096, parts_max = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_bytes;
static int trace_fd = -1;
static int mark_fd = -1;
static bool watched[fds_max];

static long fail_at;
static int fail_error;
static int fail_mode;
static long calls;
static long failures;
static char failed_call[PATH_MAX + 32];

/* Declares NAME_found(): the C library's function of that name. */
#define FOUND(result, name, ...)                           \
  typedef result (*name##_call)(__VA_ARGS__);              \
  static name##_call name##_found(void) {                  \
    static name##_call found;                              \
    if (!found) *(void**)&found = dlsym(RTLD_NEXT, #name); \
    return found;                                          \
  }
/* And real_NAME(), which calls it. */
#define REAL(result, name, ...)    \
  FOUND(result, name, __VA_ARGS__) \
  static result real_##name(__VA_ARGS__)

REAL(int, open, const char* path, int flags, mode_t mode) {
  return open_found()(path, flags, mode);
}
REAL(int, openat, int folder, const char* path, int flags, mode_t mode) {
  return openat_found()(folder, path, flags, mode);
}
REAL(int, close, int fd) { return close_found()(fd); }
REAL(ssize_t, write, int fd, const void* data, size_t size) {
  return write_found()(fd, data, size);
}
REAL(ssize_t, writev, int fd, const struct iovec* parts, int count) {
  return writev_found()(fd, parts, count);
}
REAL(ssize_t, pwrite, int fd, const void* data, size_t size, off_t offset) {
  return pwrite_found()(fd, data, size, offset);
}
REAL(ssize_t, pwritev, int fd, const struct iovec* parts, int count, off_t offset) {
  return pwritev_found()(fd, parts, count, offset);
}
REAL(int, ftruncate, int fd, off_t size) { return ftruncate_found()(fd, size); }
REAL(int, truncate, const char* path, off_t size) { return truncate_found()(path, size); }
REAL(int, fsync, int fd) { return fsync_found()(fd); }
REAL(int, fdatasync, int fd) { return fdatasync_found()(fd); }
REAL(int, rename, const char* from, const char* to) { return rename_found()(from, to); }
REAL(int, link, const char* from, const char* to) { return link_found()(from, to); }
REAL(int, unlink, const char* path) { return unlink_found()(path); }
REAL(int, unlinkat, int folder, const char* path, int flags) {
  return unlinkat_found()(folder, path, flags);
}
REAL(int, rmdir, const char* path) { return rmdir_found()(path); }
REAL(int, mkdir, const char* path, mode_t mode) { return mkdir_found()(path, mode); }
FOUND(int, fallocate, int, int, off_t, off_t)
FOUND(int, posix_fallocate, int, off_t, off_t)

__attribute__((constructor)) static void start(void) {
  const char* const folder = getenv("REFOLD_SHIM_ROOT");
  const char* const trace = getenv("REFOLD_SHIM_TRACE");
  const char* const mark = getenv("REFOLD_SHIM_MARK");
  if (!folder || strlen(folder) >= sizeof root) return;
  if (trace) trace_fd = real_open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (mark) mark_fd = atoi(mark);
  memcpy(root, folder, strlen(folder) + 1);
  root_bytes = strlen(root);
}

static void give_up(const char* call) {
  fprintf(stderr, "power_shim: cannot write down %s below %s\n", call, root);
  abort();
}

static bool below_root(const char* path) {
  return root_bytes > 0 && strncmp(path, root, root_bytes) == 0 &&
         (path[root_bytes] == '/' || path[root_bytes] == '\0');
}

static bool watches(int fd) { return root_bytes > 0 && fd >= 0 && fd < fds_max && watched[fd]; }

/* The absolute path of `path` seen from the folder `fd`. */
static const char* absolute(int fd, const char* path, char* to) {
  if (path[0] == '/' || fd == AT_FDCWD) return path;
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(name, to, PATH_MAX - 1);
  if (size < 0) return path;
  snprintf(to + size, (size_t)(PATH_MAX - size), "/%s", path);
  return to;
}

static void put(const void* data, size_t size) {
  if (real_write(trace_fd, data, size) != (ssize_t)size) give_up("anything: the trace is full");
}

static void note(struct trace_record record, const char* path, const char* other,
                 const void* data) {
  if (trace_fd < 0) return;
  const int before = errno;
  record.path_bytes = path ? (uint32_t)strlen(path) : 0;
  record.other_bytes = other ? (uint32_t)strlen(other) : 0;
  put(&record, sizeof record);
  if (path) put(path, record.path_bytes);
  if (other) put(other, record.other_bytes);
  if (data) put(data, record.data_bytes);
  errno = before;
}

/* Counts a call that can fail. Returns whether it is to. */
static bool fails(const char* call, const char* path, int fd) {
  ++calls;
  const bool now =
      fail_at > 0 && (calls == fail_at || (calls > fail_at && (fail_mode & power_shim_until_told)));
  if (!now) return false;
  ++failures;
  char name[64];
  char target[PATH_MAX] = "";
  if (!path) {
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    const ssize_t size = readlink(name, target, sizeof target - 1);
    target[size > 0 ? size : 0] = '\0';
    path = target;
  }
  snprintf(failed_call, sizeof failed_call, "%s %s", call, path);
  errno = fail_error;
  return true;
}

void power_shim_fail(long nth, int error, int mode) {
  pthread_mutex_lock(&lock);
  fail_at = nth;
  fail_error = error;
  fail_mode = mode;
  calls = 0;
  failures = 0;
  failed_call[0] = '\0';
  pthread_mutex_unlock(&lock);
}

long power_shim_heal(void) {
  pthread_mutex_lock(&lock);
  fail_at = 0;
  const long count = failures;
  pthread_mutex_unlock(&lock);
  return count;
}

long power_shim_calls(void) {
  pthread_mutex_lock(&lock);
  const long count = calls;
  pthread_mutex_unlock(&lock);
  return count;
}

const char* power_shim_failed_call(void) { return failed_call; }

/* Files ------------------------------------------------------------------------------------- */

static int open_any(int folder, const char* path, int flags, mode_t mode) {
  char whole[PATH_MAX];
  const char* const name = root_bytes > 0 ? absolute(folder, path, whole) : path;
  if (!below_root(name)) return real_openat(folder, path, flags, mode);
  pthread_mutex_lock(&lock);
  int fd = -1;
  if (!(flags & O_CREAT) || !fails("open", name, -1)) fd = real_openat(folder, path, flags, mode);
  if (fd >= fds_max) give_up("a descriptor so large");
  if (fd >= 0) {
    watched[fd] = true;
    note((struct trace_record){.op = trace_open, .fd = fd, .flags = flags}, name, NULL, NULL);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static mode_t mode_of(int flags, va_list more) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;
}

#define OPEN(name)                                \
  int name(const char* path, int flags, ...) {    \
    va_list more;                                 \
    va_start(more, flags);                        \
    const mode_t mode = mode_of(flags, more);     \
    va_end(more);                                 \
    return open_any(AT_FDCWD, path, flags, mode); \
  }
#define OPENAT(name)                                       \
  int name(int folder, const char* path, int flags, ...) { \
    va_list more;                                          \
    va_start(more, flags);                                 \
    const mode_t mode = mode_of(flags, more);              \
    va_end(more);                                          \
    return open_any(folder, path, flags, mode);            \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int creat(const char* path, mode_t mode) {
  return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) {
  if (!watches(fd)) return real_close(fd);
  pthread_mutex_lock(&lock);
  watched[fd] = false;
  note((struct trace_record){.op = trace_close, .fd = fd}, NULL, NULL, NULL);
  const int result = real_close(fd);
  pthread_mutex_unlock(&lock);
  return result;
}

static void* gather(const struct iovec* parts, int count, size_t* size) {
  *size = 0;
  for (int part = 0; part < count; ++part) *size += parts[part].iov_len;
  char* const data = malloc(*size ? *size : 1);
  if (!data) give_up("so large a write");
  char* at = data;
  for (int part = 0; part < count; ++part) {
    memcpy(at, parts[part].iov_base, parts[part].iov_len);
    at += parts[part].iov_len;
  }
  return data;
}

/* A write of either kind: at `offset`, or where the file is if that is -1. */
static ssize_t write_any(const char* call, int fd, const void* data, size_t size, off_t offset) {
  pthread_mutex_lock(&lock);
  const bool failed = fails(call, NULL, fd);
  const int error = errno;
  ssize_t done = -1;
  if (!failed || (fail_mode & power_shim_applied)) {
    const bool appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
    const bool anywhere = offset >= 0;
    if (!anywhere) offset = lseek(fd, 0, appends ? SEEK_END : SEEK_CUR);
    done = anywhere ? real_pwrite(fd, data, size, offset) : real_write(fd, data, size);
    if (done > 0) {
      note((struct trace_record){.op = trace_write,
                                 .fd = fd,
                                 .failed = failed ? trace_failed : 0,
                                 .offset = offset,
                                 .data_bytes = (uint64_t)done},
           NULL, NULL, data);
    }
  }
  if (failed) {
    done = -1;
    errno = error;
  }
  pthread_mutex_unlock(&lock);
  return done;
}

static void mark(const void* data, size_t size) {
  pthread_mutex_lock(&lock);
  note((struct trace_record){.op = trace_mark, .data_bytes = size}, NULL, NULL, data);
  pthread_mutex_unlock(&lock);
}

ssize_t write(int fd, const void* data, size_t size) {
  if (fd == mark_fd && root_bytes > 0) mark(data, size);
  if (!watches(fd)) return real_write(fd, data, size);
  return write_any("write", fd, data, size, -1);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  if (!watches(fd)) return real_pwrite(fd, data, size, offset);
  return write_any("pwrite", fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off_t offset) {
  return pwrite(fd, data, size, offset);
}

static ssize_t writev_any(const char* call, int fd, const struct iovec* parts, int count,
                          off_t offset) {
  if (count > parts_max) give_up(call);
  size_t size = 0;
  void* const data = gather(parts, count, &size);
  const ssize_t done = write_any(call, fd, data, size, offset);
  free(data);
  return done;
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (!watches(fd)) return real_writev(fd, parts, count);
  return writev_any("writev", fd, parts, count, -1);
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
  if (!watches(fd)) return real_pwritev(fd, parts, count, offset);
  return writev_any("pwritev", fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off_t offset) {
  return pwritev(fd, parts, count, offset);
}

int ftruncate(int fd, off_t size) {
  if (!watches(fd)) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  const int result = fails("ftruncate", NULL, fd) ? -1 : real_ftruncate(fd, size);
  if (result == 0) {
    note((struct trace_record){.op = trace_truncate, .fd = fd, .offset = size}, NULL, NULL, NULL);
  }
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int truncate(const char* path, off_t size) {
  if (below_root(path)) give_up("truncate");
  return real_truncate(path, size);
}

static int sync_any(const char* call, int fd, int (*sync)(int)) {
  if (!watches(fd)) return sync(fd);
  pthread_mutex_lock(&lock);
  const bool failed = fails(call, NULL, fd);
  const int result = failed ? -1 : sync(fd);
  if (failed || result == 0) {
    note((struct trace_record){.op = trace_sync, .fd = fd, .failed = failed ? trace_failed : 0},
         NULL, NULL, NULL);
  }
  pthread_mutex_unlock(&lock);
  return result;
}
int fsync(int fd) { return sync_any("fsync", fd, real_fsync); }
int fdatasync(int fd) { return sync_any("fdatasync", fd, real_fdatasync); }

/* Folders ----------------------------------------------------------------------------------- */

int rename(const char* from, const char* to) {
  if (!below_root(from) && !below_root(to)) return real_rename(from, to);
  pthread_mutex_lock(&lock);
  const int result = fails("rename", from, -1) ? -1 : real_rename(from, to);
  if (result == 0) note((struct trace_record){.op = trace_rename}, from, to, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  char whole[PATH_MAX];
  char other[PATH_MAX];
  return rename(absolute(from_folder, from, whole), absolute(to_folder, to, other));
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned int flags) {
  if (flags != 0) give_up("renameat2 with flags");
  return renameat(from_folder, from, to_folder, to);
}

int link(const char* from, const char* to) {
  if (!below_root(to)) return real_link(from, to);
  pthread_mutex_lock(&lock);
  const int result = real_link(from, to);
  if (result == 0) note((struct trace_record){.op = trace_link}, from, to, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

/* Calls that remove a name; `path` is absolute if it is watched. */
static int remove_noted(const char* path, int (*remove_one)(const char*)) {
  if (!below_root(path)) return remove_one(path);
  pthread_mutex_lock(&lock);
  const int result = remove_one(path);
  if (result == 0) note((struct trace_record){.op = trace_unlink}, path, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}
int unlink(const char* path) { return remove_noted(path, real_unlink); }
int rmdir(const char* path) { return remove_noted(path, real_rmdir); }
int remove(const char* path) {
  struct stat status;
  const bool folder = lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
  return folder ? rmdir(path) : unlink(path);
}
int unlinkat(int folder, const char* path, int flags) {
  char whole[PATH_MAX];
  const char* const name = root_bytes > 0 ? absolute(folder, path, whole) : path;
  if (!below_root(name)) return real_unlinkat(folder, path, flags);
  return flags & AT_REMOVEDIR ? rmdir(name) : unlink(name);
}

int mkdir(const char* path, mode_t mode) {
  if (!below_root(path)) return real_mkdir(path, mode);
  pthread_mutex_lock(&lock);
  const int result = real_mkdir(path, mode);
  if (result == 0) note((struct trace_record){.op = trace_mkdir}, path, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

/* What nobody here should do to a watched file ------------------------------------------------ */

int fallocate(int fd, int mode, off_t offset, off_t size) {
  if (watches(fd)) give_up("fallocate");
  return fallocate_found()(fd, mode, offset, size);
}
int posix_fallocate(int fd, off_t offset, off_t size) {
  if (watches(fd)) give_up("posix_fallocate");
  return posix_fallocate_found()(fd, offset, size);
}
