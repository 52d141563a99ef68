/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef REFOLD_ABI_H
#define REFOLD_ABI_H
/* NOLINTBEGIN(modernize-*, readability-identifier-naming): this is C. */

/* The boundary between Refold and a plugin: everything that crosses it, and nothing else.
 *
 * A plugin is a shared library that exports one symbol, `refold_plugin` (at the end of this file).
 * The host, which is the engine or a process of its, loads it, asks for tables of functions by
 * name, and calls those. The plugin calls back through a table that each call brings along. C++
 * authors use <refold/projection.hpp>, which is made of this file alone.
 *
 * What a projection does
 *
 *   It folds the witness log into tables: apply() is given events in the order of the log and
 *   writes rows. It is deterministic: the same events and options give the same rows, on every
 *   machine, in batches of any size, however often it is run from the beginning. So it reads no
 *   clock, no file, no network, no random number, and whatever it must remember is in its tables:
 *   the host may destroy an instance between any two batches, and make another.
 *
 * Rules for both sides
 *
 *   Sizes. The first field of every struct is its `size` in bytes, as its maker knew it. Structs
 *   grow at the end only, and a released field never changes. A field is there only if `size`
 *   covers it: REFOLD_HAS(). Arrays are arrays of pointers, except events: the next event is
 *   events->size bytes behind the one before.
 *
 *   Versions. The host loads a plugin with its own major version and a minor version that is not
 *   newer than its own. Tables have their revision in their name: "projection/1".
 *
 *   Owners. Each pointer has one of three owners:
 *     "the plugin's": lives from start() to stop(), unchanged;
 *     "the caller's": lives until the called function returns;
 *     "the host's": lives until the plugin's function that asked for it returns, or, if that comes
 *     first, until the plugin's next call of put() or remove().
 *   So nobody frees what crosses, and whatever is to be kept is copied.
 *
 *   Threads. Each function of a plugin is marked:
 *     [loader]     one thread, and no other call into the plugin at the same time;
 *     [instance]   the thread that the instance lives on, from create() to destroy(). Instances
 *                  live on different threads at the same time: what they share must not change.
 *   Functions of the host are called on the thread, and during the call, that brought the host's
 *   table; the host refuses others. A plugin leaves no thread behind when stop() returns.
 *
 *   Failures. A function returns a REFOLD_ result. Before it returns REFOLD_RETRY or REFOLD_FAILED,
 *   a plugin says why with host->fail(): failing without a word is reported as a fault of the
 *   plugin. If a function of the host fails, the plugin returns that result at once; the host knows
 *   why. No exception and no longjmp crosses.
 *
 *   Text is UTF-8. `const char*` ends with a zero byte; refold_bytes does not.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REFOLD_ABI_MAJOR 1
#define REFOLD_ABI_MINOR 0

/* Whether the struct behind `pointer` has `field`. */
#define REFOLD_HAS(pointer, field) \
  ((pointer)->size >=              \
   (size_t)((const char*)&(pointer)->field - (const char*)(pointer)) + sizeof((pointer)->field))

/* Bytes of any kind: text, a key, a row, a DAG-CBOR record. `data` may be null if `size` is 0. */
typedef struct refold_bytes {
  const void* data;
  size_t size;
} refold_bytes;

/* Results ---------------------------------------------------------------------------------------*/

typedef int32_t refold_result;
enum {
  REFOLD_OK = 0,
  REFOLD_RETRY = 1,  /* did not work now, may work later: the host tries the batch again */
  REFOLD_FAILED = 2, /* will not work: the projection stops before this event */
  REFOLD_NONE = 3    /* get(): there is no such row. A visitor: enough */
};

/* Bounds. The host refuses what is over them. */
#define REFOLD_NAME_MAX 63                   /* names: a-z, 0-9 and '-', the first a letter */
#define REFOLD_KEY_MAX ((size_t)8192)        /* bytes of a key; at least 1 */
#define REFOLD_ROW_MAX ((size_t)2 << 20)     /* bytes of a row */
#define REFOLD_ANSWER_MAX ((size_t)64 << 20) /* bytes of a query's answer */

