// The texts of a lake that are ours to read: partition names, the column `unrounded`, the notes of what was archived
// and of what was cleaned. The first byte says which.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "analyze/cleaned_records.h"
#include "archive/archived_sources.h"
#include "lake/partition.h"
#include "lake/unrounded.h"
#include "record/fields.h"

namespace {

using namespace inferometer;

void Names(std::string_view text) {
  const auto decoded = lake::PercentDecoded(text);
  if (decoded && lake::PercentDecoded(lake::PercentEncoded(*decoded)) != decoded) std::abort();
  const auto date = lake::ParseDate(text);
  if (date && lake::FormatDate(*date) != text) std::abort();
}

void Unrounded(std::string_view text) {
  const Status status = lake::ForEachUnrounded(text, [](std::size_t field, double value) {
    if (field >= record::Fields().size() || !std::isfinite(value)) std::abort();
  });
  if (!status.ok() && status.message().empty()) std::abort();
}

void Note(std::string_view text) {
  const std::string once = archive::ArchivedSources::Parse(text).Text();
  if (archive::ArchivedSources::Parse(once).Text() != once) std::abort();
}

void Cleaned(std::string_view text) {
  const std::string once = analyze::CleanedRecords::Parse(text).Text();
  if (analyze::CleanedRecords::Parse(once).Text() != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 0xC1) {
    Cleaned(text);
    return 0;
  }
  switch (data[0] % 3) {
    case 0: Names(text); break;
    case 1: Unrounded(text); break;
    default: Note(text); break;
  }
  return 0;
}
