#include "archive/owed_records.h"

#include <algorithm>

namespace inferometer::archive {

using analyze::Debt;
using analyze::SequenceRanges;
using analyze::StoreKnowledge;
using analyze::StreamName;

namespace {

bool IsOf(const StoreKnowledge& store, const std::string& device) {
  return std::any_of(store.streams.begin(), store.streams.end(),
                     [&](const auto& stream) { return stream.first.device == device; });
}

}  // namespace

const StoreKnowledge* OwedRecords::StoreOf(const std::filesystem::path& file, const std::string& device_name) const {
  const std::size_t store = device_name.empty() ? folders_.StoreOf(file) : folders_.StoreOf(file, device_name);
  return store == analyze::RecordPlaces::kNoStore ? nullptr : &stores_[store];
}

SequenceRanges OwedRecords::Owed(const std::filesystem::path& file, const std::string& device_name,
                                 const StreamName& stream, const SequenceRanges& records) const {
  const StoreKnowledge* store = StoreOf(file, device_name);
  if (store == nullptr || store->is_hub || store->debt == Debt::kNobody) return {};
  const auto known = store->streams.find(stream);
  if (store->debt == Debt::kUnknown) {
    // A journal that tells nothing of any stream may be that of any device.
    return store->streams.empty() || IsOf(*store, stream.device) ? records : SequenceRanges();
  }
  if (known == store->streams.end()) return {};
  const SequenceRanges handled =
      known->second.handled == 0 ? SequenceRanges() : SequenceRanges{{1, known->second.handled}};
  return Without(Without(records, handled), known->second.lost);
}

SequenceRanges OwedRecords::WithoutNote(const std::filesystem::path& file, const std::string& device_name,
                                        const StreamName& stream, const SequenceRanges& records) const {
  const StoreKnowledge* store = StoreOf(file, device_name);
  if (store == nullptr) return {};
  const auto known = store->streams.find(stream);
  if (known == store->streams.end()) return {};
  const SequenceRanges unsaved = Without(known->second.in_journal, known->second.filed);
  return Without(records, Without(records, unsaved));
}

}  // namespace inferometer::archive