/* Events ----------------------------------------------------------------------------------------*/

/* refold_event.kind: what was witnessed. Ignore kinds that are not listed here. */
enum {
  REFOLD_CREATE = 1,
  REFOLD_UPDATE = 2,
  REFOLD_DELETE = 3,
  REFOLD_IDENTITY = 4,
  REFOLD_ACCOUNT = 5,
  REFOLD_SYNC = 6,
  REFOLD_GAP = 7
};

/* refold_event.change: what a record event means for a fold. */
enum {
  REFOLD_UNCHANGED = 0, /* nothing (late, redacted, no difference): with REFOLD_HISTORY only */
  REFOLD_ADDED = 1,     /* `record` is new */
  REFOLD_REPLACED = 2,  /* `record` takes the place of `previous` */
  REFOLD_REMOVED = 3    /* `previous` is gone */
};

/* refold_event.previous_state: what is known of the version that was replaced or removed. */
enum { REFOLD_PREVIOUS_NONE = 0, REFOLD_PREVIOUS_KNOWN = 1, REFOLD_PREVIOUS_UNKNOWN = 2 };

/* refold_event.flags, a set of bits. Ignore bits that are not listed here. */
enum {
  REFOLD_LIVE = 1,           /* seen as it happened (not a backfill) */
  REFOLD_LATE = 2,           /* older than the record's newest version when it came */
  REFOLD_RESYNC = 4,         /* found by comparing a whole repo */
  REFOLD_VERIFIED = 8,       /* signature and proof were checked */
  REFOLD_NO_DIFFERENCE = 16, /* the same record again, or a delete of nothing */
  REFOLD_REDACTED = 32       /* its payloads were erased */
};

/* One event. What does not belong to its kind is empty or 0. The caller's, and all it points to. */
typedef struct refold_event {
  size_t size;
  uint64_t seq;       /* its number in the log: from 1, without gaps in the log as a whole */
  int64_t witness_us; /* when the log first saw it: microseconds since 1970, never decreasing */
  int64_t commit_us;  /* records: the time in `rev`. Others: the source's own. 0 if there is none */
  uint64_t rev;       /* records: the repo revision, a TID as its 64-bit integer */
  uint64_t previous_seq; /* the event that `previous` comes from; 0 if none is known */
  uint16_t flags;
  uint16_t order; /* orders versions of one record within one rev */
  uint8_t kind;
  uint8_t change;
  uint8_t previous_state;
  uint8_t active; /* account events: 1 if the account is visible */
  refold_bytes did;
  refold_bytes collection;
  refold_bytes rkey;
  refold_bytes record;   /* DAG-CBOR. Empty if removed; also if it never came, or was redacted */
  refold_bytes previous; /* DAG-CBOR, if previous_state is REFOLD_PREVIOUS_KNOWN */
  refold_bytes status;   /* account events: why it is not active */
  refold_bytes handle;   /* identity events, if the source gave one */
  refold_bytes source;   /* the name of the source that it came from */
} refold_event;

/* The host --------------------------------------------------------------------------------------*/

enum { REFOLD_DEBUG = 0, REFOLD_INFO = 1, REFOLD_WARNING = 2, REFOLD_ERROR = 3 };

/* Which rows a scan visits: keys from `from` on (empty: from the first), below `until` (empty: to
 * the last), in the order of their bytes, or backwards. The caller's. */
typedef struct refold_range {
  size_t size;
  refold_bytes from;
  refold_bytes until;
  uint32_t backwards;
} refold_range;

/* Called by scan() for each row; key and row are the host's. Returns REFOLD_OK to go on,
 * REFOLD_NONE to end the scan well, anything else to end it with that result. It may get() and
 * ask account(), not put(), remove() or scan(). */
typedef refold_result (*refold_visit)(void* context, refold_bytes key, refold_bytes row);

