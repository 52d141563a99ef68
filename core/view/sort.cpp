#include <algorithm>
#include <span>

#include "core/view/changes.h"

namespace refold::view {
namespace {

/// Bytes of a key that are compared at once.
constexpr std::size_t step_bytes = 7;

/// An entry, and from some place on as much of its key as one comparison settles: seven bytes, and
/// how many there are (8: more).
struct Place {
  std::uint64_t part;
  const Entry* entry;
};

std::uint64_t part_of(ByteView key, std::size_t from) noexcept {
  const std::size_t left = key.size() - from;
  if (left > step_bytes) return (load_be64(key.data() + from) & ~std::uint64_t{0xff}) | 8;
  std::uint8_t bytes[8] = {};
  if (left > 0) std::memcpy(bytes, key.data() + from, left);
  bytes[step_bytes] = static_cast<std::uint8_t>(left);
  return load_be64(bytes);
}

/// Sorts entries whose keys are the same up to `from`: most comparisons then touch no key, however
/// much the keys have in common. Keys of 8192 bytes bound the depth.
void sort_from(std::span<Place> places, std::size_t from) {
  bool same = true;
  do {
    for (Place& place : places) place.part = part_of(place.entry->key(), from);
    same = std::all_of(places.begin(), places.end(),
                       [&](const Place& place) { return place.part == places[0].part; });
    from += step_bytes;
  } while (same && places.size() > 1);
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.part < b.part; });
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    while (end < places.size() && places[end].part == places[begin].part) ++end;
    if (end - begin > 1) sort_from(places.subspan(begin, end - begin), from);
  }
}

}  // namespace

void sort_by_key(std::vector<const Entry*>& entries) {
  std::vector<Place> places;
  places.reserve(entries.size());
  for (const Entry* entry : entries) places.push_back({0, entry});
  sort_from(places, 0);
  std::transform(places.begin(), places.end(), entries.begin(),
                 [](const Place& place) { return place.entry; });
}

}  // namespace refold::view
