#include "analyze/plain_records.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "analyze/metrics_file.h"
#include "analyze/plain_text.h"
#include "base/timestamp.h"
#include "record/json_walk.h"

namespace inferometer::analyze {
namespace {

using std::chrono::microseconds;

// A literal is compared, and a token looked at, wherever in the text it is expected.
static_assert(kFilePaddingBytes >= kLongestLiteral + 64);

// "HH:MM:SS" as one word, and which of its bytes are the colons.
constexpr std::uint64_t kClockZeros = 0x30303a30303a3030;
constexpr std::uint64_t kClockColons = 0x0000ff0000ff0000;

// From "HH:MM:SS" to microseconds; nothing when it is not a time of day.
std::optional<microseconds> ClockTime(std::uint64_t text) {
  const std::uint64_t digits = text ^ kClockZeros;
  if (((digits + kEachByte * (128 - 10)) & kHighBits) != 0 || (digits & kHighBits) != 0 || (digits & kClockColons) != 0)
    return std::nullopt;
  const std::uint64_t pairs = digits * 10 + (digits >> 8);  // of two digits side by side, at the first one's place
  const std::uint64_t hour = pairs & 0xff;
  const std::uint64_t minute = (pairs >> 24) & 0xff;
  const std::uint64_t second = (pairs >> 48) & 0xff;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return microseconds(static_cast<std::int64_t>((hour * 3600 + minute * 60 + second) * 1'000'000));
}

// Behind the closing quote, or nullptr.
const char* SkipString(const char* place) {
  const char* quote = FindStringEnd(place);
  return quote == nullptr ? nullptr : quote + 1;
}

// Fills one row from the gaps of one record. Each method answers with where the gap ends, or nullptr.
struct RowFiller {
  const char* end;
  TimestampReader& timestamps;
  IdReader& ids;
  Row& row;

  const char* Fill(const Step& step, const char* place) {
    switch (step.gap) {
      case Gap::kReal: return Number(step, place, ReadNumber);
      case Gap::kInteger: return Number(step, place, ReadWholeNumber);
      case Gap::kTimestamp: return timestamps.Read(place, &row.timestamp);
      case Gap::kRecordId: return RecordId(place);
      case Gap::kSkipNumber: return SkipNumber(place);
      case Gap::kSkipString: return SkipString(place);
      case Gap::kSkipList: return SkipFlatList(place, end);
      case Gap::kEnd: break;
    }
    return place;
  }

