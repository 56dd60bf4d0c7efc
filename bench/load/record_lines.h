#pragma once
// Records as a device sends them, about 1,000 bytes each, made quickly.

#include <cstdint>
#include <string>
#include <string_view>

namespace inferometer::bench {

// Of one stream of one device. They differ in their sequence alone.
class RecordLines {
 public:
  RecordLines(std::string_view device_id, std::uint64_t stream);
  void Append(std::uint64_t sequence, std::string& out) const;
  [[nodiscard]] std::string Line(std::uint64_t sequence) const;

 private:
  std::string before_;  // the sequence
  std::string behind_;
};

}  // namespace inferometer::bench
