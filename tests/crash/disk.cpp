#include "tests/crash/disk.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>

#include "core/base/digest.h"

namespace refold::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t sector_bytes = 512;

bool is_lock(const std::string& path) { return path.ends_with("-lock"); }

/// Content of one sector, as a program saw it after a write.
struct Version {
  Bytes content;
  bool lost = false;  ///< no sync can bring it to the disk any more
};

}  // namespace

std::uint64_t checksum(const Image& image) {
  std::uint64_t sum = 0;
  for (const auto& [path, content] : image) {
    sum = refold::checksum(bytes_of(path), sum + (content ? 1 : 0));
    if (content) sum = refold::checksum(*content, sum);
  }
  return sum;
}

Image read_image(const fs::path& folder) {
  Image image;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).native();
    if (is_lock(name)) continue;
    std::optional<Bytes>& content = image[name];
    if (entry.is_directory()) continue;
    const std::string text = testing::content_of(entry.path());
    content.emplace(text.begin(), text.end());
  }
  return image;
}

void write_image(const Image& image, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& [name, content] : image) {
    if (!content) {
      fs::create_directories(folder / name);
      continue;
    }
    std::ofstream out(folder / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(content->data()),
              static_cast<std::streamsize>(content->size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + (folder / name).native());
  }
}

std::string difference(const Image& a, const Image& b) {
  for (const auto& [name, content] : a) {
    const auto other = b.find(name);
    if (other == b.end()) return name + ": only in the first";
    if (content.has_value() != other->second.has_value()) return name + ": a file and a folder";
    if (content == other->second) continue;
    const auto [at, there] = std::mismatch(content->begin(), content->end(), other->second->begin(),
                                           other->second->end());
    return name + ": byte " + std::to_string(at - content->begin()) + " (sizes " +
           std::to_string(content->size()) + " and " + std::to_string(other->second->size()) + ")";
  }
  for (const auto& [name, content] : b) {
    if (!a.contains(name)) return name + ": only in the second";
  }
  return {};
}

/// A file or a folder.
struct Disk::Node {
  bool folder = false;

  // A file: what a program sees, what is durable, and what is between the two.
  Bytes content;
  Bytes durable;
  std::map<std::uint64_t, std::vector<Version>> waiting;
  std::vector<std::uint64_t> sizes;  ///< since the last sync

  // A folder: the same of its entries. A change sets one or two names at once.
  using Entries = std::map<std::string, NodePointer>;
  using Change = std::vector<std::pair<std::string, NodePointer>>;
  Entries entries;
  Entries durable_entries;
  std::vector<Change> changes;

  static void set(Entries& in, const Change& change) {
    for (const auto& [name, node] : change) {
      if (node) {
        in[name] = node;
      } else {
        in.erase(name);
      }
    }
  }
  void change(Change what) {
    set(entries, what);
    changes.push_back(std::move(what));
  }

  [[nodiscard]] Bytes sector(std::uint64_t number) const {
    Bytes bytes(sector_bytes);
    const std::uint64_t from = number * sector_bytes;
    if (from >= content.size()) return bytes;
    const std::uint64_t size = std::min<std::uint64_t>(sector_bytes, content.size() - from);
    std::memcpy(bytes.data(), content.data() + from, size);
    return bytes;
  }
  static void put(Bytes& to, std::uint64_t number, const Bytes& bytes) {
    const std::uint64_t from = number * sector_bytes;
    if (from >= to.size()) return;
    std::memcpy(to.data() + from, bytes.data(),
                std::min<std::uint64_t>(sector_bytes, to.size() - from));
  }

  void write(std::uint64_t offset, ByteView data, bool by_itself, bool lost) {
    if (data.empty()) return;
    const std::uint64_t end = offset + data.size();
    if (end > content.size()) {
      content.resize(end);
      if (!by_itself) sizes.push_back(end);
    }
    std::memcpy(content.data() + offset, data.data(), data.size());
    if (by_itself && durable.size() < end) durable.resize(end);
    for (std::uint64_t number = offset / sector_bytes; number * sector_bytes < end; ++number) {
      if (by_itself) {
        put(durable, number, sector(number));
        waiting.erase(number);
      } else {
        waiting[number].push_back({sector(number), lost});
      }
    }
  }

  void truncate(std::uint64_t size) {
    content.resize(size);
    sizes.push_back(size);
    if (size % sector_bytes != 0) {
      waiting[size / sector_bytes].push_back({sector(size / sector_bytes), false});
    }
  }

  void sync() {
    if (folder) {
      durable_entries = entries;
      changes.clear();
      return;
    }
    durable.resize(content.size());
    sizes.clear();
    for (auto at = waiting.begin(); at != waiting.end();) {
      auto& versions = at->second;
      const auto newest = std::find_if(versions.rbegin(), versions.rend(),
                                       [](const Version& version) { return !version.lost; });
      if (newest != versions.rend()) {
        put(durable, at->first, newest->content);
        versions.erase(versions.begin(), newest.base());
      }
      at = versions.empty() ? waiting.erase(at) : std::next(at);
    }
  }

  void lose() {
    for (auto& [number, versions] : waiting) {
      for (Version& version : versions) version.lost = true;
    }
  }

