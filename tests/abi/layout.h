#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A field with its place and size; or a constant, with its value in both. Ends with a null name. */
struct abi_entry {
  const char* name;
  size_t offset;
  size_t size;
};

extern const struct abi_entry abi_layout_today[];
extern const struct abi_entry abi_layout_1_0[];

#ifdef __cplusplus
}
#endif
