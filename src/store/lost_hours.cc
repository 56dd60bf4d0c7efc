#include "store/lost_hours.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/little_endian.h"
#include "base/timestamp.h"
#include "record/json_pieces.h"
#include "record/json_read.h"

namespace inferometer::store {
namespace {

using base::AppendLittleEndian;
using base::ReadLittleEndian;
using std::chrono::hours;

constexpr std::uint32_t kUnknownHour = UINT32_MAX;
// Readers of timestamps go to the end of 2199.
constexpr std::uint32_t kHoursEnd =
    std::chrono::sys_time<hours>(std::chrono::sys_days(std::chrono::year(2200) / 1 / 1)).time_since_epoch().count();
constexpr std::size_t kHistogramAt = kLostHoursBytes - 4 * kLatencyBuckets;
constexpr double kLongestMs = 1e15;  // as the field table has it

// REQUIRES: sum <= most
template <typename Count>
void AddUpTo(Count most, Count more, Count& sum) {
  sum += std::min<Count>(more, most - sum);
}

void AddCount(std::uint32_t more, std::uint32_t& count) { AddUpTo<std::uint32_t>(UINT32_MAX, more, count); }
void AddTotal(std::uint64_t more, std::uint64_t& total) { AddUpTo<std::uint64_t>(kLargestLostSum, more, total); }

void Add(const LostSum& more, LostSum& sum) {
  AddCount(more.count, sum.count);
  AddTotal(more.total, sum.total);
}

// REQUIRES: both have hours, or neither.
void TakeIn(const LostHours& more, LostHours& sum) {
  if (sum.hours && more.hours) {
    sum.hours = HourSpan{std::min(sum.hours->first, more.hours->first), std::max(sum.hours->last, more.hours->last)};
  }
  AddTotal(more.inferences, sum.inferences);
  AddTotal(more.failed_inferences, sum.failed_inferences);
  Add(more.prompt_tokens, sum.prompt_tokens);
  Add(more.generated_tokens, sum.generated_tokens);
  AddTotal(more.inference_time_us, sum.inference_time_us);
  for (std::size_t i = 0; i < kLatencyBuckets; ++i) AddCount(more.inference_times[i], sum.inference_times[i]);
}

bool ShareAnHour(const LostHours& a, const LostHours& b) {
  if (!a.hours || !b.hours) return !a.hours && !b.hours;
  return a.hours->first <= b.hours->last && b.hours->first <= a.hours->last;
}

std::optional<HourSpan> HourOf(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  const auto hour = std::chrono::floor<hours>(*time).time_since_epoch().count();
  if (hour < 0 || hour >= kHoursEnd) return std::nullopt;
  return HourSpan{static_cast<std::uint32_t>(hour), static_cast<std::uint32_t>(hour)};
}

LostSum SumOf(const std::optional<std::int64_t>& value) {
  if (!value || *value < 0) return {};
  return {1, static_cast<std::uint64_t>(*value)};
}

bool IsPossible(const LostSum& sum, std::uint64_t most) {
  return sum.count <= most && sum.total <= kLargestLostSum && (sum.count > 0 || sum.total == 0);
}

bool IsPossible(const LostHours& one) {
  if (one.inferences == 0 || one.inferences > kLargestLostSum || one.failed_inferences > one.inferences) return false;
  if (one.hours && (one.hours->first > one.hours->last || one.hours->last >= kHoursEnd)) return false;
  const std::uint64_t most = one.inferences - one.failed_inferences;
  return IsPossible(one.prompt_tokens, most) && IsPossible(one.generated_tokens, most) && one.timed() <= most &&
         one.inference_time_us <= kLargestLostSum && (one.timed() > 0 || one.inference_time_us == 0);
}

void AppendOne(const LostHours& one, std::string& out) {
  const HourSpan span = one.hours.value_or(HourSpan{kUnknownHour, kUnknownHour});
  AppendLittleEndian(out, span.first);
  AppendLittleEndian(out, span.last);
  AppendLittleEndian(out, one.inferences);
  AppendLittleEndian(out, one.failed_inferences);
  AppendLittleEndian(out, one.prompt_tokens.count);
  AppendLittleEndian(out, one.generated_tokens.count);
  AppendLittleEndian(out, one.prompt_tokens.total);
  AppendLittleEndian(out, one.generated_tokens.total);
  AppendLittleEndian(out, one.inference_time_us);
  for (const std::uint32_t count : one.inference_times) AppendLittleEndian(out, count);
}

LostHours ReadOne(std::string_view bytes) {
  LostHours one;
  const HourSpan span{ReadLittleEndian<std::uint32_t>(bytes, 0), ReadLittleEndian<std::uint32_t>(bytes, 4)};
  if (span != HourSpan{kUnknownHour, kUnknownHour}) one.hours = span;
  one.inferences = ReadLittleEndian<std::uint64_t>(bytes, 8);
  one.failed_inferences = ReadLittleEndian<std::uint64_t>(bytes, 16);
  one.prompt_tokens = {ReadLittleEndian<std::uint32_t>(bytes, 24), ReadLittleEndian<std::uint64_t>(bytes, 32)};
  one.generated_tokens = {ReadLittleEndian<std::uint32_t>(bytes, 28), ReadLittleEndian<std::uint64_t>(bytes, 40)};
  one.inference_time_us = ReadLittleEndian<std::uint64_t>(bytes, 48);
  for (std::size_t i = 0; i < kLatencyBuckets; ++i) {
    one.inference_times[i] = ReadLittleEndian<std::uint32_t>(bytes, kHistogramAt + 4 * i);
  }
  return one;
}

std::string HourText(std::uint32_t hour) { return base::FormatRfc3339(WallTime(hours(hour))); }

void AppendSum(std::string_view key, const LostSum& sum, record::JsonObject& object, std::string& out) {
  if (sum.count == 0) return;
  object.Key(key);
  record::JsonObject inner(out);
  record::AppendCount(inner, "count", sum.count);
  record::AppendCount(inner, "total", sum.total);
  inner.Close();
}

void AppendTimes(const LostHours& one, record::JsonObject& object, std::string& out) {
  if (one.timed() == 0) return;
  object.Key("inference_time_ms");
  record::JsonObject times(out);
  record::AppendCount(times, "count", one.timed());
  times.Real("total", static_cast<double>(one.inference_time_us) / 1000, 3).Key("histogram");
  char separator = '[';
  for (const std::uint32_t count : one.inference_times) {
    out += std::exchange(separator, ',');
    out += std::to_string(count);
  }
  out += ']';
  times.Close();
}

void AppendOneJson(const LostHours& one, std::string& out) {
  record::JsonObject object(out);
  if (one.hours) {
    object.Text("first_hour", HourText(one.hours->first)).Text("last_hour", HourText(one.hours->last));
  }
  record::AppendCount(object, "total_inferences", one.inferences);
  record::AppendCount(object, "failed_inferences", one.failed_inferences);
  AppendSum("prompt_tokens", one.prompt_tokens, object, out);
  AppendSum("generated_tokens", one.generated_tokens, object, out);
  AppendTimes(one, object, out);
  object.Close();
}

}  // namespace

std::size_t LatencyBucket(double ms) {
  std::size_t bucket = 0;
  for (std::uint64_t bound = kLeastLatencyBoundMs; bucket + 1 < kLatencyBuckets; ++bucket, bound *= 2) {
    if (ms <= static_cast<double>(bound)) break;
  }
  return bucket;
}

LostHours LostHours::Unknown(std::uint64_t inferences) {
  LostHours one;
  one.inferences = inferences;
  return one;
}

LostHours LostHours::Of(const InferenceRecord& record) {
  LostHours one = Unknown(1);
  one.hours = HourOf(record.timestamp);
  if (record.failed()) {
    one.failed_inferences = 1;
    return one;
  }
  one.prompt_tokens = SumOf(record.prompt_tokens);
  one.generated_tokens = SumOf(record.generated_tokens);
  const double ms = record.inference_time_ms.value_or(-1);
  if (ms >= 0 && ms <= kLongestMs) {
    one.inference_time_us = static_cast<std::uint64_t>(std::llround(ms * 1000));
    one.inference_times[LatencyBucket(ms)] = 1;
  }
  return one;
}

LostHours LostHours::Of(std::string_view line) {
  const auto record = record::ParseRecord(line);
  return record.ok() ? Of(*record) : Unknown(1);
}

std::uint64_t LostHours::timed() const {
  return std::accumulate(inference_times.begin(), inference_times.end(), std::uint64_t{0});
}

void AddLostHours(const LostHours& more, std::vector<LostHours>& all) {
  LostHours sum = more;
  for (const LostHours& one : all) {
    if (ShareAnHour(one, more)) TakeIn(one, sum);
  }
  std::erase_if(all, [&](const LostHours& one) { return ShareAnHour(one, more); });
  const auto behind = std::find_if(all.begin(), all.end(), [&](const LostHours& one) { return one.hours > sum.hours; });
  all.insert(behind, sum);
  all = WithAtMost(kMostLostHours, std::move(all));
}

std::vector<LostHours> WithAtMost(std::size_t most, std::vector<LostHours> all) {
  const std::ptrdiff_t oldest = all.empty() || all.front().hours ? 0 : 1;
  while (all.size() > most) {
    const auto goes = all.begin() + oldest;
    TakeIn(*goes, *(goes + 1));
    all.erase(goes);
  }
  return all;
}

Status CheckLostHours(const std::vector<LostHours>& all) {
  if (all.size() > kMostLostHours) return {Code::kDataLoss, "too many spans of lost hours"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!IsPossible(all[i])) return {Code::kDataLoss, "a span of lost hours whose figures cannot be"};
    if (i == 0) continue;
    const std::optional<HourSpan>& before = all[i - 1].hours;
    if (!all[i].hours || (before && before->last >= all[i].hours->first)) {
      return {Code::kDataLoss, "spans of lost hours that are out of order"};
    }
  }
  return Ok();
}

void AppendLostHours(const std::vector<LostHours>& all, std::string& out) {
  AppendLittleEndian(out, static_cast<std::uint32_t>(all.size()));
  for (const LostHours& one : all) AppendOne(one, out);
}

Result<std::vector<LostHours>> DecodeLostHours(std::string_view bytes) {
  const std::size_t count = bytes.size() < 4 ? SIZE_MAX : ReadLittleEndian<std::uint32_t>(bytes);
  if (count > kMostLostHours || bytes.size() != 4 + count * kLostHoursBytes) {
    return {Code::kDataLoss, "lost hours whose count does not fit their length"};
  }
  std::vector<LostHours> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(ReadOne(bytes.substr(4 + i * kLostHoursBytes, kLostHoursBytes)));
  RETURN_IF_ERROR(CheckLostHours(all));
  return all;
}

void AppendLostHoursJson(const std::vector<LostHours>& all, std::string& out) {
  char separator = '[';
  for (const LostHours& one : all) {
    out += std::exchange(separator, ',');
    AppendOneJson(one, out);
  }
  out += separator == '[' ? "[]" : "]";
}

}  // namespace inferometer::store