 private:
  template <typename ReadAs>
  const char* Number(const Step& step, const char* place, ReadAs read) {
    double value = 0;
    const char* after = read(place, &value);
    value *= step.factor;
    if (after == nullptr || value < step.lowest || value > step.highest) return nullptr;
    row.sample.Replace(step.quantity, value);
    return after;
  }
  const char* RecordId(const char* place) {
    const char* quote = FindStringEnd(place);
    if (quote == nullptr || static_cast<std::size_t>(quote - place) > record::kLongestText) return nullptr;
    row.has_id = true;
    row.fingerprint = ids.Read(place, static_cast<std::size_t>(quote - place));
    return quote + 1;
  }
};

// Behind "detailed_metrics": [, or nullptr. The first one in the text may be another; the caller checks.
const char* FindList(std::string_view text) {
  static constexpr std::string_view kQuoted = "\"detailed_metrics\"";
  const std::size_t key = text.find(kQuoted);
  if (key == std::string_view::npos) return nullptr;
  const char* at = SkipSpace(text.data() + key + kQuoted.size());
  if (*at != ':') return nullptr;
  at = SkipSpace(at + 1);
  return *at == '[' ? at + 1 : nullptr;
}

}  // namespace

const char* TimestampReader::Read(const char* place, WallTime* time) {
  // Eleven bytes in two words that overlap.
  if (LoadWord(place) != LoadWord(day_text_) || LoadWord(place + 3) != LoadWord(day_text_ + 3))
    return ReadAnyForm(place, time);
  const auto clock = ClockTime(LoadWord(place + 11));
  if (!clock || place[19] != '.' || LeadingDigits(place + 20) != 6) return ReadAnyForm(place, time);
  const char* end = place + 26 + static_cast<int>(place[26] == 'Z');
  if (*end != '"') return ReadAnyForm(place, time);
  *time = day_ + *clock + microseconds(static_cast<std::int64_t>(DigitsValue(LoadWord(place + 20), 6)));
  return end + 1;
}

const char* TimestampReader::ReadAnyForm(const char* place, WallTime* time) {
  const char* end = FindStringEnd(place);
  if (end == nullptr) return nullptr;
  const std::string_view text(place, static_cast<std::size_t>(end - place));
  const auto parsed = base::ParseTimestamp(text);
  if (!parsed.ok()) return nullptr;
  *time = *parsed;
  std::memcpy(day_text_, place, sizeof day_text_);
  day_ = std::chrono::floor<std::chrono::days>(
      *base::ParseTimestamp(std::string(day_text()) + "00:00:00"));  // good, since the whole was
  return end + 1;
}

Fingerprint IdReader::Read(const char* place, std::size_t size) {
  const std::size_t known = stream_.size();
  if (known > 0 && size > known && size <= known + sizeof(std::uint64_t) &&
      std::memcmp(place, stream_.data(), known) == 0) {
    const auto digits = static_cast<unsigned>(size - known);
    const std::uint64_t word = LoadWord(place + known);
    if (AreDigits(word, digits) && (place[known] != '0' || digits == 1))
      return any_of_stream_.Numbered(static_cast<std::uint32_t>(DigitsValue(word, digits)));
  }
  const std::string_view id(place, size);
  const Fingerprint fingerprint = FingerprintOfId(id);
  if (fingerprint.is_numbered()) {
    stream_ = id.substr(0, id.rfind('/') + 1);
    any_of_stream_ = fingerprint;
  }
  return fingerprint;
}

std::optional<RecordsPlace> PlainRecords::Read(std::string_view text, std::optional<std::string_view> folder_name,
                                               FileRecords& records) {
  if constexpr (std::endian::native != std::endian::little) return std::nullopt;
  const char* begin = FindList(text);
  if (begin == nullptr) return std::nullopt;
  const char* text_end = text.data() + text.size();
  shape_.Clear();
  const char* at = SkipSpace(begin);
  for (std::string_view between;;) {
    const char* after = One(at, text_end, folder_name, records);
    if (after == nullptr) return std::nullopt;
    at = after;
    // What stands between two records is the same again and again.
    if (between.size() > 1 && SameBytes(at, between.data(), between.size())) {
      at = SkipSpace(at + between.size());
      continue;
    }
    at = SkipSpace(at);
    if (*at == ']') {
      return RecordsPlace{static_cast<std::size_t>(begin - text.data()), static_cast<std::size_t>(after - text.data())};
    }
    if (*at != ',') return std::nullopt;
    at = SkipSpace(at + 1);
    between = {after, std::min(static_cast<std::size_t>(at - after), kLongestLiteral)};
    if (between.size() == kLongestLiteral) between = {};
  }
}

// A record that is not like the one before is looked at closely, and then read like all others.
const char* PlainRecords::One(const char* place, const char* end, std::optional<std::string_view> folder_name,
                              FileRecords& records) {
  if (const char* after = Match(place, end, records)) return after;
  if (!shape_.Learn(place, end)) return nullptr;
  empty_row_ = {};
  empty_row_.sample = shape_.EmptySample();
  empty_row_.group = records.GroupOf(shape_.texts().KeyOf(folder_name, shape_.has_energy()));
  return Match(place, end, records);
}

const char* PlainRecords::Match(const char* place, const char* end, FileRecords& records) {
  if (shape_.steps().empty()) return nullptr;
  Row& row = records.Append(empty_row_);
  RowFiller filler{end, timestamps_, ids_, row};
  for (const Step& step : shape_.steps()) {
    place = shape_.PassLiteral(step, place);
    if (place != nullptr) place = filler.Fill(step, place);
    if (place == nullptr) {
      records.RemoveLast();
      return nullptr;
    }
  }
  return place;
}

}  // namespace inferometer::analyze