/* What an account was, in the order of the log, just before the event being applied. */
typedef struct refold_account {
  size_t size;    /* set by the caller */
  uint32_t known; /* 0: no event has told of it; it counts as active */
  uint32_t active;
  refold_bytes status; /* the host's */
} refold_account;

typedef struct refold_host refold_host;
struct refold_host {
  size_t size;
  uint16_t abi_major;
  uint16_t abi_minor;
  uint32_t reserved;
  void* context; /* the host's own */

  /* Reads a row as this instance has left it. `row` is the host's. REFOLD_NONE: there is none.
   * `table` is an index into the projection's tables. In apply() and in queries; a query reads one
   * moment, from its beginning to its end. */
  refold_result (*get)(const refold_host* host, uint32_t table, refold_bytes key,
                       refold_bytes* row);
  /* Writes a row. In apply() only. The host copies key and row. */
  refold_result (*put)(const refold_host* host, uint32_t table, refold_bytes key, refold_bytes row);
  /* Removes a row; that there was none is no failure. In apply() only. */
  refold_result (*remove)(const refold_host* host, uint32_t table, refold_bytes key);
  /* Visits rows. In apply() and in queries. */
  refold_result (*scan)(const refold_host* host, uint32_t table, const refold_range* range,
                        refold_visit visit, void* context);

  /* The value of the projection's option with this index, checked, in its one canonical text form
   * (see refold_option). The host's; the same as long as the instance lives. From create() on. */
  refold_result (*option)(const refold_host* host, uint32_t index, refold_bytes* value);
  /* What the projection's tables know of an account: needs REFOLD_ACCOUNT_STATUS. In apply() and
   * in queries. */
  refold_result (*account)(const refold_host* host, refold_bytes did, refold_account* account);
  /* The binary CID (36 bytes) of an event's record, of the event that is being applied: computed
   * from the record where there is one. REFOLD_NONE: it has none. In apply() only. */
  refold_result (*cid)(const refold_host* host, const refold_event* event, uint8_t cid[36]);

  /* Appends to the answer, which is JSON text. In queries and in render(). */
  refold_result (*answer)(const refold_host* host, refold_bytes json);
  /* A line for the log of the engine. Any time. */
  void (*log)(const refold_host* host, int32_t level, refold_bytes text);
  /* Why this call is about to return REFOLD_RETRY or REFOLD_FAILED: a sentence that names the
   * thing. The last one counts. Any time. */
  void (*fail)(const refold_host* host, refold_bytes text);
  /* A further table of the host by name, or null. The host's, as long as the plugin is loaded. */
  const void* (*extension)(const refold_host* host, const char* id);
};

/* "projection/1" --------------------------------------------------------------------------------*/

enum {
  REFOLD_TEXT = 0,    /* as given; at most `most` bytes */
  REFOLD_INTEGER = 1, /* decimal, from `least` to `most`: "-12" */
  REFOLD_BOOLEAN = 2, /* "true" or "false" */
  REFOLD_TIME = 3     /* microseconds since 1970, decimal; people write 2026-01-31T12:00:00Z */
};

/* An option of a projection, or a parameter of a query. The plugin's. */
typedef struct refold_option {
  size_t size;
  const char* name;     /* letters, digits, '-' and '_' */
  const char* summary;  /* one line for --help */
  const char* fallback; /* the value if none is given, as people write it; null: must be given */
  int64_t least;
  int64_t most;
  uint32_t type;
} refold_option;

/* refold_projection.wants, a set of bits: what apply() is given. */
enum {
  REFOLD_RECORDS = 1,        /* creates, updates and deletes that count, in the collections below */
  REFOLD_ACCOUNTS = 2,       /* account events */
  REFOLD_IDENTITIES = 4,     /* identity events */
  REFOLD_HISTORY = 8,        /* all as witnessed: late, redacted, without effect, and other kinds */
  REFOLD_ACCOUNT_STATUS = 16 /* nothing: but host->account() answers */
};

