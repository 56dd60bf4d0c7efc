#include "analyze/fingerprint.h"

#include <limits>

namespace inferometer::analyze {
namespace {

struct NumberedId {
  std::size_t stream_bytes = 0;  // up to and with the slash; 0: not numbered
  std::uint32_t sequence = 0;
};

// Only the digits that a number is written with: "a/7" and "a/07" are two ids.
NumberedId Split(std::string_view id) {
  constexpr std::size_t kMostDigits = std::numeric_limits<std::uint32_t>::digits10 + 1;
  std::uint64_t sequence = 0;
  std::uint64_t place = 1;
  std::size_t at = id.size();
  for (; at > 0 && id[at - 1] >= '0' && id[at - 1] <= '9'; --at, place *= 10) {
    if (id.size() - at == kMostDigits) return {};
    sequence += place * static_cast<std::uint64_t>(id[at - 1] - '0');
  }
  const bool is_number = at < id.size() && (id[at] != '0' || at + 1 == id.size());
  if (!is_number || at == 0 || id[at - 1] != '/' || sequence > std::numeric_limits<std::uint32_t>::max()) return {};
  return {at, static_cast<std::uint32_t>(sequence)};
}

}  // namespace

Fingerprint FingerprintOfId(std::string_view record_id) {
  const NumberedId id = Split(record_id);
  if (id.stream_bytes == 0) return FingerprintOfText(record_id);
  return FingerprintOfText(record_id.substr(0, id.stream_bytes)).Numbered(id.sequence);
}

Hasher HasherOf(const GroupKey& key) {
  Hasher hasher;
  hasher.Add(key.device_id);
  hasher.Add(key.model_name);
  for (const auto& text : {key.compute_device, key.energy_source, key.energy_scope}) {
    hasher.Add(static_cast<std::uint64_t>(text.has_value()));
    if (text) hasher.Add(*text);
  }
  return hasher;
}

}  // namespace inferometer::analyze