  [[nodiscard]] Bytes left(std::mt19937_64& random, Fate::Share share) const {
    if (share == Fate::Share::all) return content;
    Bytes bytes = durable;
    if (share == Fate::Share::none) return bytes;
    if (!sizes.empty()) {
      const std::uint64_t which = random() % (sizes.size() + 1);
      if (which < sizes.size()) bytes.resize(sizes[which]);
    }
    const std::uint64_t percent = std::array{10U, 50U, 90U}[random() % 3];
    for (const auto& [number, versions] : waiting) {
      if (random() % 100 < percent)
        put(bytes, number, versions[random() % versions.size()].content);
    }
    return bytes;
  }

  [[nodiscard]] Entries left_entries(std::mt19937_64& random, Fate::Share share) const {
    if (share == Fate::Share::all) return entries;
    Entries left = durable_entries;
    if (share == Fate::Share::none) return left;
    const std::uint64_t count = random() % (changes.size() + 1);
    for (std::uint64_t index = 0; index < count; ++index) set(left, changes[index]);
    return left;
  }
};

Disk::Disk(std::string root, const Image& found, Ignored ignored)
    : root_(std::move(root)), ignored_(std::move(ignored)), top_(std::make_shared<Node>()) {
  top_->folder = true;
  std::vector<NodePointer> folders{top_};
  for (const auto& [name, content] : found) {
    const auto node = std::make_shared<Node>();
    node->folder = !content.has_value();
    if (content) node->content = node->durable = *content;
    const auto [folder, last] = place(root_ + "/" + name);
    folder->entries[last] = node;
    if (node->folder) folders.push_back(node);
  }
  for (const NodePointer& folder : folders) folder->sync();
}

Disk::~Disk() = default;

std::string Disk::below(const std::string& path) const {
  if (path == root_) return {};
  if (!path.starts_with(root_ + "/")) throw std::runtime_error(path + " is not below " + root_);
  return fs::path(path.substr(root_.size() + 1)).lexically_normal().native();
}

Disk::NodePointer Disk::find(const std::string& path) const {
  if (below(path).empty()) return top_;
  const auto [folder, name] = place(path);
  const auto found = folder->entries.find(name);
  return found == folder->entries.end() ? nullptr : found->second;
}

std::pair<Disk::NodePointer, std::string> Disk::place(const std::string& path) const {
  NodePointer folder = top_;
  std::string rest = below(path);
  for (std::size_t slash; (slash = rest.find('/')) != std::string::npos;) {
    const auto found = folder->entries.find(rest.substr(0, slash));
    if (found == folder->entries.end()) throw std::runtime_error(path + ": no such folder");
    folder = found->second;
    rest.erase(0, slash + 1);
  }
  return {folder, rest};
}

void Disk::apply(const Call& call) {
  switch (call.op) {
    case trace_open: return open(call);
    case trace_close: open_.erase(call.fd); return;
    case trace_write: {
      const Open& file = open_.at(call.fd);
      const bool by_itself = (file.flags & O_DSYNC) != 0 && !call.failed;
      return file.node->write(call.offset, call.data, by_itself, call.failed);
    }
    case trace_truncate: return open_.at(call.fd).node->truncate(call.offset);
    case trace_sync: return sync(call);
    case trace_rename: return rename(call);
    case trace_link: {
      const auto [folder, name] = place(call.other);
      return folder->change({{name, find(call.path)}});
    }
    case trace_unlink: {
      const auto [folder, name] = place(call.path);
      return folder->change({{name, nullptr}});
    }
    case trace_mkdir: {
      const auto [folder, name] = place(call.path);
      const auto made = std::make_shared<Node>();
      made->folder = true;
      return folder->change({{name, made}});
    }
    case trace_mark: return;
  }
  throw std::runtime_error("the trace holds an unknown call");
}

void Disk::open(const Call& call) {
  NodePointer node = find(call.path);
  if (!node) {
    if ((call.flags & O_CREAT) == 0) throw std::runtime_error(call.path + " is not in the trace");
    node = std::make_shared<Node>();
    const auto [folder, name] = place(call.path);
    folder->change({{name, node}});
  } else if ((call.flags & O_TRUNC) != 0) {
    node->truncate(0);
  }
  open_[call.fd] = {node, call.flags, call.path};
}

void Disk::rename(const Call& call) {
  const auto [from, old_name] = place(call.path);
  const auto [to, new_name] = place(call.other);
  if (from != to) throw std::runtime_error(call.path + " moved to another folder");
  from->change({{old_name, nullptr}, {new_name, from->entries.at(old_name)}});
}

void Disk::sync(const Call& call) {
  const Open& file = open_.at(call.fd);
  if (ignored_ && ignored_(file.path)) return;
  if (call.failed) {
    file.node->lose();
  } else {
    file.node->sync();
  }
}

void Disk::collect(const Node& folder, const std::string& path, std::mt19937_64* random,
                   const Fate& fate, Image& image) {
  const Node::Entries entries =
      random != nullptr ? folder.left_entries(*random, fate.entries) : folder.entries;
  for (const auto& [name, node] : entries) {
    const std::string whole = path.empty() ? name : path + "/" + name;
    if (is_lock(whole)) continue;
    std::optional<Bytes>& content = image[whole];
    if (node->folder) {
      collect(*node, whole, random, fate, image);
    } else {
      content = random != nullptr ? node->left(*random, fate.writes) : node->content;
    }
  }
}

Image Disk::seen() const {
  Image image;
  collect(*top_, "", nullptr, {}, image);
  return image;
}

Image Disk::after_power_loss(const Fate& fate) const {
  std::mt19937_64 random(fate.seed);
  Image image;
  collect(*top_, "", &random, fate, image);
  return image;
}

}  // namespace refold::crash