/* One projection. The plugin's, and all it points to. */
typedef struct refold_projection {
  size_t size;
  const char* name;    /* at most REFOLD_NAME_MAX bytes */
  const char* summary; /* one line */
  uint64_t fold; /* changes whenever any row may come out different, for any log: then the host
                    builds a new generation from the beginning of the log. With the same number new
                    code takes over the rows of the old one as they are. */
  uint32_t wants;
  uint32_t collection_count;      /* 0: all */
  const char* const* collections; /* NSIDs, or prefixes such as "app.bsky.*" */
  uint32_t table_count;
  uint32_t option_count;
  const char* const* tables; /* names */
  const refold_option* const* options;

  /* [instance] Makes an instance, and `*self` is handed to the functions below. No rows yet. */
  refold_result (*create)(const refold_host* host, void** self);
  /* [instance] The last call. Not made if create() did not return REFOLD_OK. */
  void (*destroy)(void* self);
  /* [instance] Applies `count` events (at least 1), in order. All that it writes becomes durable
   * together, and with the position in the log; or none of it does: then this instance is
   * destroyed. `events` is the caller's. */
  refold_result (*apply)(void* self, const refold_host* host, const refold_event* events,
                         size_t count);
} refold_projection;

typedef struct refold_projections {
  size_t size;
  uint32_t count;
  uint32_t reserved;
  const refold_projection* const* projections;
} refold_projections;

/* "query/1" (may be missing) --------------------------------------------------------------------*/

typedef struct refold_query {
  size_t size;
  const char* name;
  const char* summary;
  uint32_t parameter_count;
  uint32_t reserved;
  const refold_option* const* parameters;
  /* [instance] Answers on one moment of the tables, with host->answer(): one JSON value in all.
   * `self` is an instance that apply() is never called on. `arguments` holds the text form of each
   * parameter in turn, and is the caller's. */
  refold_result (*run)(void* self, const refold_host* host, const refold_bytes* arguments);
} refold_query;

typedef struct refold_queries {
  size_t size;
  /* [loader] The queries of the projection with this index, one by one; null at the end. */
  const refold_query* (*at)(uint32_t projection, uint32_t index);
} refold_queries;

/* "describe/1" (may be missing) -----------------------------------------------------------------*/

typedef struct refold_describe {
  size_t size;
  /* [loader] How keys and rows of a table are laid out, in any notation: code with the same fold
   * and another layout is refused. The plugin's. */
  const char* (*layout)(uint32_t projection, uint32_t table);
  /* [instance] Answers with a row as one JSON object, {"key":...,"row":...}, for people to read.
   * REFOLD_NONE: these bytes are no row of this table. Keeps no state, and reads no other row. */
  refold_result (*render)(const refold_host* host, uint32_t projection, uint32_t table,
                          refold_bytes key, refold_bytes row);
} refold_describe;

/* The plugin ------------------------------------------------------------------------------------*/

typedef struct refold_plugin_v1 {
  size_t size;
  uint16_t abi_major; /* REFOLD_ABI_MAJOR and REFOLD_ABI_MINOR, as it was compiled */
  uint16_t abi_minor;
  uint32_t reserved;
  const char* name;     /* at most REFOLD_NAME_MAX bytes */
  const char* version;  /* for people */
  const char* build_id; /* another build, another text; for people; may be empty */

  /* [loader] The first call. `host` gives log() and fail() here, and lives until stop(). */
  refold_result (*start)(const refold_host* host);
  /* [loader] The last call, when no instance is left. Not made if start() did not return OK. */
  void (*stop)(void);
  /* [loader] A table of this plugin by name, or null. The plugin's. */
  const void* (*extension)(const char* id);
} refold_plugin_v1;

#if defined(__GNUC__)
#define REFOLD_EXPORT __attribute__((visibility("default")))
#else
#define REFOLD_EXPORT
#endif

/* What a plugin exports. */
extern REFOLD_EXPORT const refold_plugin_v1 refold_plugin;

#ifdef __cplusplus
}
#endif

/* NOLINTEND(modernize-*, readability-identifier-naming) */
#endif
